"""A draft from prompt to order, without a screen.

`composer` owns the draft, `draft` holds the pure functions that change it, `apply_intent` sets what
the prompt asked for, `suggestions` lists open questions. Imports the catalogue, intent and
preferences; used by the screens, the plain mode and the verbs. Start with `composer`.
"""
