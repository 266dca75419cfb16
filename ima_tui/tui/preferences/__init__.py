"""The Preferences screen and the settings behind it. Start with `screen`."""
