"""What the tests of the screens share; the modules beside it are imported by name."""
