"""One module for each place or window; its style sheet bears the same name."""
