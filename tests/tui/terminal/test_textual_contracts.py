"""What we rely on in private parts of Textual, one test for each part.

When a new Textual breaks something, this file says what; all uses are in `ima_tui/tui/terminal/`.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import ComposeResult
from textual.binding import Binding
from textual.css import stylesheet
from textual.css.scalar import Scalar
from textual.dom import DOMNode
from textual.drivers import linux_driver
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static
from textual.widgets._toast import ToastRack

import ima_tui.tui
from ima_tui.tui.terminal import textual_internals as internals
from ima_tui.tui.terminal.base_app import TerminalApp
from ima_tui.tui.terminal.partial_updates import ChangedCells, ShownCells


class Tight(Screen[None]):
    """Two widgets, one of which can be put over the other."""

    CSS = "Static { height: 1; width: 10; } #over { layer: over; } Tight { layers: under over; }"

    def compose(self) -> ComposeResult:
        yield Static("under", id="under")
        yield Static("over", id="over")


class Small(TerminalApp):
    """An app with that screen, which keeps what the hooks are told."""

    BINDINGS = [Binding("a", "go", "bind.go", id="small.go")]  # noqa: RUF012

    def __init__(self) -> None:
        self.nodes: list[DOMNode] = []
        self.updates: list[object] = []
        super().__init__()

    def prepare_node(self, node: DOMNode) -> None:
        self.nodes.append(node)

    def after_display(self, screen: Screen[object], update: object) -> None:
        self.updates.append(update)

    def describe_crash(self, error: BaseException) -> str:
        return f"ended by {type(error).__name__}"

    def on_mount(self) -> None:
        self.push_screen(Tight())


async def test_screen_compositor_is_used_for_drawing_and_knows_regions_and_layers() -> None:
    """`Screen._compositor`, `Compositor.visible_widgets` and `layers_visible` (topmost first)."""
    app = Small()
    async with app.run_test() as pilot:
        await pilot.pause()
        screen = app.screen
        under, over = screen.query_one("#under"), screen.query_one("#over")
        found = internals.visible_region(screen, under)
        assert found is not None
        region, clip = found
        assert (region.width, region.height) == (10, 1)
        assert clip.contains_region(region)
        assert not internals.is_uncovered(screen, under, region)
        assert internals.is_uncovered(screen, over, region)
        over.display = False
        await pilot.pause()
        assert internals.is_uncovered(screen, under, region)
        assert internals.visible_region(screen, over) is None


def test_chops_update_has_spans_and_its_segments_can_be_cut() -> None:
    """`ChopsUpdate(chops, spans, chop_ends)` with `render_segments`, and `LayoutUpdate.region`."""
    chops = [{0: Strip.blank(10), 10: Strip.blank(10)}]
    update = ChopsUpdate(chops, [(0, 12, 15)], [[10, 20]])  # type: ignore[arg-type]
    assert internals.update_touches(update, Region(14, 0, 3, 1))
    assert not internals.update_touches(update, Region(0, 0, 12, 1))
    drawn = ChangedCells(update, ShownCells())
    assert drawn.render_segments(Console(force_terminal=True)).startswith("\x1b[1;13H")
    layout = LayoutUpdate([Strip.blank(4)], Region(2, 2, 4, 1))
    assert internals.update_touches(layout, Region(0, 2, 3, 1))
    assert not internals.update_touches(layout, Region(0, 3, 3, 1))


async def test_app_hooks_see_each_node_and_each_update_and_the_stack_of_screens() -> None:
    """`App._register_child`, `_display`, `_batch_count`, `_screen_stacks`, `_current_mode`."""
    app = Small()
    assert internals.top_screen(app) is None
    async with app.run_test() as pilot:
        await pilot.pause()
        assert {type(node).__name__ for node in app.nodes} >= {"Tight", "Static"}
        assert app.updates
        assert internals.top_screen(app) is app.screen
        with app.batch_update():
            before = len(app.updates)
            app._display(app.screen, app.screen._compositor.render_update(full=True))
            assert len(app.updates) == before


async def test_a_new_screen_gets_its_styles_without_all_sheets_being_read_again() -> None:
    """`App._css_update_count`, `Screen._css_update_count`, `App._init_mode`; a theme that is set
    while a screen is hidden is still read when it is shown."""

    class Modes(TerminalApp):
        MODES = {"one": Tight, "two": Tight}  # noqa: RUF012
        refreshed = 0

        def refresh_css(self, animate: bool = True) -> None:
            self.refreshed += 1
            super().refresh_css(animate)

    app = Modes()
    async with app.run_test() as pilot:
        await app.switch_mode("one")
        await pilot.pause()
        before = app.refreshed
        await app.switch_mode("two")
        await pilot.pause()
        assert app.refreshed == before
        assert app.screen.query_one("#under").styles.width == Scalar.parse("10")
        app.theme = "textual-light"
        await pilot.pause()
        before = app.refreshed
        await app.switch_mode("one")
        assert app.refreshed == before + 1


async def test_an_update_that_changes_nothing_is_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`App._display` writes to `_driver` unless `is_headless`; `_previous_cursor_position`."""
    app = Small()
    async with app.run_test() as pilot:
        await pilot.pause()
        written: list[str] = []
        monkeypatch.setattr(app.driver, "write", written.append)
        monkeypatch.setattr(Small, "is_headless", False)
        update = app.screen._compositor.render_update(full=True)
        app._display(app.screen, update)
        assert "over" in "".join(written)
        written.clear()
        app._display(app.screen, update)
        assert written == []
        app.cursor_position = Offset(3, 1)
        app._display(app.screen, update)
        assert "".join(written).endswith("\x1b[2;4H")


