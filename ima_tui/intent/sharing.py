"""Several media in one request: which of its words belong to which step.

A clause belongs to the thing that it asks for, and so do the clauses behind it up to the next
thing. Where one clause asks for two ("a clip with background music") it is cut before the word
that joins them. Parameters are read in each share by itself: "10 seconds" is the length of what
stands beside it.

    a film about a fox: poster, then animate it      the heading is what all of it is about
    the same cat: at the beach, in the snow          *scenes*: one picture for each of them
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from ima_tui.core.domain import Medium, TaskType
from ima_tui.core.records import dataclass
from ima_tui.intent import models, numerals, parameters, tasks
from ima_tui.intent.commands import without
from ima_tui.intent.inputs import gather
from ima_tui.intent.intent import Intent, Parameter, Span
from ima_tui.intent.kinds import RequestKind
from ima_tui.intent.media import MediaRequest, read_media
from ima_tui.intent.parameters import OF_MEDIUM
from ima_tui.intent.route import by_rules, route
from ima_tui.intent.scan import (
    Clause,
    Item,
    Scan,
    scan,
)
from ima_tui.intent.song import read_song
from ima_tui.intent.vocabulary import vocabulary
from ima_tui.intent.wants import Want

MOST_SCENES = 12
_KEPT = frozenset({"params.n"})
"""A step's count stays in its words: the scenes of a series are told by them."""
_LEADING = ("seq", "and", "with", "polite")
"""What joins a step to the one before says nothing about the step."""
_SAYS_NOTHING = (
    *("seq", "and", "with", "polite", "stop", "use", "name", "pronoun", "this", "copies"),
    *("model_word", "background", "first", "reference", "neg"),
)
_UNITS = re.compile(
    r"[\d.:x×一二两三四五六七八九十半]+|s|secs?|seconds?|mins?|minutes?|秒|分钟?|k|p|的"
)


@dataclass(frozen=True, slots=True)
class Share:
    """One thing to make, and the words about it.

    `words` as they were typed, without what joins them to the step before; `bare` where they only
    name the thing ("animate it") and say nothing about what it shows. `uses` is the place of the
    share that it is made of.
    """

    task_type: TaskType
    words: str
    bare: bool = False
    uses: int | None = None
    params: tuple[Parameter, ...] = ()
    model_id: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """`intent` is the reading of the whole text; `about` what all of it is about, where the
    text says that before a colon; `scenes` the entries of a list behind one; `one_subject` that
    the same thing has to be seen in several results."""

    intent: Intent
    shares: tuple[Share, ...]
    about: str = ""
    scenes: tuple[str, ...] = ()
    one_subject: bool = False


def share(text: str, images: Sequence[str] = ()) -> Shared:
    """Read `text` as several things to make; no shares where nothing can be made of it."""
    intent = route(text, images)
    one_subject = bool(_same_subject().search(scan(text).text))
    listed = _behind_heading(text, images, intent, one_subject)
    if listed is not None:
        return listed
    if intent.kind not in (RequestKind.WORKFLOW, RequestKind.SINGLE):
        return Shared(intent, ())
    behind = _about_behind(text, images, intent)
    if behind is not None:
        return behind
    about = _aside(text) if one_subject and intent.kind is RequestKind.WORKFLOW else ""
    shares = _each_of_them(text, _shares(text, images, intent))
    return Shared(intent, shares, about, one_subject=one_subject)


def _about_behind(text: str, images: Sequence[str], intent: Intent) -> Shared | None:
    """ "a song and a video: rain": what stands behind the colon is what all of it is about."""
    colon = re.search("[:：]", text)
    if colon is None or intent.kind is not RequestKind.WORKFLOW:
        return None
    head, rest = text[: colon.start()], text[colon.end() :].strip()
    named = route(head, images)
    if named.kind is not RequestKind.WORKFLOW or not rest or by_rules(rest).medium is not None:
        return None
    shares = _shares(head, images, named)
    return Shared(named, shares, rest) if all(share.bare for share in shares) else None


_ONE_OF = re.compile(r"(?:,|;|:|and|^)\s*one (?:is )?(?:of|with|shows?|showing)\s+", re.I)
_LABELLED = re.compile(
    r"(?<![a-z])(?:videos?|clips?|pictures?|images?|photos?|视频|图片?)\s*\d{1,2}\s*[:：]", re.I
)
_SEPARATORS = (r"[;；]", r"[,，]", "、", r"[,，、]\s*(?:and\s+)?|\s+and\s+|和")


