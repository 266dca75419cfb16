"""Guides of ima-knowledge-ai: which documents apply to a prompt, and which models they recommend.

Another tool may have put Markdown files into the folder; it is optional. The founding document says
when to read which: several media, workflow design; the same subject or a series, visual
consistency; any video, video modes; unsure, a budget or a quality request, model selection.

The files are not trusted: only regular files inside the folder are read, to a limit; what is not
text is left out; everything is cleaned.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ima_tui.catalogue import names
from ima_tui.core.domain import Medium, TaskType
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, one_line
from ima_tui.intent.kinds import PreferenceAction, RequestKind

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent

LARGEST = 256 * 1024
"""Maximum bytes read of one document."""
SHOWN = 60_000
"""Maximum characters shown of one document."""
_LINES = 4_000
Stamps = tuple[tuple[str, int, int], ...]


class Topic(StrEnum):
    """The documents, by file name."""

    WORKFLOW = "workflow-design"
    CONSISTENCY = "visual-consistency"
    VIDEO_MODES = "video-modes"
    SELECTION = "model-selection"


@dataclass(frozen=True, slots=True)
class Document:
    """One guide, cleaned. `is_cut`: the file has more."""

    topic: Topic
    path: Path
    text: str
    is_cut: bool = False

    @property
    def title(self) -> str:
        """Its first heading, else its file name."""
        heading = re.search(r"^#{1,3}\s+(.+)$", self.text[:4_000], re.MULTILINE)
        return one_line(heading[1], 80) if heading else self.path.name


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A model that model-selection.md recommends, and the line number (from 1)."""

    model_id: str
    line: int
    words: str


@dataclass(slots=True)
class Guides:
    """The folder, as last loaded."""

    folder: Path
    _documents: dict[Topic, Document] = field(default_factory=dict)
    _recommended: Mapping[TaskType, Recommendation] = field(default_factory=dict)
    _seen: Stamps = ()

    def load(self) -> None:
        """Read all documents. Takes milliseconds: call it off the event loop."""
        self._seen = self._stamps()
        found = ((topic, path) for topic in Topic if (path := self._find(topic)) is not None)
        read = ((topic, _document(topic, path)) for topic, path in found)
        self._documents = {topic: document for topic, document in read if document is not None}
        guide = self._documents.get(Topic.SELECTION)
        self._recommended = recommendations(guide.text) if guide is not None else {}

    def load_if_changed(self) -> bool:
        """Reload if a document was added, edited or removed; returns whether one was."""
        changed = self._stamps() != self._seen
        if changed:
            self.load()
        return changed

    def _stamps(self) -> Stamps:
        """Return which documents exist, and when each was written."""
        found: list[tuple[str, int, int]] = []
        for topic in Topic:
            path = self._find(topic)
            with suppress(OSError):  # removed a moment ago
                if path is not None:
                    told = path.stat()
                    found.append((str(path), told.st_mtime_ns, told.st_size))
        return tuple(found)

    @property
    def all(self) -> tuple[Document, ...]:
        """Return all documents."""
        return tuple(self._documents.values())

    def documents(self, text: str, intent: Intent) -> tuple[Document, ...]:
        """Return the guides that apply to a prompt, most relevant first."""
        if not self._documents:
            return ()
        found = (self._documents.get(topic) for topic in topics(text, intent))
        return tuple(document for document in found if document is not None)

    @property
    def recommended(self) -> dict[TaskType, str]:
        """The recommended model id by task type."""
        return {task_type: each.model_id for task_type, each in self._recommended.items()}

    def recommendation(self, task_type: TaskType) -> Recommendation | None:
        """Return the recommendation for a task type, or None."""
        return self._recommended.get(task_type)

    def _find(self, topic: Topic) -> Path | None:
        """Return the file, in references/ or beside it; only regular files inside the folder."""
        for path in (
            self.folder / "references" / f"{topic}.md",
            self.folder / f"{topic}.md",
        ):
            try:
                real = path.resolve(strict=True)
                inside = real.is_relative_to(self.folder.resolve())
                if inside and stat.S_ISREG(real.stat().st_mode):
                    return real
            except (OSError, RuntimeError, ValueError):
                continue  # absent, or circular links
        return None


def _document(topic: Topic, path: Path) -> Document | None:
    try:
        with path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
    except OSError:
        return None
    if b"\x00" in data or not data.strip():
        return None  # not text
    text = clean(data[:LARGEST].decode("utf-8", "replace"), SHOWN)
    return Document(topic, path, text, is_cut=len(data) > LARGEST or text.endswith("…"))


# ----------------------------------------------------------------------- which of them matter

_SEVERAL = r"\bmv\b|宣传片|完整作品|配乐|\bsoundtrack\b"
_SAME = (
    r"系列|多张|同一|角色|续集|续[拍写画作]|产品图"
    r"|\bseries\b|\bsame\b|\bcharacter\b|\bproduct (?:shot|photo)s?\b"
)