async def test_driver_writes_raw_and_clipboard_is_kept() -> None:
    """`App._driver.write`, `App._clipboard`, `App._filters`."""
    app = Small()
    async with app.run_test() as pilot:
        await pilot.pause()
        written: list[str] = []
        assert app.driver is not None
        app.driver.write = written.append  # type: ignore[method-assign]
        app.write("\x1b]0;x\x07")
        app.copy_to_clipboard("fox")
        assert written[0] == "\x1b]0;x\x07"
        assert app.clipboard == "fox"
        app.use_filters_only()
        assert app._filters == []


async def test_fatal_error_ends_the_app_with_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`App._fatal_error`, `_exception`, `_exit_renderables`, `_close_messages_no_wait`."""
    app = Small()
    with pytest.raises(ZeroDivisionError):
        async with app.run_test():  # the error is raised again when the app is left
            app.call_later(lambda: 1 / 0)
    assert capsys.readouterr().err.strip() == "ended by ZeroDivisionError"


async def test_a_bare_screen_has_its_own_widgets_alone() -> None:
    """`Screen._extend_compose`."""

    class Bare(internals.BareScreen):
        def compose(self) -> ComposeResult:
            yield Static("alone")

    app = Small()
    async with app.run_test(tooltips=True, notifications=True) as pilot:
        assert ToastRack in map(type, app.screen.children)
        await app.push_screen(Bare())
        app.notify("not here")
        await pilot.pause()
        assert [type(child) for child in app.screen.children] == [Static]


def test_variables_of_a_stylesheet_can_be_read() -> None:
    """`Stylesheet._variables`."""
    assert internals.css_variables(stylesheet.Stylesheet(variables={"a": "1"})) == {"a": "1"}


async def test_parsed_rules_are_shared_and_follow_the_theme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`App.stylesheet`, `Stylesheet._variables`, `_parse_cache`, and that `parse` asks the cache
    for each source and changes no rule of it."""
    parsed: list[str] = []
    parse = stylesheet.parse

    def counted(scope: str, css: str, *rest: Any, **more: Any) -> Iterable[Any]:
        parsed.append(css)
        return parse(scope, css, *rest, **more)

    monkeypatch.setattr(stylesheet, "parse", counted)
    monkeypatch.setattr("ima_tui.tui.terminal.textual_internals._parsed", {})
    looks, counts = [], []
    for _app in range(2):
        app = Small()
        async with app.run_test() as pilot:
            app.refresh_css()
            dark = app.screen.styles.background
            app.theme = "textual-light"
            await pilot.pause()
            light = app.screen.styles.background
            app.theme = "textual-dark"
            await pilot.pause()
            looks.append((dark, light, app.screen.styles.background))
            counts.append(len(parsed))
    assert looks[0] == looks[1]
    assert looks[0][0] == looks[0][2] != looks[0][1]
    assert 0 < counts[0] == counts[1]  # the second app found all of it


async def test_a_style_sheet_can_be_read_late_and_once(tmp_path: Path) -> None:
    """`Stylesheet.has_source` and `read`: what comes later, or changes its classes, follows."""
    sheet = tmp_path / "late.tcss"
    sheet.write_text("Tight Static.late { height: 2; }")
    app = Small()
    async with app.run_test() as pilot:
        internals.read_styles(app, sheet)
        sheet.write_text("Tight Static.late { height: 4; }")
        internals.read_styles(app, sheet)
        await app.screen.mount(Static(classes="late"))
        assert app.screen.query_one(".late").styles.height == Scalar.parse("2")
        over = app.screen.query_one("#over")
        assert over.styles.height == Scalar.parse("1")
        over.add_class("late")  # more specific than the type of the screen's own sheet
        await pilot.pause()
        assert over.styles.height == Scalar.parse("2")


