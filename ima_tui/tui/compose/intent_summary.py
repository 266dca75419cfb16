"""Summary of the intent under the prompt, and open questions with a key for each answer.

Each part of a draft has a colour and an origin: the words that gave it, or the user.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from ima_tui.catalogue import form
from ima_tui.catalogue.form import COUNT
from ima_tui.compose import parameter_names
from ima_tui.compose.composer import (
    KIND,
    MODEL,
    ORDER,
    Composer,
)
from ima_tui.compose.preference_prompts import PreferenceSwitch
from ima_tui.compose.prompt_text import LIMIT, REMEMBER, SetBy, origin, unmet
from ima_tui.core.domain import TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, one_line
from ima_tui.i18n import say
from ima_tui.intent.kinds import RequestKind
from ima_tui.preferences.policy import PreferenceChange
from ima_tui.tui.keys import actions
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.theme.theme import style
from ima_tui.tui.widgets.cells import width
from ima_tui.tui.widgets.field_rows import Pressed
from ima_tui.tui.widgets.lines import Chunk, FlowBlock, Line, Part, flow, within
from ima_tui.tui.widgets.prompt import SEND, Prompt

if TYPE_CHECKING:
    from ima_tui.compose.suggestions import OpenQuestion, Suggestion

    _Told = tuple[Composer, "Row", Sequence[OpenQuestion], PreferenceSwitch | None, Sequence[str]]

MOST_LINES = {"-narrow": 4, "-normal": 5}
"""Lines by the width of the screen; where it is wider, there is room for more."""
MOST = 12
SWITCH = "switch"
"""Behind a role: a click there turns the switch."""
PROMPT_ROWS = {"-narrow": 4, "-normal": 6}
"""Rows of the prompt above (styles/compose.tcss); empty ones are lent to what is told here."""


@dataclass
class SuggestionChosen(Message):
    """The user gave the answer with this number, from 1."""

    number: int


Row = list[Chunk]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A row with so many cells between its chunks; see `FlowBlock` for what of it goes first."""

    row: Row
    yields: int = 0
    least: int = 1
    gap: int = 2


def joined(parts: Sequence[Part], sign: str) -> Row:
    """Parts in one sentence, `sign` behind each but the last: where it is too long, it goes on
    below behind a sign."""
    last = len(parts) - 1
    return [[part] if i == last else [part, (f" {sign}", "muted")] for i, part in enumerate(parts)]


