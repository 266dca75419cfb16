"""Free text to a decision, with the words that gave each part: pure, offline, deterministic."""
