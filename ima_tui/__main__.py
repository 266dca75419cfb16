"""`python -m ima_tui` and the `ima-tui` command: hands the words to the verbs."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

_UNSUPPORTED = (
    "ima-tui needs macOS, Linux or WSL. On Windows: run `wsl --install`, open Ubuntu, and install "
    "ima-tui there."
)


def main() -> int:
    """The exit code; the verbs and their exit codes are listed in `ima_tui.cli`."""
    if os.name != "posix":  # before anything is imported that only POSIX systems have
        print(_UNSUPPORTED, file=sys.stderr)
        return 2
    if sys.argv[1:] == ["--version"]:  # asked by scripts, often: no need to wake anything
        from ima_tui import __version__

        with suppress(OSError):  # closed, or no room: `run` says so
            os.write(1, f"ima-tui {__version__}\n".encode())
            return 0

    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends a verb as ctrl+c does
        from ima_tui.core import gc_tuning

        gc_tuning.begin()
        from ima_tui.cli import run

        code = run(sys.argv[1:])
        gc_tuning.end()
        return code
    except KeyboardInterrupt:  # before the verb began
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        from ima_tui.cli import interrupted

        return interrupted(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
