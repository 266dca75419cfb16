"""Key bindings: the actions, the user's own keys, and what read-only mode hides.

`verbs` has the letter of each action, `keymap` the user's own keys and what read-only mode hides,
`actions` what the open screen can do now. Start with `verbs`.
"""
