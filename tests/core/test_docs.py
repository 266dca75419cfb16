"""The documents for developers name packages, modules and functions that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ROOT / "ima_tui"
GUIDE = ROOT / "docs/architecture.md"
PACKAGES = {path.parent.name for path in CODE.glob("*/__init__.py")}
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
PATH = re.compile(r"`([\w.*-]+(?:/[\w.*-]+)+\.(?:py|toml|tcss|jsonl))`")
NAME = re.compile(r"`([A-Za-z]\w*(?:\.\w+)+)`")


def names_in(node: ast.Module | ast.ClassDef) -> dict[str, ast.AST]:
    """What a module or a class defines, by name."""
    found: dict[str, ast.AST] = {}
    for one in node.body:
        if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found[one.name] = one
        elif isinstance(one, ast.Assign):
            found |= {each.id: one for each in one.targets if isinstance(each, ast.Name)}
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            found[one.target.id] = one
    return found


def has(node: ast.AST | None, names: list[str]) -> bool:
    """Whether these names lead from `node` to something defined there."""
    if not names:
        return node is not None
    inside = names_in(node) if isinstance(node, ast.Module | ast.ClassDef) else {}
    return has(inside.get(names[0]), names[1:])


@cache
def module(path: Path) -> ast.Module | None:
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text("utf-8")) if file.exists() else None


def exists(name: str) -> bool:
    """Whether `package.module.Class.method` is there, or a `Class.method` in any module."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return any(has(module(path), parts) for path in CODE.rglob("*.py"))
    return any(
        has(module(CODE.joinpath(*parts[:depth])), parts[depth:])
        for depth in range(1, len(parts) + 1)
    )


def test_the_tree_of_the_architecture_is_the_packages() -> None:
    tree = GUIDE.read_text("utf-8").split("```")[1]
    told = re.findall(r"(?:^|\s{2,})([a-z]\w*)/\s", tree, re.MULTILINE)
    assert sorted(told) == sorted(PACKAGES)


def test_names_of_code_in_the_architecture_exist() -> None:
    named = [name for name in NAME.findall(GUIDE.read_text("utf-8")) if not name.endswith(".py")]
    of_code = [name for name in named if name.split(".")[0] in PACKAGES or name[0].isupper()]
    assert len(of_code) > 40
    assert [name for name in of_code if not exists(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_of_code_in_the_documents_exist(page: Path) -> None:
    missing = [
        path
        for path in PATH.findall(page.read_text("utf-8"))
        if not any(next(folder.glob(path), None) for folder in (ROOT, CODE))
    ]
    assert missing == []


def test_a_name_that_is_gone_is_noticed() -> None:
    assert exists("runner.submit.Submitter.send")
    assert exists("Submitter.send")
    assert exists("core.errors")
    assert exists("catalogue.refusals.REPRICED")
    assert not exists("runner.submit.Submitter.gone")
    assert not exists("runner.gone")
    assert not exists("Gone.send")
