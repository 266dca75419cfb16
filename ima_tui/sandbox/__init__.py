"""Embedded sandbox: an HTTP server that implements the IMA Open API, for demos and tests.

Imports nothing else of ima_tui, so that client and server can't share a mistake. Start with
`service` (endpoints), then `orders` (validation) and `faults`. docs/sandbox.md describes it.
"""