def _each_of_them(text: str, shares: tuple[Share, ...]) -> tuple[Share, ...]:
    """ "three videos: a cat; a dog; a bird": a share each, not all of them three times."""
    if len(shares) != 1:
        return shares
    only = shares[0]
    count = next((param.value for param in only.params if param.name == "n"), 1)
    labelled = _LABELLED.split(text)[1:]
    if len(labelled) > 1:
        count, ways = len(labelled), [labelled]
    else:
        _, colon, listed = text.replace("：", ":").partition(":")
        ways = [re.split(each, listed) for each in _SEPARATORS] if colon else []
        ways.append(_ONE_OF.split(text)[1:])
    for way in ways:
        entries = [re.sub(r"^(?:and|和)\s*", "", each.strip(" ,;，；.。")) for each in way]
        entries = [each for each in entries if each]
        if len(entries) == count != 1:
            params = tuple(param for param in only.params if param.name != "n")
            return tuple(replace(only, words=each, bare=False, params=params) for each in entries)
    return shares


def _aside(text: str) -> str:
    """主角是旺财, among the things to make: a clause about all of them."""
    read = scan(text)
    found = [clause for clause in read.clauses if _is_aside(read, clause)]
    spans = [read.plain.span(clause.start, clause.end) for clause in found]
    return "，".join(text[start:end].strip() for start, end in spans)


def _is_aside(read: Scan, clause: Clause) -> bool:
    words = read.text[clause.start : clause.end]
    wanted = any(item.under("noun") or item.under("verb") for item in clause.items)
    return not wanted and bool(_same_subject().search(words))


@cache
def _same_subject() -> re.Pattern[str]:
    return re.compile(vocabulary().any_of("same_subject"))


# ------------------------------------------------------------------------- a heading and a list


def _behind_heading(
    text: str, images: Sequence[str], intent: Intent, one_subject: bool
) -> Shared | None:
    """The reading where a colon divides the text into what it is about and what is made."""
    start = tasks.behind_heading(text)
    if not start or intent.spoken is not None:
        return None
    head, rest = text[: start - 1].strip(), text[start:].strip()
    first, second = by_rules(head, images), by_rules(rest, images)
    if second.kind is RequestKind.WORKFLOW and first.kind is not RequestKind.WORKFLOW:
        shares = _shares(rest, images, second)
        return Shared(intent, shares, about=head, one_subject=one_subject)
    if not one_subject or first.kind not in (RequestKind.SINGLE, RequestKind.WORKFLOW):
        return None
    sounds = second.kind is RequestKind.SINGLE and second.medium in (Medium.MUSIC, Medium.SPEECH)
    entries, sound = _entries(rest, second if sounds else None)
    if len(entries) < 2:
        return None
    shares = tuple(_uncounted(each, head, first) for each in _shares(head, images, first))
    if sound and second.medium not in [each.task_type.medium for each in shares]:
        shares = (*shares, *_shares(sound, images, by_rules(sound, images)))
    return Shared(first, shares, scenes=entries[:MOST_SCENES], one_subject=True)


def _uncounted(share: Share, text: str, intent: Intent) -> Share:
    """Without "three pictures of": each of the three is made by itself."""
    words = share.words
    for start, end in intent.spans("params.n"):
        words = words.replace(text[start:end], "").strip()
    words = words.removeprefix("of ").strip()
    return replace(share, words=words or share.words)


def _entries(rest: str, sound: Intent | None) -> tuple[tuple[str, ...], str]:
    """(the entries of a list, what follows them and asks for music or a voice)."""
    read = scan(rest)
    ends = len(rest)
    if sound is not None and (spans := sound.spans("media")):
        at = min(start for start, _ in spans)
        own = [c for c in read.clauses if read.plain.span(c.start, c.end)[0] <= at]
        ends = read.plain.span(own[-1].start, own[-1].end)[0] if own else ends
    found: list[str] = []
    for clause in read.clauses:
        start, end = read.plain.span(clause.start, clause.end)
        if start < ends:
            found.append(rest[start:end].strip())
    return tuple(found), rest[ends:].strip()


# ------------------------------------------------------------------------------------- shares


def _shares(text: str, images: Sequence[str], intent: Intent) -> tuple[Share, ...]:
    """One for each thing asked for, in the order in which they are made."""
    read = scan(text)
    inputs = gather(read, images)
    asked = read_media(read, len(inputs.sources))
    if not asked.wants:
        alone = intent.task_type
        params = intent.requirements
        return () if alone is None else (_single(text, alone, params, intent),)
    steps = tasks.plan(asked, inputs)
    cuts = _cuts(read, asked)
    found: list[Share] = []
    for want, (task_type, uses) in zip(asked.wants, steps, strict=True):
        own_type = intent.task_type or task_type
        start, end = cuts[want]
        span = read.plain.span(start, end) if end > start else (0, len(text))
        piece = text[slice(*span)]
        clauses = [c for c in read.clauses if c.start < end and c.end > start]
        words, items = _own_words(text, read, clauses, (start, end), alone=len(steps) == 1)
        if intent.spoken is not None and want.medium is Medium.SPEECH:
            words, items = text[slice(*intent.spoken)], []
        elif want.medium is not Medium.SPEECH:
            words = without(words, by_rules(words).commands, _KEPT)
        model_id, version, field = _model(read, asked, want.medium, own_type, intent, len(found))
        params = (*_params(piece, want), *field)
        bare = bool(items) and not any(_tells(item) for item in items)
        found.append(Share(own_type, words, bare, uses, params, model_id, version))
    return tuple(_with_rest(found, intent.requirements))


