"""No class and no module grows beyond what one can keep in mind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

CODE = Path(__file__).parents[2] / "ima_tui"
MOST_METHODS = 25
MOST_LINES = 450
MODULES = sorted(CODE.rglob("*.py"))


def methods(node: ast.ClassDef) -> int:
    """Functions in the body of a class, properties and magic methods among them."""
    return sum(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in node.body)


def classes(module: Path) -> Iterator[ast.ClassDef]:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield node


def test_no_class_has_more_than_25_methods() -> None:
    large = {
        f"{module.relative_to(CODE)}: {node.name}": methods(node)
        for module in MODULES
        for node in classes(module)
        if methods(node) > MOST_METHODS
    }
    assert len(MODULES) > 100
    assert not large


def test_no_module_has_more_than_450_lines() -> None:
    lines = {module: len(module.read_text("utf-8").splitlines()) for module in MODULES}
    long = {str(path.relative_to(CODE)): n for path, n in lines.items() if n > MOST_LINES}
    assert not long


def test_properties_nested_and_async_methods_count() -> None:
    (node,) = ast.parse(
        "class A:\n"
        "    def __init__(self): ...\n"
        "    @property\n"
        "    def b(self): ...\n"
        "    async def c(self):\n"
        "        def inner(): ...\n"
        "    d = 1\n"
    ).body
    assert isinstance(node, ast.ClassDef)
    assert methods(node) == 3
