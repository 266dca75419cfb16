"""The rule of the house: imports point down, and each library is seen by one part alone."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ima_tui"

LAYERS = (
    {"errors", "text", "clock", "files", "garbage", "__init__"},
    {"domain", "messages", "owner"},
    {"settings", "streams"},
    {"config_file"},
    {"config", "key", "lifecycle", "polling", "inputs", "notices"},
    {"catalogue", "gate", "imaging"},
    {"api", "intent", "ledger", "lists", "logbook", "preferences", "results",
     "lease", "link",
     "reasons", "drafting", "batch", "manifest", "saved"},
    {"terms", "attainable"},
    {"confirmation", "heard"},
    {"ground", "outputs", "pace", "prepared", "input_checks",
     "record", "remembering", "plan", "knowledge"},
    {"sending", "asking", "fetching", "turns"},
    {"desk", "scheduler", "broadcast", "connection", "wishes", "adjustments"},
    {"marks", "answers", "several"},
    {"engine"},
    {"offer"},
    {"jobs", "gallery"},
    {"plans"},
    {"studio"},
    {"cli", "tui"},
    {"__main__"},
)  # fmt: skip
SEEN_BY = {
    "textual": ("tui/",),
    "httpx": ("api/",),
    "pydantic": ("api/",),
    "sqlite3": ("ledger/",),
    "starlette": ("sandbox/",),
    "uvicorn": ("sandbox/",),
    "keyring": ("key.py",),
    "shtab": ("cli/completion.py",),
    "PIL": ("imaging/", "sandbox/"),
    "av": ("imaging/", "sandbox/"),
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path, *, typing_too: bool = True) -> set[str]:
    """Every module that `path` imports, anywhere in it; relative ones do not occur."""
    found: set[str] = set()
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
        if not typing_too
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" if module == "ima_tui" else module
                      for alias in node.names}  # fmt: skip
    return found


def part(module: str) -> str:
    """`ima_tui.api.client` -> `api`."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def own_part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def level(name: str) -> int:
    found = [number for number, names in enumerate(LAYERS) if name in names]
    assert found, f"{name} is new: give it a layer in this file"
    return found[0]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_library_is_seen_by_its_part_alone(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for module in imports(path):
        allowed = SEEN_BY.get(module.partition(".")[0])
        assert allowed is None or place.startswith(allowed), f"{place} imports {module}"


def test_every_part_has_its_layer() -> None:
    listed = {name for layer in LAYERS for name in layer}
    there = {own_part(path) for path in modules()} - {"sandbox"}
    assert there <= listed, f"new, and without a layer: {there - listed}"


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if own_part(path) != "sandbox"],
    ids=lambda p: str(p.relative_to(PACKAGE)),
)
def test_imports_point_down(path: Path) -> None:
    mine = own_part(path)
    for module in imports(path, typing_too=False):
        if not module.startswith("ima_tui"):
            continue
        theirs = part(module)
        if theirs == mine:
            continue
        if theirs == "sandbox":
            assert mine in ("cli",), f"{mine} imports the sandbox"
            continue
        if theirs not in {name for layer in LAYERS for name in layer}:
            theirs = "__init__"  # `from ima_tui import __version__`
        if (mine, theirs) == ("cli", "tui"):
            assert path.name == "tui.py", f"{path.name} opens Textual"
            continue
        assert level(theirs) < level(mine), f"{mine} imports {theirs}, which is not below it"


def test_the_sandbox_shares_nothing_with_the_client() -> None:
    for path in modules():
        if own_part(path) == "sandbox":
            foreign = {m for m in imports(path) if m.startswith("ima_tui") and part(m) != "sandbox"}
            assert foreign == set(), f"{path.name}: {foreign}"


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
