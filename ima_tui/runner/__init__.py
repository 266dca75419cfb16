"""Runs jobs: admits, submits once, polls, downloads.

`scheduler` follows the jobs of this process; every state change goes through `transitions` into the
ledger before anything else happens. Imports the ledger, the API client and below. Start with
`scheduler`.
"""
