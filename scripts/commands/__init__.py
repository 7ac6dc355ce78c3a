"""One module per family of commands; each returns the exit code."""
