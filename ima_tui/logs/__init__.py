"""Log files of all IMA tools: our writer, and readers for everybody's.

`writer` appends our lines; `window` reads all files by time, for a screen or a pipe. Between them:
`files` (what exists), `cursor` (one file), `filter` (search), `entry` (a line with what follows).
"""
