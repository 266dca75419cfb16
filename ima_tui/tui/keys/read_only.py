"""Bindings that read-only mode removes: every action that sends, writes or deletes.

The keys are taken away, so footer, help and palette are silent about them too. That is a
kindness: what refuses is below, in the ledger, the wishes and the connection.
"""

from __future__ import annotations

WRITING = frozenset(
    {
        "board.assemble",
        "board.earlier",
        "board.later",
        "board.leave_out",
        "board.less",
        "board.more",
        "board.remake",
        "board.settings",
        "board.swap",
        "board.undo",
        "compose.key",
        "compose.send",
        "gallery.discard",
        "gallery.fetch",
        "gallery.forget",
        "gallery.save",
        "gallery.subject",
        "gallery.undo",
        "logs.export",
        "models.prefer",
        "models.undo",
        "plan.run",
        "prefs.bring_back",
        "prefs.choose",
        "prefs.clear",
        "prefs.let_go",
        "prefs.undo",
        "queue.again",
        "queue.approve",
        "queue.earlier",
        "queue.edit",
        "queue.fetch",
        "queue.follow",
        "queue.forget",
        "queue.instead",
        "queue.later",
        "queue.send_next",
        "queue.stop",
        "queue.undo",
        "reading.remember",
        "settings.change",
        "settings.reset",
        "subjects.add",
        "subjects.export",
        "subjects.remove",
        "template.delete",
        "template.save",
        "welcome.take",
    }
)
"""Ids of bindings."""


def without_keys() -> dict[str, tuple[str, ...]]:
    """A keymap that takes the keys of these away."""
    return dict.fromkeys(WRITING, ())
