"""Everything that talks to the terminal beside Textual, and every private part of Textual we use.

Each private part has a contract test that names what it relies on. Start with `partial_updates`.
"""
