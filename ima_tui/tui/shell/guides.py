"""The Guides screen: documents of the knowledge folder, the relevant ones first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown

from ima_tui.i18n import say
from ima_tui.studio.guides import Document
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets.cells import cut
from ima_tui.tui.widgets.lines import Line, Part, measure


class GuideLine(Line):
    """Which guide this is, of how many, and where its file lies."""

    def __init__(self, documents: Sequence[Document]) -> None:
        super().__init__()
        self._documents = documents
        self._number = 0

    def show(self, number: int) -> None:
        """Show the number of the guide."""
        self._number = number
        self.refresh()

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        """Return the text at the left and at the right of the line, each part with its role."""
        document, count = self._documents[self._number], len(self._documents)
        place = f" {self._number + 1}/{count}  " if count > 1 else " "
        title: Part = (cut(document.title, max(8, cells // 2)), "title")
        left: list[Part] = [(place, "muted"), title]
        path = cut(str(document.path), max(0, cells - measure(left) - 3))
        return left, [(f"{path} ", "muted")]


class GuidesScreen(ModalScreen[None]):
    """One guide at a time. Links are not followed: they are somebody else's words."""

    CSS_PATH = theme.path("guides")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("close", "dismiss", "bind.close", "guides.close", show=True),
        bind("right", "turn(1)", "bind.guides_next", "guides.next", show=True),
        bind("left", "turn(-1)", "bind.guides_back", "guides.back", show=True),
        bind("down", "scroll(1)", "bind.down", "guides.down"),
        bind("up", "scroll(-1)", "bind.up", "guides.up"),
        bind("page_down", "page(1)", "bind.page_down", "guides.page_down", show=True),
        bind("page_up", "page(-1)", "bind.page_up", "guides.page_up"),
        bind("first", "end(-1)", "bind.first", "guides.first"),
        bind("last", "end(1)", "bind.last", "guides.last"),
    ]

    def __init__(self, documents: Sequence[Document]) -> None:
        super().__init__()
        self.documents = tuple(documents)
        self.number = 0

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        yield GuideLine(self.documents)
        with VerticalScroll(id="guide"):
            yield Markdown(open_links=False)
        yield BottomLine()

    async def on_mount(self) -> None:
        """Set up once the widgets exist."""
        await self._show()

    async def _show(self) -> None:
        document = self.documents[self.number]
        more = f"\n\n---\n\n{say('guides.cut')}" if document.is_cut else ""
        self.query_one(GuideLine).show(self.number)
        await self.query_one(Markdown).update(document.text + more)
        self._page.scroll_home(animate=False)

    @property
    def _page(self) -> VerticalScroll:
        return self.query_one("#guide", VerticalScroll)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        return action != "turn" or len(self.documents) > 1

    async def action_turn(self, by: int) -> None:
        """Turn to the next or previous."""
        self.number = (self.number + by) % len(self.documents)
        await self._show()

    def action_scroll(self, by: int) -> None:
        """Scroll by that many lines."""
        self._page.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """Move by that many pages."""
        page = self._page
        page.scroll_relative(y=by * max(1, page.size.height - 2), animate=False)

    def action_end(self, by: int) -> None:
        """Move to the first or the last."""
        (self._page.scroll_end if by > 0 else self._page.scroll_home)(animate=False)
