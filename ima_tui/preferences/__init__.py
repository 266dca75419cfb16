"""Preferred models, in the file that all IMA tools share.

`file` reads and merges ima_prefs.json, `policy` decides what may be remembered, stores it, and
watches the file. Imports intent, catalogue and below. Start with `policy`.
"""
