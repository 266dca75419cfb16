"""The terminal studio: a guest of the studio, and the only part that sees Textual."""