def _single(text: str, task_type: TaskType, params: tuple[Parameter, ...], intent: Intent) -> Share:
    words = text[slice(*intent.spoken)] if intent.spoken else text.strip()
    if task_type is not TaskType.TEXT_TO_SPEECH:
        words = without(words, by_rules(words).commands, _KEPT)
    return Share(task_type, words, False, None, params, intent.model_id, intent.version)


def _cuts(read: Scan, asked: MediaRequest) -> dict[Want, Span]:
    """Where each want's words begin and end, in the folded text."""
    ordered = sorted(asked.wants, key=lambda want: want.start)
    starts = [0]
    for before, want in pairwise(ordered):
        if want.clause != before.clause:
            starts.append(_clause(read, want).start)
            continue
        joins = [
            item.start
            for item in _clause(read, want).items
            if before.end <= item.start <= want.start and item.has("seq", "and", "with")
        ]
        starts.append(joins[-1] if joins else max(before.end, min(want.phrase[0], want.start)))
    ends = [*starts[1:], len(read.text)]
    return {want: (starts[i], ends[i]) for i, want in enumerate(ordered)}


def _clause(read: Scan, want: Want) -> Clause:
    return next(clause for clause in read.clauses if clause.index == want.clause)


def _own_words(
    text: str, read: Scan, clauses: Sequence[Clause], piece: Span, *, alone: bool
) -> tuple[str, list[Item]]:
    """The words of a share as typed, and the items they consist of; clauses that only name a
    model or speak of all shares, and what joins the share to the one before, are left out."""
    start, end = piece
    pieces: list[str] = []
    kept: list[Item] = []
    for clause in clauses:
        items = [item for item in clause.items if start <= item.start < end]
        while len(items) > 1 and not pieces and items[0].has(*_LEADING):
            items = items[1:]
        if not alone and _is_aside(read, clause) and len(clauses) > 1:
            continue
        if not items or all(item.has("use", "name", "model_word", *_LEADING) for item in items):
            continue
        kept += items
        first, last = read.plain.span(items[0].start, items[-1].end)
        pieces.append(text[first:last].strip())
    if not pieces and clauses:
        first, last = read.plain.span(clauses[0].start, clauses[-1].end)
        pieces.append(text[first:last].strip())
    comma = "，" if any(c.chinese for c in clauses) else ", "
    return comma.join(pieces), kept


def _tells(item: Item) -> bool:
    """Whether it says something about what is seen or heard."""
    if item.has(*_SAYS_NOTHING) or _UNITS.fullmatch(item.phrase):
        return False
    return not any(item.under(section) for section in ("noun", "verb", "classifier", "number"))


def _model(
    read: Scan,
    asked: MediaRequest,
    medium: Medium | None,
    task_type: TaskType,
    intent: Intent,
    place: int,
) -> tuple[str, str, tuple[Parameter, ...]]:
    """(model id, version word, the parameter that stands for its version)."""
    named = models.named_model(read, asked, medium)
    if named is not None:
        model = models.model_of(named, task_type)
        return model.model_id, model.version, _field(model.field)
    if intent.steps and place < len(intent.steps):
        return intent.steps[place].model_id, "", ()
    return intent.model_id, intent.version, ()


def _field(pair: tuple[str, str] | None) -> tuple[Parameter, ...]:
    return (Parameter(*pair),) if pair else ()


def _params(piece: str, want: Want) -> tuple[Parameter, ...]:
    """What `piece` says about the thing it asks for, also what nobody offers."""
    if want.medium is None:
        return ()
    read = scan(piece)
    again = read_media(read, 0)
    mine = again.want(want.medium) or Want(want.medium, 0, 1, phrase=(0, 1))
    if not read.clauses:
        return ()
    told = parameters.read_parameters(read, replace(again, wants=(mine,)))
    params = [Parameter(each.name, each.value) for each in told.params]
    params += [Parameter(each.name, each.value) for each in (told.ratio, told.eight_k) if each]
    if told.length:
        params.append(Parameter("duration", numerals.plain(told.length.seconds)))
    if want.medium is Medium.MUSIC:
        params += [param for param, _ in read_song(piece).parameters(piece)]
    return tuple(each for each in params if each.name in OF_MEDIUM[want.medium])


def _with_rest(shares: Sequence[Share], params: Sequence[Parameter]) -> list[Share]:
    """What the whole text tells and no share does goes to whoever can have it."""
    told = {param.name for each in shares for param in each.params}
    rest = [param for param in params if param.name not in told]
    found: list[Share] = []
    for each in shares:
        more = tuple(p for p in rest if p.name in OF_MEDIUM[each.task_type.medium])
        found.append(replace(each, params=(*each.params, *more)))
    return found
