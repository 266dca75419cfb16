"""Finds the shots that a brief tells one by one, in the first form that gives at least two."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from ima_tui.film import brief_facts
from ima_tui.film import brief_words as words
from ima_tui.film.brief_facts import LONGEST_SHOT, ShotBrief

NamesModel = Callable[[str], bool]
"""Tells whether a clause only names a model."""
Told = tuple[tuple[ShotBrief, ...], str, str]
"""Shots, what stands before them, and what behind."""
MOST_SENTENCE = 60
"""Characters of a sentence that is a shot though nothing but a full stop says so."""
MOST_LONG = 600.0
"""Seconds of a film whose parts are looked for; "a 1970s movie" is no length."""
MOST_HEAD = 120
"""Characters before the first shot of a sequence."""


class ShotReader:
    """Reads the shots of one text; `rest` is what of it was not understood yet."""

    def __init__(self, text: str, is_model: NamesModel) -> None:
        self.whole = text
        self.rest = text
        self.form = ""
        self.opened = False
        """Whether a sequence begins with "first"."""
        self.is_model = is_model
        self.chinese = len(re.findall(r"[\u4e00-\u9fff]", text)) * 3 > len(text)

    # -------------------------------------------------------------------------------- shots

    def shots(self) -> Told:
        """Return the shots, what stands before them and what behind."""
        forms = (
            *(self._labelled, self._numbered, self._list, self._between, self._sequence),
            *(self._typed, self._screenplay, self._parts_of_a_whole, self._given, self._places),
            self._enumerated,
        )
        for form in forms:
            found = form()
            if found is not None and len(found[0]) > 1:
                self.form = form.__name__.strip("_").replace("labelled", "labels")
                self.form = self.form.replace("numbered", "numbers")
                return found
        return (), self.rest, ""

    def _labelled(self) -> Told | None:
        return self._divided(list(words.LABEL.finditer(self.rest)))

    def _numbered(self) -> Told | None:
        found: list[re.Match[str]] = []
        for match in words.NUMBER.finditer(self.rest):
            if int(match["n"]) == len(found) + 1:
                found.append(match)
        return self._divided(found)

    def _divided(
        self,
        marks: Sequence[re.Match[str]],
        begins: Callable[[re.Match[str]], int] = re.Match.end,
        *,
        own_length: bool = True,
    ) -> Told | None:
        """Cut at the marks; the last piece ends where something else than a shot begins."""
        if len(marks) < 2:
            return None
        ends = [*(mark.start() for mark in marks[1:]), len(self.rest)]
        pieces = [self.rest[begins(mark) : end] for mark, end in zip(marks, ends, strict=True)]
        last, tail = self._first_sentence(pieces[-1], own_length=own_length)
        shots = tuple(ShotBrief(brief_facts.tidy(piece)) for piece in (*pieces[:-1], last))
        return shots, self.rest[: marks[0].start()], tail

    def _first_sentence(self, piece: str, *, own_length: bool = True) -> tuple[str, str]:
        """Cut a piece at its end: a sentence's, or a clause about the whole film.

        `own_length`: a length behind it is the piece's own.
        """
        end = words.BREAK.search(piece.strip())
        body = piece.strip()
        tail = ""
        if end is not None:
            body, tail = body[: end.start()], body[end.end() :]
        kept: list[str] = []
        clauses = words.COMMA.split(body)
        for place, clause in enumerate(clauses):
            own = own_length and words.LENGTH.fullmatch(clause.strip())
            if place and self.is_wide(clause) and not own:
                tail = ", ".join([*clauses[place:], tail])
                break
            kept.append(clause)
        return (", " if not self.chinese else "，").join(kept), tail

    def _list(self) -> Told | None:
        """三个镜头：…；…, `three shots: a; b; c`, `four shots of the bag on a beach, in a cafe`."""
        found = words.LISTED.search(self.rest)
        if found is not None and (not found["n"] or brief_facts.count(found) > 1):
            between = found["between"]
        else:
            found, between = words.OF.search(self.rest), ""
        if found is None:
            return None
        pieces, tail = self._listed(self.rest[found.end() :])
        return tuple(map(ShotBrief, pieces)), f"{self.rest[: found.start()]} {between}", tail

    def _listed(self, body: str) -> tuple[list[str], str]:
        """Return the items of a list and what follows it, by the first separator that divides."""
        sentence, rest = brief_facts.until_sentence(body)
        items = [each for each in re.split(r"[;；]", sentence) if each.strip()]
        shots = [each for each in items if brief_facts.has_parts(each) or not self.is_wide(each)]
        wide = [each for each in items if each not in shots]
        if len(shots) < 2:
            clauses = list(filter(str.strip, words.COMMA.split(shots[0] if shots else "")))
            shots = [each for each in clauses if not self.is_wide(each)]
            wide = [*(each for each in clauses if self.is_wide(each)), *wide]
        if len(shots) < 2 and shots:
            shots = [each for each in words.DUN.split(shots[0]) if each.strip()]
        tidy = [brief_facts.tidy(words.LEADING_AND.sub("", each.strip())) for each in shots]
        return brief_facts.distributed([each for each in tidy if each]), "; ".join([*wide, rest])

    def _between(self) -> Told | None:
        """From one picture to another, and what follows."""
        found = words.FROM_TO.search(self.rest)
        if found is None:
            return None
        first, last = found["a"] or found["c"], found["b"] or found["d"]
        behind = self.rest[found.end() :]
        length = words.LENGTH.match(behind.strip())
        seconds = brief_facts.seconds(length) if length else 0.0
        behind = behind.strip()[length.end() :] if length else behind
        text = words.TRANSITION_ZH if self.chinese else words.TRANSITION_EN
        shots = [ShotBrief(text, seconds, first, last)]
        tail: list[str] = []
        for clause in words.COMMA.split(behind):
            clause = clause.strip(" ,，.。;；")
            step = words.SEQUENCE.match(clause)
            if step is not None or clause.startswith("拍"):
                clause = clause[step.end() :] if step else clause
                shots.append(ShotBrief(brief_facts.tidy(re.sub(r"^拍", "", clause))))
            elif clause:
                tail.append(clause)
        return tuple(shots), self.rest[: found.start()], "; ".join(tail)

    def _sequence(self) -> Told | None:
        marks = list(words.SEQUENCE.finditer(self.rest))
        if not marks:
            return None
        begins = marks[0]
        if begins.start() > MOST_HEAD:
            return None  # a word in passing
        if brief_facts.is_first(begins["word"]):
            self.opened = True
            head = self.rest[: begins.start()]
            first: list[str] = []
        else:
            start = brief_facts.clause_start(self.rest, begins.start())
            head, first = self.rest[:start], [self.rest[start : begins.start()]]
        ends = [*(mark.start() for mark in marks[1:]), len(self.rest)]
        pieces = first + [self.rest[m.end() : end] for m, end in zip(marks, ends, strict=True)]
        last, tail = self._first_sentence(pieces[-1], own_length=False)
        pieces = [*pieces[:-1], last]
        if any(words.OTHER_MEDIA.search(piece) for piece in pieces):
            return None  # "poster, then three clips": steps, not shots
        tidied = filter(None, map(brief_facts.tidy, pieces))
        return tuple(map(ShotBrief, tidied)), head, tail

    def _typed(self) -> Told | None:
        """Read "wide shot of a desert, close-up of a scorpion, drone shot of dunes"."""
        marks = list(words.TYPED.finditer(self.rest))
        return self._divided(marks, lambda mark: mark.start("kind"), own_length=False)

    def _parts_of_a_whole(self) -> Told | None:
        """Read "promo of our bakery: dough, oven, fresh bread": such works have several shots."""
        head, colon, body = re.sub("：", ":", self.rest).partition(":")
        told = words.WHOLE_FILM if not self._is_long(head) else words.FILM
        script = words.SCRIPT.search(head) is not None
        named = (script or told.search(head)) and not words.BREAK.search(head.strip())
        if not colon or not named or len(head) > MOST_HEAD:
            return None
        pieces, tail = self._listed(body)
        if script or len(pieces) < 2:
            pieces, tail = self._sentences(body)
        if len(pieces) < (2 if script else 3) or any(
            words.OTHER_MEDIA.search(piece) for piece in pieces
        ):
            return None
        return tuple(ShotBrief(piece) for piece in pieces), head, tail

    def _screenplay(self) -> Told | None:
        """Read "INT. KITCHEN - DAY. Anna pours coffee. EXT. STREET - NIGHT. Anna runs."."""
        marks = list(words.SLUG.finditer(self.rest))
        if len(marks) < 2:
            return None
        ends = [*(mark.start() for mark in marks[1:]), len(self.rest)]
        shots: list[ShotBrief] = []
        for mark, end in zip(marks, ends, strict=True):
            told = brief_facts.tidy(self.rest[mark.end() : end])
            where = (mark["place"], mark["time"] or "")
            shots.append(ShotBrief(", ".join(filter(None, (told, *map(str.lower, where))))))
        return tuple(shots), self.rest[: marks[0].start()], ""

    def _enumerated(self) -> Told | None:
        """Read 30秒的房产视频，客厅、厨房、卧室: a list without a colon, in a film that is long."""
        if not self._is_long(self.rest) or not words.FILM.search(self.rest):
            return None
        for clause in re.split(r"[，,。；;\n]", self.rest):
            pieces = [brief_facts.tidy(each) for each in re.split("[、]|和", clause)]
            if len(pieces) > 2 and all(pieces) and not words.FILM.search(clause):
                head, _, tail = self.rest.partition(clause)
                return tuple(ShotBrief(each) for each in pieces), head, tail
        return None

    def _is_long(self, head: str) -> bool:
        """Tell whether a film is longer than one video, or each of its shots has a length."""
        length = words.LENGTH.search(head)
        seconds = brief_facts.seconds(length) if length is not None else 0.0
        return LONGEST_SHOT < seconds < MOST_LONG or words.EACH.search(self.whole) is not None

    def _sentences(self, body: str) -> tuple[list[str], str]:
        """Return short sentences as shots: "a 20s film: sunrise. coffee. bike ride"."""
        found = [each.strip() for each in words.BREAK.split(body) if each.strip()]
        shots = [each for each in found if not self.is_wide(each)]
        if any(len(each) > MOST_SENTENCE for each in shots):
            return [], body
        return shots, "; ".join(each for each in found if each not in shots)

    def _places(self) -> Told | None:
        """Read "my cat in the kitchen and on the roof, 5 seconds each"."""
        found = words.PLACES.search(self.rest) if words.EACH.search(self.whole) else None
        if found is None:
            return None
        if found["who"]:
            split = re.split(r",\s*(?:and\s+)?|\s+and\s+", found["where"])
            shots = [f"{found['who']} {place}" for place in split if words.AT_A_PLACE.match(place)]
        else:
            shots = [f"{found['wer']}在{place}" for place in re.split("[、和]", found["wo"])]
        rest = self.rest[: found.start()], self.rest[found.end() :]
        return tuple(ShotBrief(brief_facts.tidy(shot)) for shot in shots), *rest

    def _given(self) -> Told | None:
        """Read "a film from a.png, b.png and c.png": each picture begins a shot."""
        names = list(dict.fromkeys(words.IMAGE_NAME.findall(self.rest)))
        between = words.FROM_TO.search(self.rest) or words.FRAMES.search(self.rest)
        if len(names) < 2 or between or not words.FILM.search(self.rest):
            return None
        text = words.MOVING_ZH if self.chinese else words.MOVING_EN
        head = re.sub(words.IMAGE_NAME, " ", self.rest)
        return tuple(ShotBrief(text, first=name) for name in names), head, ""

    def own_length(self, shot: ShotBrief) -> ShotBrief:
        """Take the length out of a shot's text."""
        bracket = re.search(r"[(（]\s*" + words.LENGTH.pattern + r"\s*[)）]", shot.text, re.I)
        found = bracket or brief_facts.length_at_an_end(shot.text)
        if found is None:
            return replace(shot, text=words.LEADING_SHOOT.sub("", brief_facts.tidy(shot.text)))
        text = brief_facts.tidy(shot.text[: found.start()] + " " + shot.text[found.end() :])
        text = words.LEADING_SHOOT.sub("", text)
        return replace(shot, text=text, seconds=shot.seconds or brief_facts.seconds(found))

    def is_wide(self, clause: str) -> bool:
        """Tell whether a clause is about the whole film, not a shot."""
        bare = clause.strip(" ,，.。;；:：、")
        if not bare:
            return True
        length = words.LENGTH.search(bare)
        if length is not None and len(bare) - len(length[0]) < 6:
            return True
        return bool(
            brief_facts.is_music(bare)
            or words.STYLE.match(bare)
            or words.STYLE_LABEL.match(bare)
            or words.SAME.search(bare)
            or words.NO_VOCALS.fullmatch(bare)
            or self.is_model(bare)
        )
