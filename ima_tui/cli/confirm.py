"""A question to the person at the terminal, where there is one."""

from __future__ import annotations

import asyncio
import sys

from ima_tui.core.text import clean, folded

YES = frozenset({"y", "yes", "是", "好", "嗯", "可以"})


def somebody_is_here() -> bool:
    """Whether stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def ask(question: str) -> bool:
    """Ask on stderr; anything but a yes is a no. Can be interrupted while it waits."""
    print(clean(question), end=" ", file=sys.stderr, flush=True)
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not typed.done():
            typed.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        return folded(await typed) in YES
    finally:
        loop.remove_reader(sys.stdin.fileno())
