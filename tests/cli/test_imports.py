"""What each entry point imports: nothing heavy before it is needed; and no import circles."""

from __future__ import annotations

import os
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]


def loaded(code: str) -> set[str]:
    """Top-level names of all modules that are loaded once `code` has run in a new process."""
    show = "import sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return set(done.stdout.split())


HEAVY = {"textual", "httpx", "pydantic", "starlette", "uvicorn", "keyring", "PIL"}


@pytest.mark.parametrize(
    "code",
    [
        "import ima_tui.cli.parser; ima_tui.cli.parser.build()",
        "import ima_tui.cli",
        "import ima_tui.studio.studio",
        "import sys\ntry:\n    from ima_tui.cli import run; run(['--version'])\n"
        "except SystemExit: pass",
        "import ima_tui.cli.commands.generate",
        "import ima_tui.cli.commands.jobs",
    ],
)
def test_a_verb_loads_nothing_heavy_before_it_needs_it(code: str) -> None:
    assert not loaded(code) & HEAVY


def test_httpx_comes_without_its_command_line() -> None:
    assert not loaded("import ima_tui.api.client") & {"click", "pygments", "rich"}


def test_the_screens_are_there_before_the_api_is_imported() -> None:
    found = loaded("import ima_tui.tui.app")
    assert "textual" in found
    assert not found & (HEAVY - {"textual"})


def test_the_program_says_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ima_tui", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.startswith("ima-tui ")


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Of any length, type-only imports and those inside functions included."""
    graph = grimp.build_graph("ima_tui", exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 100
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as found:
        pytest.fail(" -> ".join(reversed(found.args[1])))
