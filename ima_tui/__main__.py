"""`python -m ima_tui` and the `ima-tui` command: hands the words to the verbs."""

from __future__ import annotations

import sys


def main() -> int:
    """The exit code; the verbs and their exit codes are listed in `ima_tui.cli`."""
    from ima_tui.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
