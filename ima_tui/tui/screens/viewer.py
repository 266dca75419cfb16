"""The viewer: one result over the whole screen; left and right where there are several."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from ima_tui.domain import Job
from ima_tui.messages import say
from ima_tui.tui import jobs as words
from ima_tui.tui import styles
from ima_tui.tui.widgets.cells import cut
from ima_tui.tui.widgets.lines import BottomLine, Line, Part, measure
from ima_tui.tui.widgets.preview import Preview


class ViewerLine(Line):
    """What is being looked at."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self.index = 0

    def parts(self, cells: int) -> tuple[list[Part], list[Part]]:
        count = len(self.job.medias)
        right: list[Part] = []
        if count > 1:
            right = [(say("viewer.of", index=self.index + 1, count=count) + " ", "strong")]
        where = words.result_words(self.job.medias[self.index])
        title = f" #{self.job.id} {self.job.order.model_name}  "
        room = cells - measure([(title, ""), *right]) - 2
        return [(title, "strong"), (cut(where, max(10, room)), "muted")], right


class ViewerScreen(ModalScreen[None]):
    """Over the place that opened it."""

    CSS_PATH = styles.path("viewer")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "turn(1)", "bind.next_result", id="viewer.next"),
        Binding("left,h", "turn(-1)", "bind.previous_result", id="viewer.previous"),
        Binding("escape,q,enter", "close", "bind.close", id="viewer.close"),
    ]

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job

    def compose(self) -> ComposeResult:
        yield ViewerLine(self.job)
        yield Preview()
        yield BottomLine()

    def on_mount(self) -> None:
        self.query_one(Preview).media = self.job.medias[0]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return len(self.job.medias) > 1 if action == "turn" else True

    def action_turn(self, by: int) -> None:
        line = self.query_one(ViewerLine)
        line.index = (line.index + by) % len(self.job.medias)
        line.refresh()
        self.query_one(Preview).media = self.job.medias[line.index]

    def action_close(self) -> None:
        self.dismiss()
