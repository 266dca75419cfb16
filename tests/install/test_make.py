"""`make demo` and `make test` on machines where something is missing, and once it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD = """#!/bin/sh
case "$*" in
    *'%d.%d'*) echo 3.10 ;;
    *) exit 1 ;;
esac
"""
"""A Python 3.10."""
NEW = """#!/bin/sh
case "$*" in
    *'%d.%d'*) echo 3.11 ;;
    '-m venv '*) VENV ;;
esac
"""
WITHOUT_VENV = 'mkdir -p "$3/bin"; touch "$3/pyvenv.cfg"; cp "$0" "$3/bin/python"; ' + (
    'echo "ensurepip is not available"; exit 1'
)
MAKES_VENV = 'mkdir -p "$3/bin"; touch "$3/pyvenv.cfg"; cp "$(dirname "$0")/inner" "$3/bin/python"'
INNER = """#!/bin/sh
case "$*" in
    *'pip install'*)
        [ -z "$BROKEN_NETWORK" ] || { echo 'ERROR: no such host' >&2; exit 1; }
        echo 'Collecting textual'
        printf '#!/bin/sh\\necho studio "$@"\\n' > "$(dirname "$0")/ima-tui"
        chmod +x "$(dirname "$0")/ima-tui" ;;
    *'-m pytest'*) echo 'tests ran' ;;
esac
"""


class Clone:
    """A checkout with nothing but what `make` reads, and a PATH with one python3."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ima tui"
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.folder.mkdir()
        for name in ("Makefile", "install.sh", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.folder)
        for name in ("sh", "make", "echo", "dirname", "rm", "touch", "cp", "mkdir", "chmod"):
            found = shutil.which(name)
            if found is None:
                pytest.skip(f"{name} is not installed")
            (self.bin / name).symlink_to(found)
        self.put("inner", INNER)

    def put(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def make(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *words],
            cwd=self.folder,
            env={"PATH": str(self.bin), **env},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_each_cause_is_named_and_once_it_is_gone_it_works(clone: Clone, target: str) -> None:
    done = clone.make(target)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer; there is no python3" in done.stderr
    clone.put("python3", OLD)
    done = clone.make(target)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer; python3 is Python 3.10" in done.stderr
    assert not (clone.folder / ".venv").exists()
    clone.put("python3", NEW.replace("VENV", WITHOUT_VENV))
    done = clone.make(target)
    assert done.returncode != 0
    assert "sudo apt install python3.11-venv" in done.stderr
    assert not (clone.folder / ".venv").exists()
    clone.put("python3", NEW.replace("VENV", MAKES_VENV))
    done = clone.make(target, BROKEN_NETWORK="1")
    assert done.returncode != 0
    assert "no such host" in done.stderr
    assert "HTTPS_PROXY" in done.stderr
    done = clone.make(target)
    assert done.returncode == 0, done.stderr
    assert "Installing ima-tui" in done.stdout
    assert "Collecting textual" in done.stdout  # said while it installs
    assert ("studio demo" if target == "demo" else "tests ran") in done.stdout
    again = clone.make(target)
    assert again.returncode == 0
    assert "Installing" not in again.stdout


def test_a_newer_python_under_another_name_is_named(clone: Clone) -> None:
    clone.put("python3", OLD)
    clone.put("python3.12", NEW.replace("VENV", MAKES_VENV))
    assert "make demo PYTHON=python3.12" in clone.make("demo").stderr
    assert clone.make("demo", "PYTHON=python3.12").returncode == 0


def test_an_environment_that_an_earlier_version_left_half_made_is_made_anew(clone: Clone) -> None:
    (clone.folder / ".venv/bin").mkdir(parents=True)
    broken = clone.folder / ".venv/bin/python"
    broken.symlink_to("/nowhere/python3")
    (clone.folder / ".venv/.demo").touch()  # it counted as done
    clone.put("python3", NEW.replace("VENV", MAKES_VENV))
    done = clone.make("demo")
    assert done.returncode == 0, done.stderr
    assert "studio demo" in done.stdout


def test_the_tests_say_first_what_they_do(clone: Clone) -> None:
    clone.put("python3", NEW.replace("VENV", MAKES_VENV))
    said = clone.make("test").stdout
    assert 0 <= said.index("minutes") < said.index("tests ran")


def test_the_package_installer_needs_no_bash() -> None:
    for shell in ("dash", "sh"):
        if found := shutil.which(shell):
            subprocess.run([found, "-n", str(ROOT / "install.sh")], check=True, env=os.environ)
