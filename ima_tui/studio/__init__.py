"""Wires the parts together for both front ends: ledger, runner, catalogue, preferences, results.

Screens and verbs talk to this package and to nothing below it but types. Start with `studio`.

The names below are the Python API (docs/python.md); within a major version they stay.
"""

from ima_tui.core.domain import Job, Media, Order, State, TaskType
from ima_tui.core.errors import ImaError
from ima_tui.studio.studio import Studio, open_studio

__all__ = ("ImaError", "Job", "Media", "Order", "State", "Studio", "TaskType", "open_studio")
