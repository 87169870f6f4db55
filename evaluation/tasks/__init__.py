"""Tasks: one file each, a function from options to a result."""
