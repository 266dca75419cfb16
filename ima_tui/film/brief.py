"""Reads a brief of one line to a page: shots, lengths, subject, music, voice-over, title.

Lyrics, title and voice-over are taken out whole first, because their words are no shots. Then what
holds for the whole film is read, then the shots, in the first form that gives at least two: labels,
numbers, a list behind a count, a sequence; else only their count is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from ima_tui.film import brief_kind, brief_text
from ima_tui.film import brief_words as words
from ima_tui.film.brief_facts import LONGEST_SHOT, Brief, ShotBrief

NamesModel = Callable[[str], bool]
"""Tells whether a clause only names a model."""
MOST_TEXT = 20_000
MOST_LISTED = 30
MOST_SENTENCE = 60
"""Characters of a sentence that is a shot though nothing but a full stop says so."""
MOST_LONG = 600.0
"""Seconds of a film whose parts are looked for; "a 1970s movie" is no length."""
MOST_HEAD = 120
"""Characters before the first shot of a sequence."""


def read(
    text: str, is_model: NamesModel = lambda clause: False, *, wanted: bool = False
) -> Brief | None:
    """Return the brief, or None where the text asks for no film of several shots or sounds.

    `wanted`: a workflow is asked for, and the text is not about other things beside a video.
    """
    if len(text) > MOST_TEXT:
        return None
    reader = _Reader(text.strip(), is_model)
    brief = reader.brief()
    film = brief_kind.is_film(brief, reader.whole, reader.form, reader.opened, wanted)
    return brief if film else None


class _Reader:
    """Reads one text; what it has understood is taken out of `rest`."""

    def __init__(self, text: str, is_model: NamesModel) -> None:
        self.whole = text
        self.rest = text
        self.form = ""
        self._music_file = ""
        self.opened = False
        """Whether a sequence begins with "first"."""
        self._is_model = is_model
        self._chinese = len(re.findall(r"[\u4e00-\u9fff]", text)) * 3 > len(text)

    def brief(self) -> Brief:
        found = self._taken_out()
        found = self._film_wide(found)
        shots, head, tail = self._shots()
        found = self._clauses(found, head, tail)
        if self._music_file and not found.lyrics:
            found = replace(found, music="", music_file=self._music_file)
        shots = tuple(shot for shot in (self._own_length(each) for each in shots) if shot.text)
        told = brief_text.most_counted(self.rest)
        count = len(shots) if len(shots) > 1 else told
        subject = self._subject(head, shots, found)
        whole = words.WHOLE_FILM.search(self.whole) is not None
        shown = shots[:MOST_LISTED]
        found = replace(found, shots=shown, count=count, told=told)
        clip = words.MUSIC_VIDEO.search(self.whole) and not words.A_SONG.search(self.whole)
        return replace(found, subject=subject, whole=whole, music_video=bool(clip))

    # ------------------------------------------------------------------- what is taken out whole

    def _taken_out(self) -> Brief:
        heard = words.SOUND_NAME.search(self.rest)
        if heard is not None:
            self._music_file = heard["name"]
            self._remove(heard)
        lyrics = self._take(words.LYRICS)
        title = self._take(words.TITLE)
        music = self._take(words.MUSIC_LINE) or self._take(words.MUSIC_TAIL)
        voice_match = words.VOICE.search(self.rest) or words.VOICE_PLAIN.search(self.rest)
        said = voice_match[0] if voice_match else ""
        voice = self._cut(voice_match)
        alone = words.VOICE_ALONE.search(self.rest)
        if alone and not voice:
            self.rest = self.rest[: alone.start()] + self.rest[alone.end() :]
        gender = brief_text.gender(said) or (brief_text.gender(self.rest) if lyrics else "")
        self.rest = words.SINGER.sub("", self.rest)
        subtitles = words.SUBTITLES.search(self.rest)
        off = words.NO_SUBTITLES.search(self.rest)
        for found in (off, words.SUBTITLES.search(self.rest)):
            self._remove(found)
        return Brief(
            lyrics=lyrics,
            title=title,
            music=words.NO_VOCALS.sub("", music).strip(" ,，"),
            voice=voice,
            wants_voice=bool(voice or alone),
            gender=gender,
            subtitles=bool(subtitles) and off is None,
            burned=subtitles is not None and any(subtitles.groupdict().values()),
            chinese=self._chinese,
        )

    def _take(self, pattern: re.Pattern[str]) -> str:
        return self._cut(pattern.search(self.rest))

    def _cut(self, found: re.Match[str] | None) -> str:
        """Take a match out; returns what its quotes hold."""
        if found is None:
            return ""
        groups = found.groupdict()
        held = next((groups[f"q{n}"] for n in range(1, 8) if groups.get(f"q{n}")), "")
        held = held or groups.get("plain") or groups.get("zh") or ""
        self._remove(found)
        return held.strip()

    def _remove(self, found: re.Match[str] | None) -> None:
        if found is not None and found[0] in self.rest:
            self.rest = self.rest.replace(found[0], " ", 1).strip()

    # ---------------------------------------------------------------------------- film-wide

    def _film_wide(self, found: Brief) -> Brief:
        each = words.EACH.search(self.rest)
        seconds = 0.0
        if each is not None:
            seconds = brief_text.number(each["zh"] or each["en"] or each["of"])
            self._remove(each)
        ratio, said = brief_text.ratio(self.rest)
        self.rest = self.rest.replace(said, " ", 1) if said else self.rest
        shape = words.SHAPE.search(self.rest)
        self._remove(shape)
        fade = words.FADE.search(self.rest)
        self._remove(fade)
        self._remove(words.CUT.search(self.rest))
        no_music = words.NO_MUSIC.search(self.rest)
        self._remove(no_music)
        one_take, reference = words.ONE_TAKE.search(self.rest), words.REFERENCE.search(self.rest)
        for each_word in (one_take, reference):
            self._remove(each_word)
        between = words.FROM_TO.search(self.rest)
        images = tuple(dict.fromkeys(words.IMAGE_NAME.findall(self.rest)))
        if between is not None:
            images = tuple(name for name in between.groups() if name)
        return replace(
            found,
            each=seconds,
            shape=ratio or brief_text.shape(shape),
            fade=fade is not None,
            no_music=no_music is not None,
            one_take=one_take is not None,
            reference=reference is not None,
            images=images,
        )

    # -------------------------------------------------------------------------------- shots

    def _shots(self) -> tuple[tuple[ShotBrief, ...], str, str]:
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

    def _labelled(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        return self._divided(list(words.LABEL.finditer(self.rest)))

    def _numbered(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        found: list[re.Match[str]] = []
        for match in words.NUMBER.finditer(self.rest):
            if int(match["n"]) == len(found) + 1:
                found.append(match)
        return self._divided(found)

    def _divided(
        self, marks: Sequence[re.Match[str]]
    ) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        """Cut at the marks; the last piece ends where something else than a shot begins."""
        if len(marks) < 2:
            return None
        ends = [*(mark.start() for mark in marks[1:]), len(self.rest)]
        pieces = [self.rest[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
        last, tail = self._first_sentence(pieces[-1])
        shots = tuple(ShotBrief(brief_text.tidy(piece)) for piece in (*pieces[:-1], last))
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
            if place and self._is_wide(clause) and not own:
                tail = ", ".join([*clauses[place:], tail])
                break
            kept.append(clause)
        return (", " if not self._chinese else "，").join(kept), tail

    def _list(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        """三个镜头：…；…, `three shots: a; b; c`, `four shots of the bag on a beach, in a cafe`."""
        found = words.LISTED.search(self.rest)
        if found is not None and (not found["n"] or brief_text.count(found) > 1):
            body, head = self.rest[found.end() :], self.rest[: found.start()]
            head = f"{head} {found['between']}"
        else:
            found = words.OF.search(self.rest)
            if found is None:
                return None
            body, head = self.rest[found.end() :], self.rest[: found.start()]
        pieces, tail = self._listed(body)
        return tuple(ShotBrief(piece) for piece in pieces), head, tail

    def _listed(self, body: str) -> tuple[list[str], str]:
        """Return the items of a list and what follows it, by the first separator that divides."""
        sentence, rest = brief_text.until_sentence(body)
        items = [each for each in re.split(r"[;；]", sentence) if each.strip()]
        shots = [each for each in items if brief_text.has_parts(each) or not self._is_wide(each)]
        wide = [each for each in items if each not in shots]
        if len(shots) < 2:
            clauses = [
                each for each in words.COMMA.split(shots[0] if shots else "") if each.strip()
            ]
            shots = [each for each in clauses if not self._is_wide(each)]
            wide = [*(each for each in clauses if self._is_wide(each)), *wide]
        if len(shots) < 2 and shots:
            shots = [each for each in words.DUN.split(shots[0]) if each.strip()]
        tidy = [brief_text.tidy(words.LEADING_AND.sub("", each.strip())) for each in shots]
        return brief_text.distributed([each for each in tidy if each]), "; ".join([*wide, rest])

    def _between(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        """From one picture to another, and what follows."""
        found = words.FROM_TO.search(self.rest)
        if found is None:
            return None
        first, last = found["a"] or found["c"], found["b"] or found["d"]
        behind = self.rest[found.end() :]
        length = words.LENGTH.match(behind.strip())
        seconds = brief_text.seconds(length) if length else 0.0
        behind = behind.strip()[length.end() :] if length else behind
        text = words.TRANSITION_ZH if self._chinese else words.TRANSITION_EN
        shots = [ShotBrief(text, seconds, first, last)]
        tail: list[str] = []
        for clause in words.COMMA.split(behind):
            clause = clause.strip(" ,，.。;；")
            step = words.SEQUENCE.match(clause)
            if step is not None or clause.startswith("拍"):
                clause = clause[step.end() :] if step else clause
                shots.append(ShotBrief(brief_text.tidy(re.sub(r"^拍", "", clause))))
            elif clause:
                tail.append(clause)
        return tuple(shots), self.rest[: found.start()], "; ".join(tail)

    def _sequence(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        marks = list(words.SEQUENCE.finditer(self.rest))
        if not marks:
            return None
        begins = marks[0]
        if begins.start() > MOST_HEAD:
            return None  # a word in passing
        if brief_text.is_first(begins["word"]):
            self.opened = True
            head = self.rest[: begins.start()]
            first: list[str] = []
        else:
            start = brief_text.clause_start(self.rest, begins.start())
            head, first = self.rest[:start], [self.rest[start : begins.start()]]
        ends = [*(mark.start() for mark in marks[1:]), len(self.rest)]
        pieces = first + [self.rest[m.end() : end] for m, end in zip(marks, ends, strict=True)]
        last, tail = self._first_sentence(pieces[-1], own_length=False)
        pieces = [*pieces[:-1], last]
        if any(words.OTHER_MEDIA.search(piece) for piece in pieces):
            return None  # "poster, then three clips": steps, not shots
        return (
            tuple(ShotBrief(brief_text.tidy(piece)) for piece in pieces if brief_text.tidy(piece)),
            head,
            tail,
        )

    def _typed(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        """Read "wide shot of a desert, close-up of a scorpion, drone shot of dunes"."""
        marks = list(words.TYPED.finditer(self.rest))
        if len(marks) < 2:
            return None
        ends = [*(mark.start() for mark in marks[1:]), len(self.rest)]
        pieces = [
            self.rest[mark.start("kind") : end] for mark, end in zip(marks, ends, strict=True)
        ]
        last, tail = self._first_sentence(pieces[-1], own_length=False)
        shots = tuple(ShotBrief(brief_text.tidy(piece)) for piece in (*pieces[:-1], last))
        return shots, self.rest[: marks[0].start()], tail

    def _parts_of_a_whole(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
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

    def _screenplay(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        """Read "INT. KITCHEN - DAY. Anna pours coffee. EXT. STREET - NIGHT. Anna runs."."""
        marks = list(words.SLUG.finditer(self.rest))
        if len(marks) < 2:
            return None
        ends = [*(mark.start() for mark in marks[1:]), len(self.rest)]
        shots: list[ShotBrief] = []
        for mark, end in zip(marks, ends, strict=True):
            told = brief_text.tidy(self.rest[mark.end() : end])
            where = (mark["place"], mark["time"] or "")
            shots.append(ShotBrief(", ".join(filter(None, (told, *map(str.lower, where))))))
        return tuple(shots), self.rest[: marks[0].start()], ""

    def _enumerated(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        """Read 30秒的房产视频，客厅、厨房、卧室: a list without a colon, in a film that is long."""
        if not self._is_long(self.rest) or not words.FILM.search(self.rest):
            return None
        for clause in re.split(r"[，,。；;\n]", self.rest):
            pieces = [brief_text.tidy(each) for each in re.split("[、]|和", clause)]
            if len(pieces) > 2 and all(pieces) and not words.FILM.search(clause):
                head, _, tail = self.rest.partition(clause)
                return tuple(ShotBrief(each) for each in pieces), head, tail
        return None

    def _is_long(self, head: str) -> bool:
        """Tell whether a film is longer than one video, or each of its shots has a length."""
        length = words.LENGTH.search(head)
        seconds = brief_text.seconds(length) if length is not None else 0.0
        return LONGEST_SHOT < seconds < MOST_LONG or words.EACH.search(self.whole) is not None

    def _sentences(self, body: str) -> tuple[list[str], str]:
        """Return short sentences as shots: "a 20s film: sunrise. coffee. bike ride"."""
        found = [each.strip() for each in words.BREAK.split(body) if each.strip()]
        shots = [each for each in found if not self._is_wide(each)]
        if any(len(each) > MOST_SENTENCE for each in shots):
            return [], body
        return shots, "; ".join(each for each in found if each not in shots)

    def _places(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
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
        return tuple(ShotBrief(brief_text.tidy(shot)) for shot in shots), *rest

    def _given(self) -> tuple[tuple[ShotBrief, ...], str, str] | None:
        """Read "a film from a.png, b.png and c.png": each picture begins a shot."""
        names = list(dict.fromkeys(words.IMAGE_NAME.findall(self.rest)))
        between = words.FROM_TO.search(self.rest) or words.FRAMES.search(self.rest)
        if len(names) < 2 or between or not words.FILM.search(self.rest):
            return None
        text = words.MOVING_ZH if self._chinese else words.MOVING_EN
        head = re.sub(words.IMAGE_NAME, " ", self.rest)
        return tuple(ShotBrief(text, first=name) for name in names), head, ""

    def _own_length(self, shot: ShotBrief) -> ShotBrief:
        """Take the length out of a shot's text."""
        bracket = re.search(r"[(（]\s*" + words.LENGTH.pattern + r"\s*[)）]", shot.text, re.I)
        found = bracket or brief_text.length_at_an_end(shot.text)
        if found is None:
            return replace(shot, text=words.LEADING_SHOOT.sub("", brief_text.tidy(shot.text)))
        text = brief_text.tidy(shot.text[: found.start()] + " " + shot.text[found.end() :])
        text = words.LEADING_SHOOT.sub("", text)
        return replace(shot, text=text, seconds=shot.seconds or brief_text.seconds(found))

    # ------------------------------------------------------------------ what is left: clauses

    def _is_wide(self, clause: str) -> bool:
        """Tell whether a clause is about the whole film, not a shot."""
        bare = clause.strip(" ,，.。;；:：、")
        if not bare:
            return True
        length = words.LENGTH.search(bare)
        if length is not None and len(bare) - len(length[0]) < 6:
            return True
        return bool(
            brief_text.is_music(bare)
            or words.STYLE.match(bare)
            or words.STYLE_LABEL.match(bare)
            or words.SAME.search(bare)
            or words.NO_VOCALS.fullmatch(bare)
            or self._is_model(bare)
        )

    def _clauses(self, found: Brief, head: str, tail: str) -> Brief:
        for clause in brief_text.split(f"{head}; {tail}"):
            if self._is_model(clause):
                found = replace(found, model=clause)
            elif brief_text.is_music(clause):
                music = brief_text.music(clause)
                found = replace(found, music=found.music or music)
            elif style := words.STYLE_LABEL.match(clause) or words.STYLE.match(clause):
                told = next(value for value in style.groupdict().values() if value)
                found = replace(found, style=told.strip())
        if not found.style and words.TIME_LAPSE.search(self.whole):
            found = replace(found, style="延时摄影" if self._chinese else "time-lapse")
        song = bool(found.lyrics) or bool(words.SONG.search(self.whole) and found.lyrics)
        if found.no_music and not song:
            found = replace(found, music="")
        length = words.LENGTH.search(f"{head}; {tail}")
        return replace(found, seconds=brief_text.seconds(length) if length else 0.0)

    def _subject(self, head: str, shots: Sequence[ShotBrief], found: Brief) -> str:
        plain = words.IN_A_PICTURE.sub("", re.sub(words.LENGTH, " ", head))
        every = list(words.SUBJECT.finditer(plain))
        about = (each for each in every if not each[0].lower().startswith("for "))
        told = next(about, every[0] if every else None)  # "a film for kids about a fox"
        if told is not None:
            name = next(value for value in told.groupdict().values() if value)
            name = re.sub(words.IMAGE_NAME, "", name).strip(" ()（）")
            name = self._with_occasion(name)
            usual = name.casefold() in words.NO_SUBJECT
            if (
                name
                and not usual
                and not words.COUNT.fullmatch(name)
                and not words.SONG.search(name)
            ):
                return name.lstrip("@")
        called = re.search(r"@([^\s,，。;；:：@]{1,40}?)(?=\s|[,，。;；:：]|在|$)", self.whole)
        if called is not None:
            return called[1]
        placed = self._placed(shots)
        if placed:
            return placed
        later = any(words.ANY_PRONOUN.search(shot.text) for shot in shots[1:])
        goes_on = any(words.GOES_ON.match(shot.text) for shot in shots[1:])
        if later or (self.form == "sequence" and goes_on):
            return brief_text.leading_noun([shot.text for shot in shots if not shot.last])
        seen = words.SHOWN_ZH.match(shots[0].text) if self.form == "parts_of_a_whole" else None
        if seen is not None:
            return seen["who"]
        if found.images and not any(shot.first for shot in shots):
            return brief_text.beside_picture(self.whole, found.images[0])
        if shots:
            return ""
        return self._before_the_film() or self._first_telling()

    def _with_occasion(self, name: str) -> str:
        """Return "Lily's birthday" for "a birthday video for Lily"."""
        found = words.OCCASION.search(self.rest)
        occasion = (found["zh"] or found["en"]) if found is not None else ""
        if not occasion or occasion.lower() in name.lower():
            return name
        return f"{name}的{occasion}" if self._chinese else f"{name}'s {occasion}"

    def _before_the_film(self) -> str:
        """跑鞋宣传片, "a coffee ad": what stands right before the word for the film."""
        rest = re.sub(words.COUNT, " ", re.sub(words.LENGTH, " ", self.rest))
        for before in words.SUBJECT_BEFORE.finditer(rest):
            told = (before["zh"] or before["en"]).split()
            kept = [word for word in told if word.casefold() not in words.NO_SUBJECT]
            if kept:
                return " ".join(kept)
        return ""

    def _first_telling(self) -> str:
        """Return the first clause that is neither a request nor about the whole film."""
        for clause in brief_text.split(re.sub(r"[:：]", ";", self.rest)):
            about = self._is_wide(clause) or words.FILM.search(clause)
            if words.COUNT.search(clause):  # 三个镜头的猫
                clause = words.COUNT.sub("", clause).strip()
                about = about or not clause.startswith("的")
                clause = clause.removeprefix("的")
            named = words.IMAGE_NAME.search(clause) or words.PRONOUN.match(clause)
            if not about and not named:
                return words.LEADING_SHOOT.sub("", clause)
        return ""

    def _placed(self, shots: Sequence[ShotBrief]) -> str:
        """小机器人在厨房、花园: the same one in several places; or "the same character" is said."""
        if len(shots) < 2:
            return ""
        heads = []
        for shot in shots:
            match = words.PLACE_ZH.match(shot.text) or words.PLACE_EN.match(shot.text)
            heads.append(match["who"].strip() if match else "")
        return heads[0] if heads[0] and len(set(heads)) == 1 else ""
