"""The log folder that all of IMA's tools share: our own lines go in, everybody's can be read.

`writer` is the one side, `window` (a screen) and `stream` (a pipe) the other; between them lie
`files` (what is there), `blocks` (a piece of a file, cut between entries), `cursor` and `merge`
(all files by time), `wanted` and `pattern` (what is looked for), `entry` (one line and what
belongs to it).
"""
