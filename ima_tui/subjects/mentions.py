"""Finds subjects in a prompt: `@name` uses one, a bare name offers it. Pure.

Chinese has no blanks, so `@旺财在海边` names the longest subject that the text goes on with. A bare
name counts outside quotes and file names: between word boundaries in Latin script, in Chinese from
two characters on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ima_tui.core.domain import TaskType
from ima_tui.core.records import dataclass
from ima_tui.intent.kinds import IntentQuestion, RequestKind
from ima_tui.subjects.store import LONGEST_NAME, Subject

if TYPE_CHECKING:
    from ima_tui.intent.intent import Intent

_QUOTED = r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|‘[^’]*’|《[^》]*》"
_NOT_PROSE = r"(?i)[^\s,，。；;]*\.(?:png|jpe?g|webp|mp4|mov|mp3|wav)\b|https?://\S+|\S+@\S+\.\w+"
"""File names and addresses."""
_WORD = r"(?a)[\w-]"
_UNKNOWN = rf"[^\s@#,，.。;；:：!！?？、()（）\"“”]{{1,{LONGEST_NAME}}}"
_COMMON = frozenset({"阳光", "小狗", "小猫", "音乐", "视频", "图片", "城市", "天空", "大海"})
"""Words that a prompt uses without meaning a subject of that name."""
_ANIMATE = (
    r"(?i)(?<![a-z])(?:animate[sd]?|animating|bring\s+.{1,40}\s+to\s+life)(?![a-z])"
    r"|动起来|活起来|让.{1,12}动"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A subject at a place of the text; `start` is that of the `@` where there is one."""

    subject: Subject
    start: int
    end: int
    is_used: bool
    """It was written with an `@`."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """The subjects of a text. `unknown`: names behind an `@` that no subject has."""

    found: tuple[Mention, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[Subject, ...]:
        """The subjects that were written with an `@`, each once."""
        return tuple(dict.fromkeys(one.subject for one in self.found if one.is_used))

    @property
    def offered(self) -> tuple[Subject, ...]:
        """The subjects that are only named, each once."""
        used = self.used
        named = (one.subject for one in self.found if not one.is_used)
        return tuple(dict.fromkeys(one for one in named if one not in used))

    @property
    def files(self) -> tuple[str, ...]:
        """A picture of each used subject, in order."""
        return tuple(one.files[0].path for one in self.used if one.files)


def find(text: str, subjects: Sequence[Subject]) -> Mentions:
    """Return the subjects that a text names."""
    if not subjects:
        return Mentions()
    names = sorted(
        ((name, one) for one in subjects for name in one.names), key=lambda pair: -len(pair[0])
    )
    taken: list[tuple[int, int]] = []
    found: list[Mention] = []
    unknown: list[str] = []
    for at in _signs(text):
        mention = _behind(text, at, names)
        if mention is not None:
            found.append(mention)
            taken.append((mention.start, mention.end))
        elif word := re.compile(_UNKNOWN).match(text, at + 1):
            unknown.append(word[0])
    taken += [
        each.span() for pattern in (_QUOTED, _NOT_PROSE) for each in re.finditer(pattern, text)
    ]
    found += _bare(text, names, taken)
    return Mentions(tuple(sorted(found, key=lambda one: one.start)), tuple(unknown))


def _signs(text: str) -> Iterator[int]:
    """Yield the places of each `@` that is no part of an address."""
    for found in re.finditer("[@＠]", text):
        at = found.start()
        if not at or not re.match(_WORD, text[at - 1]):
            yield at


def _behind(text: str, at: int, names: Sequence[tuple[str, Subject]]) -> Mention | None:
    for name, subject in names:
        end = at + 1 + len(name)
        if text[at + 1 : end].lower() == name.lower() and _ends(text, end, name):
            return Mention(subject, at, end, is_used=True)
    return None


def _ends(text: str, end: int, name: str) -> bool:
    """Tell whether a name ends here: a Latin one not in the middle of a word."""
    inside = end < len(text) and re.match(_WORD, text[end]) and re.match(_WORD, name[-1])
    return not inside


def _bare(
    text: str, names: Sequence[tuple[str, Subject]], taken: list[tuple[int, int]]
) -> Iterator[Mention]:
    for name, subject in names:
        if len(name) < 2 or name in _COMMON:
            continue
        for found in re.finditer(re.escape(name), text, re.I):
            start, end = found.span()
            begins = not (start and re.match(_WORD, text[start - 1]) and re.match(_WORD, name[0]))
            free = all(end <= a or start >= b for a, b in taken)
            if begins and free and _ends(text, end, name):
                taken.append((start, end))
                yield Mention(subject, start, end, is_used=False)


def without_signs(text: str, mentions: Mentions) -> str:
    """Return the prompt as it goes out: the names stay, the `@` before them do not."""
    for one in reversed(mentions.found):
        if one.is_used:
            text = text[: one.start] + text[one.start + 1 :]
    return text


def blanked(text: str, mentions: Mentions) -> str:
    """Return the text with a blank for each `@`: it reads alike, and every place stays the same."""
    for one in mentions.found:
        if one.is_used:
            text = f"{text[: one.start]} {text[one.start + 1 :]}"
    return text


def task_for(text: str, intent: Intent) -> TaskType | None:
    """Return the task type that keeps a subject the same where the intent's would not; else None.

    A picture as first frame keeps its scene too: a new scene needs a reference, "animate this" is
    about the picture itself. Where nothing says what is to be made, it is an image.
    """
    if intent.kind is RequestKind.CLARIFY and intent.question is IntentQuestion.MEDIA_TYPE:
        return TaskType.IMAGE_TO_IMAGE
    if intent.task_type is TaskType.IMAGE_TO_VIDEO and not re.search(_ANIMATE, text):
        return TaskType.REFERENCE_TO_VIDEO
    return None


def completed(text: str, at: int, subjects: Sequence[Subject]) -> str:
    """Return what is missing of the `@name` that ends at `at`, "" where nothing can be completed.

    One name that begins so: the rest of it, else what all of them have in common.
    """
    before = text[:at]
    sign = max(before.rfind("@"), before.rfind("＠"))
    if sign < 0 or at - sign > LONGEST_NAME or (sign and re.match(_WORD, before[sign - 1])):
        return ""
    begun = before[sign + 1 :]
    fitting = [
        name
        for one in subjects
        for name in one.names
        if name.lower().startswith(begun.lower()) and len(name) > len(begun)
    ]
    if not fitting or any(name.lower() == begun.lower() for one in subjects for name in one.names):
        return ""
    shared = fitting[0]
    for name in fitting[1:]:
        while not name.lower().startswith(shared.lower()):
            shared = shared[:-1]
    return shared[len(begun) :] or (fitting[0][len(begun) :] if begun else "")
