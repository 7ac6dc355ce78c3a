"""ground_truth: a prompt with one verifiable answer."""
