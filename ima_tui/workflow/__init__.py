"""Workflows: several jobs in order, some using results of earlier ones, with one price.

`steps` holds the types, their hash and edits; `building` creates a workflow from a prompt; `status`
prices steps by the live lists and tells what became of each; `file` reads and writes JSON; `lanes`
draws connections. Pure except `file` and `steps.look_at_files`. Start with `steps`.
"""
