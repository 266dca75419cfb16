"""Ledger of all jobs: one SQLite file, shared by all processes of one user.

Every SQL statement lives in this package. May import config, i18n and core. Start with
`store.Ledger`, then `records` and `schema`. Nothing is imported here: the first screen needs
`records`, and opens the file later.
"""
