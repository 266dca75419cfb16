"""Wires the parts together for both front ends: ledger, runner, catalogue, preferences, results.

Screens and verbs talk to this package and to nothing below it but types. Start with `studio`.
"""