class IntentSummary(Line, can_focus=False):
    """Kind, model and settings that the words gave; questions with numbered answers; the switch
    for what is to be remembered. It takes the keys only while something is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        SEND,
        bind("open", "take", "bind.compose_answer", "reading.answer", show=True),
        bind("left", "choose(-1)", "bind.question_back", "reading.left"),
        bind("right", "choose(1)", "bind.question_next", "reading.right"),
        bind("prefer", "turn", "bind.compose_remember", "reading.remember"),
        bind("mark", "turn", "bind.compose_remember", "reading.switch"),
        bind("up", "app.focus_previous", "bind.form_up", "form.up"),
        bind("down", "app.focus_next", "bind.form_down", "form.down"),
        bind("back", "screen.write", "bind.compose_write", "reading.leave", show=True),
    ]

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._rows: list[SummaryRow] = []
        self._drawn: list[list[Part]] = []
        self._chosen = 0
        """The answer that is chosen, counted over all questions."""
        self._parts: _Told | None = None
        self._has_keys = False
        self._is_pointed_at = False
        """The key that sends came here: whoever goes on typing writes the prompt."""
        self._unfocused: list[list[Part]] | None = None
        """What was drawn before the focus came, for a moment."""
        self._pressed = ""
        """What the mouse was pressed on: the number of an answer, or `SWITCH`."""
        self._written = 1
        """Rows of the prompt above."""

    def show(
        self,
        composer: Composer,
        told: Row,
        open_: Sequence[OpenQuestion],
        turn: PreferenceSwitch | None,
        guides: Sequence[str] = (),
    ) -> None:
        """Draws only when what is told differs: most keys change nothing here. `told` is what
        stands for the intent where there is more, or less, than one thing to make."""
        self._parts = composer, told, open_, turn, guides
        self.can_focus = bool(open_ or turn)
        self._tell()

    def _tell(self) -> None:
        if self._parts is None:
            return
        composer, told, open_, turn, guides = self._parts
        rows: list[SummaryRow] = []
        read = told or _read(composer, self.ima.glyphs.dot)
        if read:
            rows.append(SummaryRow(read, yields=len(open_) + 1, gap=1))
        every = sum(len(asking.answers) for asking in open_)
        self._chosen = min(self._chosen, max(0, every - 1))
        count, key = 0, actions.key_of(self.screen, "compose.answer") if open_ else ""
        for asking in open_:
            chosen = self._chosen - count if self._has_keys else None
            asked = _asked(asking, "" if count else key, chosen, first=count + 1)
            rows.append(SummaryRow(asked, yields=len(rows)))
            count += len(asking.answers)
        if turn is not None:
            key = actions.key_of(self.screen, "compose.remember")
            rows.append(SummaryRow(_turned(composer, turn, key), least=MOST))
        if guides:
            row = _listed(guides, actions.key_of(self.screen, "compose.guides"))
            rows.append(SummaryRow(row, yields=len(open_) + 2, least=0))
        if rows != self._rows:
            self._rows = rows
            self._fit()

    def _fit(self) -> None:
        cells = max(20, self.size.width - 3)
        shape = next((name for name in MOST_LINES if self.screen.has_class(name)), "")
        most = MOST_LINES.get(shape, MOST)
        blocks = [
            FlowBlock(flow(told.row, cells, 2, told.gap), told.least, told.yields)
            for told in self._rows
        ]
        most = self._borrow(sum(len(block.lines) for block in blocks), most, shape)
        self._drawn = within(blocks, most, cells)
        height = max(1, len(self._drawn))
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.refresh()

    def _borrow(self, wanted: int, most: int, shape: str) -> int:
        """Take rows that the prompt leaves empty, so that what is below stays where it is, which
        costs no bytes; they go back when it grows. Return how many lines of `wanted` there may be:
        `most`, and what can be lent."""
        prompt = self.screen.query_one(Prompt)
        whole, self._written = PROMPT_ROWS.get(shape, 0), prompt.wrapped_document.height
        free = max(0, whole - self._written - 1)
        most += min(max(0, wanted - most), free)
        lent = min(max(0, min(wanted, most) - 1), free)
        if lent:
            prompt.styles.height = whole - lent
        else:
            prompt.styles.clear_rule("height")
        return most

    def make_way(self) -> None:
        """The prompt may have grown or shrunk by a line."""
        if self._written != self.screen.query_one(Prompt).wrapped_document.height:
            self._fit()

    def on_resize(self) -> None:
        """Lay out again for the new width."""
        self._fit()

    def point_at(self) -> None:
        """Take the focus because a question is in the way of sending. Letters still are text: they
        lead back into the prompt."""
        self._is_pointed_at = True
        self.focus()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether a key is text for the prompt."""
        return self._is_pointed_at and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """Type a character into the prompt."""
        if self.check_consume_key(event.key, event.character) and event.character is not None:
            event.stop()
            event.prevent_default()
            self._go_on_writing(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Paste into the prompt."""
        if self._is_pointed_at:
            event.stop()
            self._go_on_writing(clean(event.text))

    def _go_on_writing(self, text: str) -> None:
        prompt = self.screen.query_one(Prompt)
        prompt.insert(text)
        self.screen.set_focus(prompt)

    def on_focus(self) -> None:
        """Redraw with focus."""
        self._unfocused = self._drawn
        self.call_later(self._forget_unfocused)  # behind the press of the mouse that gave it
        self._chosen, self._has_keys = 0, True
        self._tell()
        self.refresh()

    def _forget_unfocused(self) -> None:
        self._unfocused = None

    def on_blur(self) -> None:
        """Redraw without focus."""
        self._has_keys = self._is_pointed_at = False
        self._tell()
        self.refresh()

    @property
    def words(self) -> str:
        """All that stands here."""
        return "\n".join("".join(text for text, _ in line) for line in self._drawn)

    def render_line(self, y: int) -> Strip:
        """Return the cells of line `y`."""
        theme, ground = self.app.theme, self.GROUND
        plain = style(theme, "text", ground)
        line = self._drawn[y] if y < len(self._drawn) else []
        bar = self.ima.glyphs.cursor if self.has_focus and y == 0 else " "
        segments = [Segment(bar, style(theme, "accent", ground))]
        segments += [Segment(text, style(theme, role, ground)) for text, role in line if text]
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Note what is under the mouse, as it was drawn before the press gave the keys here: the
        chosen answer has got brackets since."""
        self._pressed = _target(self._unfocused or self._drawn, event.x, event.y)

    def on_click(self) -> None:
        """Take the answer that was pressed, or turn the switch."""
        pressed, self._pressed = self._pressed, ""
        if pressed == SWITCH:
            self.action_turn()
        elif pressed:
            self.post_message(SuggestionChosen(int(pressed)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        if self._parts is None:
            return False
        if action in ("take", "choose"):
            return bool(self._parts[2])
        return self._parts[3] is not None if action == "turn" else True

    def action_take(self) -> None:
        """Take the chosen suggestion."""
        self.post_message(SuggestionChosen(self._chosen + 1))

    def action_choose(self, by: int) -> None:
        """Choose the next or previous suggestion."""
        every = sum(len(asking.answers) for asking in self._parts[2]) if self._parts else 0
        self._chosen = max(0, min(every - 1, self._chosen + by))
        self._tell()

    def action_turn(self) -> None:
        """Toggle whether the preference is saved."""
        self.post_message(Pressed("remember"))


def _target(lines: Sequence[Sequence[Part]], x: int, y: int) -> str:
    """What a press at a cell is on; it stands behind the role."""
    at = 1  # behind the bar
    for text, told_as in lines[y] if y < len(lines) else ():
        at += width(text)
        if x < at:
            return told_as.partition(":")[2]
    return ""


# ------------------------------------------------------------------------------ what is told


def _read(composer: Composer, dot: str) -> Row:
    """`Understood as  text to video · Kling O1 · 10 s`, each part in the colour of its words."""
    intent = composer.intent
    if (
        intent is None
        or intent.task_type is not composer.task_type
        or intent.kind is not RequestKind.SINGLE
    ):
        return []
    parts: list[Part] = [(say(f"task.{composer.task_type.value}"), role(KIND, composer.task_type))]
    named = bool(intent.model_id or intent.tier) and MODEL not in composer.pins
    if named and composer.model is not None:
        parts.append((composer.model.name, role(MODEL, composer.task_type)))
    parts += _settings(composer)
    if composer.last is not None and composer.last.source in intent.inputs:
        parts.append((say("compose.reads_last", n=composer.last.job), "ok"))
    first, *rest = joined(parts, dot)
    return [[(say("compose.reads") + "  ", "muted"), *first], *rest]


def _settings(composer: Composer) -> list[Part]:
    model, draft = composer.model, composer.draft
    if model is None or draft is None:
        return []
    told: list[Part] = []
    chosen, missed = dict(draft.chosen), unmet(composer)
    for name in sorted(composer.read):
        field = form.user_field(model, name)
        how = role(name, composer.task_type, missed)
        if name == COUNT:
            told.append((f"×{draft.n}", how))
        elif field is not None and name in chosen and parameter_names.is_told(name, chosen[name]):
            words = parameter_names.chosen(field, chosen[name])
            label = parameter_names.label(field)
            words = f"{label} {words}" if isinstance(chosen[name], bool) else words
            told.append((words, how))
    return told


def _asked(asking: OpenQuestion, key: str, chosen: int | None, *, first: int) -> Row:
    """The question and its answers: behind the key, or the `chosen` one in brackets. `first`: the
    number of the first answer."""
    role = "info" if asking.is_question else "warn"
    sign = "? " if asking.is_question else "! "
    lead: Chunk = [(sign, role), (say(asking.key, **asking.values), "text")]
    if chosen is None and key and asking.answers:
        lead.append((f"  {key}", "title"))
    answers = enumerate(asking.answers)
    return [lead, *(_answer(one, place == chosen, first + place) for place, one in answers)]


def _answer(answer: Suggestion, chosen: bool, number: int) -> Chunk:
    """The words of an answer; its number behind the roles is for the mouse."""
    points = say("compose.answer_points", points=answer.points) if answer.points else ""
    words = say(answer.key, **answer.values)
    if chosen:
        role = f"title:{number}"
        return [("[", role), (words, role), (points, role), ("]", role)]
    return [(words, f"strong:{number}"), (points, f"muted:{number}")]


def _listed(names: Sequence[str], key: str) -> Row:
    """`esc K guides  video modes · model selection`."""
    return [[(key, "title"), (f" {say('guides.offered')}  ", "text"), (" · ".join(names), "muted")]]


def _turned(composer: Composer, turn: PreferenceSwitch, key: str) -> Row:
    proposal = turn.proposal
    kind = say(f"task.{composer.task_type.value}")
    if proposal.change is PreferenceChange.FORGET:
        words = say("compose.switch_forget", kind=kind)
    elif proposal.asks:
        words = say("compose.switch_change", model=_model(composer), kind=kind)
    else:
        words = say("compose.switch_save", model=_model(composer), kind=kind)
    on, off = say("compose.on"), say("compose.off")
    state: Chunk = [
        (f"[{on}]" if turn.on else f" {on} ", f"{'title' if turn.on else 'muted'}:{SWITCH}"),
        (f"[{off}]" if not turn.on else f" {off} ", f"{'muted' if turn.on else 'strong'}:{SWITCH}"),
    ]
    return [[(key, "title"), (f" {words}", "text")], state]  # the switch is never cut off


def _model(composer: Composer) -> str:
    return composer.model.name if composer.model is not None else ""


LONGEST = 24
"""Characters of the words that are quoted."""
_ROLES = {MODEL: "accent", ORDER: "info", REMEMBER: "info", LIMIT: "warn"}


def role(part: str, task_type: TaskType, missed: Collection[str] = ()) -> str:
    """The token that the words of `part` are drawn in; of those in `missed`, see `unmet`."""
    if part in missed:
        return _ROLES[LIMIT]
    return task_type.medium.value if part == KIND else _ROLES.get(part, "ok")


def tail(composer: Composer, text: str, part: str) -> tuple[list[Part], bool]:
    """The words of `text` that gave `part`, or that it was chosen by hand; nothing where it stands
    by itself. A sign says that the model doesn't offer what they ask for. And whether it was chosen
    by the user."""
    set_by = origin(composer, part)
    if set_by.by is SetBy.HAND:
        return [(say("compose.by_hand"), "muted")], True
    missed = unmet(composer)
    how = role(part, composer.task_type, missed)
    found: list[Part] = []
    for start, end in set_by.spans:
        words = one_line(text[start:end], LONGEST)
        found += [(" ", "text")] if found else []
        found.append((words, f"{how}:words"))
    return ([("! ", how), *found] if found and part in missed else found), False
