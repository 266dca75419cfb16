"""Key bindings: the actions, the user's own keys, and what read-only mode hides.

Start with `actions`.
"""
