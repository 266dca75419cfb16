"""Log files of all IMA tools: our writer, and readers for everybody's.

`writer` appends our lines; `window` (a screen) and `stream` (a pipe) read. Between them: `files`
(what exists), `blocks` (a piece of a file, cut between entries), `cursor` and `merge` (all files by
time), `filter` and `pattern` (search), `entry` (one line with its continuation).
"""
