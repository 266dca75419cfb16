"""What is not offered to somebody who only looks: every action that sends, writes or deletes.

The keys are taken away, so footer, help and palette are silent about them too. That is a
kindness: what refuses is below, in the ledger, the wishes and the connection.
"""

from __future__ import annotations

WRITING = frozenset(
    {
        "compose.key",
        "compose.send",
        "compose.send_too",
        "gallery.discard",
        "gallery.fetch",
        "gallery.forget",
        "gallery.save",
        "gallery.undo",
        "models.prefer",
        "prefs.choose",
        "prefs.clear",
        "prefs.undo",
        "queue.again",
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
        "welcome.take",
    }
)
"""Ids of bindings."""


def without_keys() -> dict[str, tuple[str, ...]]:
    """A keymap that takes the keys of these away."""
    return dict.fromkeys(WRITING, ())
