"""An audit before its first call: which good items, which planters, what is shown to the gates."""