def topics(text: str, intent: Intent) -> tuple[Topic, ...]:
    """Return the topics for a prompt, by the founding document's rules."""
    from ima_tui.intent.scan import scan  # imported only when there is something to read

    told = scan(text).text  # normalised, without titles and quotations
    media = {step.task_type.medium for step in intent.steps} | {intent.medium}
    count = intent.param("n")
    several = isinstance(count, int) and count > 1 and bool(media & {Medium.IMAGE, Medium.VIDEO})
    found = [
        (Topic.WORKFLOW, intent.kind is RequestKind.WORKFLOW or bool(re.search(_SEVERAL, told))),
        (
            Topic.CONSISTENCY,
            several
            or bool(intent.roles.reference)
            or intent.task_type is TaskType.REFERENCE_TO_VIDEO
            or bool(re.search(_SAME, told)),
        ),
        (Topic.VIDEO_MODES, Medium.VIDEO in media),
        (Topic.SELECTION, _is_unsure(intent)),
    ]
    return tuple(topic for topic, matters in found if matters)


def _is_unsure(intent: Intent) -> bool:
    """Tell whether the choice is left to us, or the prompt asks for a budget or quality tier."""
    preference = intent.preference
    leaves_it = preference is not None and preference.action is PreferenceAction.CLEAR
    return intent.tier is not None or leaves_it or bool(intent.absent)


# ------------------------------------------------------------------------ what is recommended

_RECOMMENDS = (
    r"(?i)推荐|推薦|首选|首選|默认|預設|\brecommend(?:ed|ation)?\b|\bdefault\b|\bfirst choice\b"
)
_NOT = r"(?i)不推荐|不推薦|\bnot recommended\b|\bavoid\b|\bdeprecated\b|❌"
_TIERED = (
    r"(?i)预算|便宜|省钱|高端|最高质量|艺术|\bbudget\b|\bcheap(?:est)?\b|\bpremium\b|\bartistic\b"
    r"|\bhighest quality\b|\bfallback\b|备选|\balternative"
)
_MEDIA = {
    Medium.IMAGE: r"(?i)图像|图片|图|\bimages?\b",
    Medium.VIDEO: r"(?i)视频|\bvideos?\b",
    Medium.MUSIC: r"(?i)音乐|\bmusic\b|\bsongs?\b",
    Medium.SPEECH: r"(?i)语音|\bspeech\b|\btts\b|\bvoice\b",
}
_HEADING = r"(#{1,6})\s+(.*)"


def recommendations(text: str) -> dict[TaskType, Recommendation]:
    """Return the recommendation for each task type, from the first line that states one plainly.

    A line, table row or column counts if it speaks of a recommendation or default and names a known
    model; the task type is in it or in the headings above. Lines about a budget, about quality or
    against a model are not general recommendations.
    """
    exact: dict[TaskType, Recommendation] = {}
    general: dict[TaskType, Recommendation] = {}
    for number, told in _told(text):
        if re.search(_NOT, told.words) or re.search(_TIERED, f"{told.words} {told.about}"):
            continue
        for model_id in _models(told.model):
            found = Recommendation(model_id, number, one_line(told.words, 120))
            for task_type, is_exact in _task_types(told, model_id):
                mine = names.sibling(model_id, task_type)
                into = exact if is_exact else general
                if mine:
                    into.setdefault(task_type, Recommendation(mine, found.line, found.words))
            break  # the first name is the recommended one
    return general | exact


@dataclass(frozen=True, slots=True)
class _Told:
    """A recommending line: all words, the part that names the model, the headings above."""

    words: str
    model: str
    about: str


def _told(text: str) -> Iterator[tuple[int, _Told]]:
    headings: dict[int, str] = {}
    column: int | None = None
    in_table = in_code = False
    for number, line in enumerate(text.split("\n")[:_LINES], 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        if in_code or not line.strip():
            in_table = in_table and bool(line.strip())
            continue
        if heading := re.match(_HEADING, line):
            level = len(heading[1])
            headings = {at: words for at, words in headings.items() if at < level}
            headings[level] = heading[2]
        about = " / ".join(headings.values())
        if line.lstrip().startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not in_table:
                in_table = True
                column = next((i for i, c in enumerate(cells) if re.search(_RECOMMENDS, c)), None)
                continue
            if column is not None and column < len(cells):
                yield number, _Told(line, cells[column], about)
            elif re.search(_RECOMMENDS, line):
                yield number, _Told(line, line, about)
            continue
        in_table = False
        if re.search(_RECOMMENDS, line) or re.search(
            _RECOMMENDS, headings.get(max(headings, default=0), "")
        ):
            yield number, _Told(line, line, about)


def _models(words: str) -> Iterator[str]:
    from ima_tui.intent.scan import scan

    for name in scan(words[:400]).names:
        if name.family is not None and not name.rejected:
            yield name.exact or name.family.model_id(name.version, None)


def _task_types(told: _Told, model_id: str) -> Iterator[tuple[TaskType, bool]]:
    """Yield the task types that a line (else its headings) names, directly or by medium."""
    for words in (told.words, told.about):
        named = [
            t for t in TaskType if t.value in words.lower().replace("-", "_").replace(" ", "_")
        ]
        if named:
            yield from ((task_type, True) for task_type in named)
            return
        media = [medium for medium, pattern in _MEDIA.items() if re.search(pattern, words)]
        if media:
            yield from ((t, False) for t in TaskType if t.medium in media)
            return
    family = names.family_of(model_id)
    if family is not None:
        yield from ((t, False) for t in TaskType if t.medium is family.medium)
