"""ima-tui: a terminal studio for IMA."""

__version__ = "0.1.0"