def test_bindings_of_nodes_and_classes() -> None:
    """`DOMNode._bindings`, `DOMNode._merge_bindings`, `BindingsMap._add_binding`."""
    app = Small()
    bindings = internals.bindings_of_node(app)
    assert bindings.key_to_bindings["a"][0].id == "small.go"
    internals.add_binding(bindings, Binding("a", "other", id="small.other"))
    assert [one.id for one in bindings.key_to_bindings["a"]] == ["small.go", "small.other"]
    internals.set_bindings(app, bindings.copy())
    assert "a" in internals.bindings_of_node(app).key_to_bindings
    assert ("a", "small.go") in {(k, one.id) for k, one in internals.class_bindings(Small)}


def test_keys_have_textuals_names() -> None:
    """`textual.keys._character_to_key`, and the table `ANSI_SEQUENCES_KEYS`, which can change."""
    assert internals.character_to_key("/") == "slash"
    assert internals.character_to_key("a") == "a"
    assert isinstance(ANSI_SEQUENCES_KEYS, dict)
    assert "\x1b[A" in ANSI_SEQUENCES_KEYS


def test_parser_of_the_driver_can_be_replaced() -> None:
    """`linux_driver.XTermParser` is looked up in its module; `feed("")` is the end of input."""
    assert linux_driver.XTermParser is XTermParser or issubclass(
        linux_driver.XTermParser, XTermParser
    )
    source = inspect.getsource(linux_driver.LinuxDriver.run_input_thread)
    assert "XTermParser(" in source
    assert callable(XTermParser.feed)


def test_linux_driver_has_the_parts_that_are_overridden() -> None:
    """Modes, the writing file, and what continues a stopped process."""
    driver = linux_driver.LinuxDriver
    for name in (
        "start_application_mode",
        "stop_application_mode",
        "run_input_thread",
        "close",
        "_sigcont_application",
        "_enable_bracketed_paste",
        "_disable_line_wrap",
    ):
        assert callable(getattr(driver, name)), name
    source = inspect.getsource(sys.modules[driver.__module__])
    for attribute in ("self._file", "self.attrs_before", "self.fileno", "self._app"):
        assert attribute in source + inspect.getsource(driver.__mro__[1]), attribute


def _private_names(owner: type) -> set[str]:
    """Private methods and attributes that Textual gives instances of `owner`."""
    bases = (base for base in owner.__mro__ if base.__module__.startswith("textual."))
    return set().union(*map(_private_names_of, bases))


@cache
def _private_names_of(base: type) -> set[str]:
    found = {name for name in vars(base) if name.startswith("_")}
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[base.__module__]))):
        if isinstance(node, ast.ClassDef) and node.name == base.__name__:
            found |= {
                each.attr
                for each in ast.walk(node)
                if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
            }
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


def _uses(module: object, tree: ast.Module) -> set[str]:
    """Private parts of Textual that a module of ours names."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
            private = [one.name for one in node.names if one.name.startswith("_")]
            found |= {*private, *([str(node.module)] if "._" in str(node.module) else [])}
        if not isinstance(node, ast.ClassDef):
            continue
        owner = getattr(module, node.name, None)
        if owner is None or not any(b.__module__.startswith("textual.") for b in owner.__mro__):
            continue
        private_names = _private_names(owner)
        for each in ast.walk(node):
            name = getattr(each, "attr", None) or getattr(each, "name", None)
            is_own = isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) or (
                isinstance(each, ast.Attribute)
                and isinstance(each.value, ast.Name)
                and each.value.id == "self"
            )
            if is_own and name in private_names:
                found.add(f"{node.name}.{name}")
    return found


def test_only_the_terminal_package_names_private_parts_of_textual() -> None:
    """A name of ours that hides one of Textual's by chance is found as well."""
    odd: dict[str, set[str]] = {}
    for one in pkgutil.walk_packages(ima_tui.tui.__path__, "ima_tui.tui."):
        if not one.name.startswith("ima_tui.tui.terminal"):
            module = import_module(one.name)
            source = Path(str(module.__file__)).read_text("utf-8")
            if used := _uses(module, ast.parse(source)):
                odd[one.name] = used
    assert odd == {}
