"""`ima-tui completion`: the completion scripts, the man page, and installing both."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from importlib.resources import files
from pathlib import Path

from ima_tui.cli.output import print_plain, talk
from ima_tui.core import home_folder
from ima_tui.core.errors import EXIT_DONE, UsageError
from ima_tui.i18n import say


def run(arguments: argparse.Namespace) -> int:
    """Print or install tab completion and the man page."""
    if arguments.shell == "install":
        return _install()
    print(_man() if arguments.shell == "man" else _script(arguments.shell), end="")
    return EXIT_DONE


def _man() -> str:
    from ima_tui.cli import manual

    return manual.page()


def _script(shell: str) -> str:
    """The script. It asks the command that was typed, or this one where that is not found."""
    text = files("ima_tui.cli.completion").joinpath(f"scripts/ima-tui.{shell}").read_text("utf-8")
    program = shutil.which(sys.argv[0])
    if program is None or Path(program).name != "ima-tui":
        return text
    program = shlex.quote(str(Path(program).absolute()))
    return text.replace("program='ima-tui'", f"program={program}").replace(
        "set program ima-tui", f"set program {program}"
    )


def _places() -> dict[Path, str]:
    """Each file and what goes into it: in the folders of this user where the shells look."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home_folder.find() / ".config")
    data = Path(os.environ.get("XDG_DATA_HOME") or home_folder.find() / ".local/share")
    return {
        data / "bash-completion/completions/ima-tui": _script("bash"),
        data / "zsh/site-functions/_ima-tui": _script("zsh"),
        config / "fish/completions/ima-tui.fish": _script("fish"),
        data / "man/man1/ima-tui.1": _man(),
    }


def _install() -> int:
    places = _places()
    for path, text in places.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            reason = error.strerror or "—"
            raise UsageError("error.completion", path=str(path), reason=reason) from error
        print_plain(path)
    bash, zsh, _, _ = places
    talk(say("completion.bash", path=shlex.quote(str(bash))))
    talk(say("completion.zsh", folder=shlex.quote(str(zsh.parent))))
    talk(say("completion.new_shell"))
    return EXIT_DONE
