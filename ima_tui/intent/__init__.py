"""Free text to an intent, with the words that gave each part: pure, offline, deterministic."""
