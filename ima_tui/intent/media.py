"""Which media a text asks for, gathered from its clauses.

The first thing asked for counts. Later clauses add to it only where they ask: with a verb, with a
word that begins a step, or with something that goes along (a voiceover, background music). What
stands behind a colon describes; what is to be spoken is never read as a request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ima_tui.core.domain import Medium
from ima_tui.core.records import dataclass
from ima_tui.intent import alterations
from ima_tui.intent.alterations import OF_BEFORE, one
from ima_tui.intent.chinese import read_chinese
from ima_tui.intent.companions import with_companions
from ima_tui.intent.english import read_english
from ima_tui.intent.implied import from_speaker, mentioned, told_by_itself
from ima_tui.intent.intent import stands_alone
from ima_tui.intent.lengths import lengths
from ima_tui.intent.pointing import AT_HAND
from ima_tui.intent.scan import (
    LISTED,
    QUOTE,
    Clause,
    Scan,
)
from ima_tui.intent.wants import (
    ADJECTIVES,
    ClauseReading,
    Want,
    begins_step,
    is_form,
    is_inventory,
    is_noun,
    is_whole,
    medium_of,
    tells_how,
)

ORDER = (Medium.IMAGE, Medium.VIDEO, Medium.MUSIC, Medium.SPEECH)
_SENTENCE_END = frozenset({".", "。", "\n", ";", "!", "?"})
_BEFORE_SPOKEN = frozenset({":", "-", "—", "–", "\n"})
_CLAUSES = 400
_BRIEF = 25
"""Words (Chinese: characters) from which a description may mention what it does not ask for."""


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """The media that are asked for, in the order in which they are made.

    `spoken_from` is where the text to be spoken begins; nothing behind it is a request.
    """

    wants: tuple[Want, ...]
    readings: tuple[ClauseReading, ...]
    spoken_from: int
    sound: Want | None = None
    guessed: bool = False
    """Nothing asks for the media outright: they are only mentioned, or follow from a name."""
    implied: bool = False
    """So it is, in a long description."""

    @property
    def media(self) -> tuple[Medium, ...]:
        """The media asked for, in the order in which they are made."""
        return tuple(want.medium for want in self.wants if want.medium is not None)

    @property
    def made(self) -> bool:
        """Something else than an alteration of a picture is wanted."""
        return any(want.medium is not Medium.IMAGE for want in self.wants)

    @property
    def explicit(self) -> bool:
        """A verb, a marker or the head of the text asks for the first of them."""
        return bool(self.wants) and (self.wants[0].asked or self.wants[0].heads)

    def want(self, medium: Medium) -> Want | None:
        """What is asked for in that medium, if anything."""
        return next((want for want in self.wants if want.medium is medium), None)


def read_media(scan: Scan, inputs: int, *, several: bool = False) -> MediaRequest:
    """What `scan` asks for, with `inputs` pictures at hand; `several` things, if that is known."""
    gatherer = _Gatherer(scan, inputs, several)
    for clause in scan.clauses[:_CLAUSES]:
        if not gatherer.add(read_chinese(clause) if clause.chinese else read_english(clause)):
            break
    return gatherer.result()


class _Gatherer:
    """Takes the clauses one by one."""

    def __init__(self, scan: Scan, inputs: int, several: bool) -> None:
        self._scan = scan
        self._several = several
        self._inputs = inputs
        self._readings: list[ClauseReading] = []
        self._wants: dict[Medium, Want] = {}
        self._sound: Want | None = None
        self._describing = False
        self._spoken_from = len(scan.text)

    def add(self, reading: ClauseReading) -> bool:
        """Read one clause; False where the rest of the text is to be spoken."""
        clause = reading.clause
        spoken = self._last_medium is Medium.SPEECH and clause.after in _BEFORE_SPOKEN
        if spoken and not (clause.after == "\n" and tells_how(clause)):
            # quotations and the like are hidden from the clause, and spoken all the same
            quoted = clause.items[0].has(QUOTE) and len(clause.items) == 1
            if not quoted or clause.before or clause.index + 1 == len(self._scan.clauses):
                self._spoken_from = self._readings[-1].clause.end + 1
                return False
        if self._inputs and is_inventory(clause):
            reading = ClauseReading(clause, given=True)
        if clause.after == ":" and self._readings and is_form(self._readings[-1].clause):
            reading = ClauseReading(clause, [replace(w, asked=True) for w in reading.wants])
            self._readings.append(reading)
            for want in reading.wants[:1]:
                self._consider(want, False)
            return True
        labelled = bool(self._readings) and self._readings[-1].content
        labelled = labelled and self._readings[-1].clause.items[0].phrase != "like"
        if clause.after == ":" and (self._wants or labelled) and not self._lists(clause):
            self._describing = True
        elif clause.after in _SENTENCE_END:
            self._describing = False
        step = begins_step(clause)
        if self._describing and not step:
            kept = [want for want in reading.wants if want.asked] if not self._wants else []
            asked = kept or [want for want in reading.wants if self._leads(want)]
            reading = replace(replace_content(reading), wants=asked)
        for want in reading.wants:
            listed = self._continues_list(want, reading)
            if listed:
                want = replace(want, asked=True)
            animated = self._scan.text.startswith("animat", want.start)
            ends = step and want.end >= clause.end - 1 and not _tells_anew(clause, want)
            ends = ends or (step and any(item.phrase in OF_BEFORE for item in clause.items))
            if want.medium is Medium.VIDEO and (ends or animated or self._resumes(want)):
                want = replace(want, works_on=want.works_on or Medium.IMAGE in self._wants)
            self._consider(want, step or listed)
        self._readings.append(reading)
        moves = reading.motion is not None and reading.motion.phrase in _ALIVE
        if moves and step and not reading.wants and Medium.IMAGE in self._wants and reading.motion:
            item = reading.motion  # "the map should then come alive"
            self._wants |= one(Medium.VIDEO, item.start, item.end, works_on=True)
        return True

    def _continues_list(self, want: Want, reading: ClauseReading) -> bool:
        """ "a poster, a teaser video and …": entries side by side, each a bare noun phrase."""
        clause = reading.clause
        if not self._readings or not self._wants:
            return False
        near = clause.items[: ADJECTIVES - 1]
        if clause.items[0].has("and") and want is reading.wants[0] and clause.after == ",":
            return any(item.start == want.start for item in near)  # "…, and the song to it"
        if self._several or clause.after == LISTED:
            return True
        if clause.after not in (",", ";", "、"):
            return False
        if clause.after == ";" and want.start - clause.start <= _NEAR_HEAD:
            return True
        last = self._readings[-1]
        told = [each for each in last.wants if each.medium is not None]
        first = clause.items[0]
        opens = first.under("number") or first.phrase.isdigit() or is_noun(first)
        opens = opens or first.phrase in _COUNTED or first.phrase in _OPENS
        opens = opens or (len(reading.wants) > 1 and is_whole(clause, want))
        return bool(told) and told[-1].end >= last.clause.end - 1 and bool(opens)

    def _lists(self, clause: Clause) -> bool:
        """ "small ad: video, jingle, narrator": behind the colon stand the parts, each by name."""
        media: set[Medium] = set()
        for each in self._scan.clauses[clause.index : clause.index + _PARTS]:
            named = [medium for item in each.items if (medium := medium_of(item)) is not None]
            if not named or len(each.items) > _NAMED:
                break
            media.update(named)
            if each.before not in (",", "、", ";"):
                break
        return len(media) > 1

    def _resumes(self, want: Want) -> bool:
        """ "After that make it sail, as a clip", "and a moving version": of the picture before."""
        image = self._wants.get(Medium.IMAGE)
        if image is None:
            return False
        if self._scan.text[want.start : want.end].endswith(("version", "版", "版本")):
            return True
        if self._shows_again(want, image):
            return True
        between = self._readings[image.clause + 1 :]
        return any(item.phrase in OF_BEFORE for each in between for item in each.clause.items)

    def _shows_again(self, want: Want, image: Want) -> bool:
        """ "An image of a seed. Then a video where that seed sprouts", "… with the logo flying"."""
        if want.clause <= image.clause:
            return False
        shown = {
            item.phrase for item in self._scan.clauses[image.clause].items if len(item.phrase) > 2
        }
        items = self._scan.clauses[want.clause].items
        return any(
            before.phrase in _SAME or (before.phrase == "the" and is_noun(item))
            for before, item in pairwise(items)
            if item.phrase in shown
        )

    @property
    def _last_medium(self) -> Medium | None:
        return next(reversed(self._wants), None)

    def _consider(self, want: Want, step: bool) -> None:
        if want.medium is None:
            self._sound = self._sound or want
            return
        if want.medium in self._wants:
            before = self._wants[want.medium]
            if want.asked and not before.asked:
                self._wants[want.medium] = want
            elif want.works_on and not before.works_on and step is False:
                self._wants[want.medium] = replace(before, works_on=True)
            return
        if not self._wants:
            self._wants[want.medium] = want
            return
        only = next(iter(self._wants.values()))
        alone = want.asked and not want.extra and not step and not self._accompanies(want)
        if alone and not any(each.asked for each in self._wants.values()):
            animated = only.medium is Medium.IMAGE and want.medium is Medium.VIDEO
            if animated and self._inputs and self._is_at_hand(only):
                self._wants = {want.medium: want}  # 照片缓慢平移，做成视频
                return
            apart = all(each.clause != want.clause for each in self._wants.values())
            if apart and not (want.works_on and animated) and not self._sounds_beside(want, only):
                self._wants = {want.medium: want}
                return
        if len(self._wants) == 1 and not only.asked and self._stands_alone(want, only):
            self._wants = {want.medium: want}
            return
        if want.asked or want.extra or self._goes_along(want):
            self._wants[want.medium] = want

    def _is_at_hand(self, only: Want) -> bool:
        """The text opens with the photo that is attached."""
        return only.phrase[0] == 0 and self._scan.text[only.start : only.end] in AT_HAND

    def _sounds_beside(self, want: Want, only: Want) -> bool:
        """宣传片，要配乐: sound asked for in the sentence that opens with what is seen."""
        clause = self._scan.clauses[only.clause]
        stands = only.heads or only.start == clause.start or only.end >= clause.end
        if want.medium not in _SOUNDING or only.medium not in _SEEN or not stands:
            return False
        own = self._scan.clauses[want.clause]
        if own.before == ":" and len(own.items) <= 2:
            return True  # 视频：火车离站。旁白：…
        between = self._scan.clauses[only.clause : want.clause]
        return not any(clause.before in _SENTENCE_END for clause in between)

    def _stands_alone(self, want: Want, only: Want) -> bool:
        """ "the crest of a wave, video": a medium by itself says what the rest is to be."""
        clause, before = self._scan.clauses[want.clause], self._scan.clauses[only.clause]
        told = [item for item in clause.items if not _FIGURE.fullmatch(item.phrase)]
        bare = len(told) <= 2 and not clause.items[0].under("number")
        bare = bare and not only.heads
        return bare and not want.asked and len(before.items) > 2 and want.clause != only.clause

    def _goes_along(self, want: Want) -> bool:
        """背景音乐要轻快, "with calm music": music or a voice in a clause of its own, behind what
        is seen, whatever adjectives stand before it."""
        if want.medium not in _SOUNDING or not self._wants.keys() & _SEEN:
            return False
        clause = self._scan.clauses[want.clause]
        early = want.start - clause.start <= 5  # "with music"
        if early and Medium.VIDEO in self._wants:
            return True
        film = Medium.VIDEO in self._wants or self._is_entry(clause)
        return (film or self._accompanies(want)) and is_whole(clause, want)

    def _is_entry(self, clause: Clause) -> bool:
        """ "one picture of a bear, a lullaby, and …": short, and a further entry follows."""
        following = self._scan.clauses[clause.index + 1 : clause.index + 2]
        first = clause.items[0]
        return (
            len(clause.items) < _NAMED - 2
            and (bool(first.under("number")) or first.phrase in _OPENS)
            and clause.after == clause.before == ","
            and any(each.items[0].has("and") for each in following)
        ) or (
            clause.chinese
            and clause.before == ","
            and is_noun(clause.items[-1])
            and any(each.items[0].has("and", "seq") for each in following)
        )

    def _accompanies(self, want: Want) -> bool:
        """Led by "with", 配, 要有: it belongs to what is seen."""
        if want.medium not in _SOUNDING or not self._wants.keys() & _SEEN:
            return False
        items = self._scan.clauses[want.clause].items
        led = [item for item in items[:3] if item.start < want.start]
        return any(item.has("with", "and") or item.phrase in _HAVING for item in led)

    def _leads(self, want: Want) -> bool:
        """Among what is described, "with calm music" and 音乐要舒缓 are requests all the same."""
        clause = self._scan.clauses[want.clause]
        opens = want.start == clause.start and len(clause.items) > 1
        label = self._readings[-1].clause.items if clause.after == ":" and self._readings else ()
        opens = opens or "".join(item.phrase for item in label) in _SOUND_LABELS
        behind = next((item for item in clause.items if item.start >= want.end), None)
        quoted = want.medium is Medium.SPEECH and behind is not None and behind.has(QUOTE)
        spoken = want.end >= clause.end and _SPEAKER.search(self._scan.text, clause.end)
        told = opens or quoted or bool(spoken) or self._accompanies(want)
        told = told and is_whole(clause, want)
        return told and Medium.VIDEO in self._wants

    def result(self) -> MediaRequest:
        self._films()
        announced = from_speaker(self._scan)
        if announced and all(want.start >= announced[1] for want in self._wants.values()):
            self._wants = {Medium.SPEECH: announced[0]}  # "meditation voice, slow: Let it go."
            self._spoken_from = announced[1]
        wants = self._wants or alterations.altered(self._scan, self._readings, self._inputs)
        if not wants:
            wants, until = told_by_itself(self._scan, self._sound is not None)
            self._spoken_from = min(self._spoken_from, until)
        if self._inputs and wants and all(medium in _SOUNDING for medium in wants):
            last = self._scan.clauses[max(want.clause for want in wants.values())]
            if begins_step(last):  # 把照片变成动漫风，最后配乐
                wants = alterations.altered(self._scan, self._readings, self._inputs) | wants
        given = self._inputs > 0
        wants = with_companions(self._scan, wants, self._spoken_from, given=given)
        if self._several and len(wants) == 1:
            wants = alterations.further(self._readings, wants, self._inputs)
        guessed, implied = not wants, self._is_brief(wants)
        wants = wants or mentioned(self._scan, self._readings, self._spoken_from, self._sound)
        refused = {item.under("noun") for reading in self._readings for item in reading.refused}
        if len(wants) > 1:
            wants = {m: w for m, w in wants.items() if m.value not in refused or w.asked}
        wants = alterations.with_edit(self._scan, self._readings, wants, self._inputs)
        ordered = tuple(wants[medium] for medium in ORDER if medium in wants)
        if self._is_told_in_order(ordered):
            ordered = tuple(sorted(ordered, key=lambda want: want.start))
        return MediaRequest(
            ordered, tuple(self._readings), self._spoken_from, self._sound, guessed, implied
        )

    def _films(self) -> None:
        """ "cartoon: two penguins argue, 8 seconds": with a length it moves."""
        want = self._wants.get(Medium.IMAGE)
        if want is None or len(self._wants) > 1:
            return
        text = self._scan.text
        if text[want.start : want.end] in _EITHER and any(
            stands_alone(text, each.start, each.end) for each in lengths(text)
        ):
            self._wants = {Medium.VIDEO: replace(want, medium=Medium.VIDEO)}

    def _is_told_in_order(self, ordered: Sequence[Want]) -> bool:
        """ "start with a song; after that, its cover": the order is theirs, as far as nothing is
        made of what comes later."""
        told = sorted(ordered, key=lambda want: want.start)
        if len(told) < 2 or told[0].medium not in _SOUNDING:
            return False
        first, second = told[:2]
        text, start = self._scan.text, self._scan.clauses[first.clause].start
        opens, between = text[max(0, start - 8) : first.end], text[first.end : second.start]
        return _BEGINS.search(opens) is not None and _GOES_ON.search(between) is not None

    def _is_brief(self, wants: dict[Medium, Want]) -> bool:
        """A long description in which nobody asks for anything: a medium that it mentions in the
        middle may be what it describes."""
        if len(self._scan.tokens.words) < _BRIEF or self._inputs:
            return False
        last = len(self._scan.clauses) - 1
        told = (want for want in wants.values() if not want.extra)
        return not any(want.asked or want.works_on or want.clause in (0, last) for want in told)


def _tells_anew(clause: Clause, want: Want) -> bool:
    """另外拍个手系麻绳的视频 is not made of what the step before made."""
    told = [i for i in clause.items if not i.tags and i.end <= want.start and i.phrase.isalpha()]
    return clause.chinese and len(told) > _ANEW and clause.items[0].phrase in _APART


_BEGINS = re.compile(r"先|首先|第一步|\bfirst\b|\b(?:start|begin)(?:ing)? with\b")
_GOES_ON = re.compile(r"再|然后|接着|之后|\b(?:then|after that|afterwards|next|second)\b")
_ANEW = 3
_APART = frozenset({"另外", "此外", "还要", "以及", "外加", "还有", "另外再", "还需要"})
_SAME = frozenset({"that", "same", "the same", "this"})
_SPEAKER = re.compile(r"\b(?:saying|says|narrator|voice)\b|说|旁白|配音|念")
"""Behind "…, cafe music, " it tells that these are parts of the film, and not what is seen."""
_EITHER = frozenset({"cartoon", "cartoons", "visual", "visuals", "卡通"})
_SEEN = frozenset({Medium.IMAGE, Medium.VIDEO})
_SOUNDING = frozenset({Medium.MUSIC, Medium.SPEECH})
_OPENS = frozenset({"its", "the", "another", "matching", "some", "an", "a", "and"})
_COUNTED = frozenset("一两二三四五六七八九十")
_SOUND_LABELS = frozenset({"underneath", "underit", "behindit", "backing", "background", "music",
                           "backgroundmusic", "soundtrack", "audio", "sound", "score", "底下",
                           "背景", "音乐", "配乐", "背景音乐", "声音"})  # fmt: skip
_HAVING = frozenset({"要有", "有", "带", "加", "再加", "plus"})
_ALIVE = frozenset({"让", "使", "animated",
                    "come alive", "comes alive", "come to life", "comes to life", "in motion",
                    "start moving", "动起来", "活起来", "活过来"})  # fmt: skip
_PARTS, _NAMED = 5, 7
"""Entries of a list that are looked at, and the words of the longest."""
_NEAR_HEAD = 24
"""Characters in which the thing wanted stands after a semicolon."""


_FIGURE = re.compile(r"[\d.:]+|s|sec(?:ond)?s?|秒|p|k")


def replace_content(reading: ClauseReading) -> ClauseReading:
    """The clause as a description: what it mentions is not wanted, nor altered."""
    return ClauseReading(reading.clause, existing=reading.existing, content=True)
