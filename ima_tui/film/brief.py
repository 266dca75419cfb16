"""Reads a brief of one line to a page: shots, lengths, subject, music, voice-over, title.

Lyrics, title and voice-over are taken out whole first, because their words are no shots. Then what
holds for the whole film is read, then the shots, in the first form that gives at least two: labels,
numbers, a list behind a count, a sequence; else only their count is known.

`brief_of` takes a prompt with its files; None where it asks for something else than a film.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.film import brief_facts, brief_words
from ima_tui.film import brief_words as words
from ima_tui.film.brief_facts import LONGEST_SHOT, Brief, ShotBrief
from ima_tui.film.brief_shots import NamesModel, ShotReader
from ima_tui.intent.content import ContentKind
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import by_rules
from ima_tui.intent.scan import scan
from ima_tui.intent.sharing import Shared

MOST_TEXT = 20_000
MOST_LISTED = 30


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
    film = is_film(brief, reader.whole, reader.form, reader.opened, wanted)
    return brief if film else None


class _Reader(ShotReader):
    """Reads one text; what it has understood is taken out of `rest`."""

    music_file = ""

    def brief(self) -> Brief:
        """Return what the text asks for."""
        found = self._taken_out()
        found = self._film_wide(found)
        shots, head, tail = self.shots()
        found = self._clauses(found, head, tail)
        if self.music_file and not found.lyrics:
            found = replace(found, music="", music_file=self.music_file)
        shots = tuple(shot for shot in (self.own_length(each) for each in shots) if shot.text)
        told = brief_facts.most_counted(self.rest)
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
            self.music_file = heard["name"]
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
        gender = brief_facts.gender(said) or (brief_facts.gender(self.rest) if lyrics else "")
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
            chinese=self.chinese,
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
            seconds = brief_facts.number(each["zh"] or each["en"] or each["of"])
            self._remove(each)
        ratio, said = brief_facts.ratio(self.rest)
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
            shape=ratio or brief_facts.shape(shape),
            fade=fade is not None,
            no_music=no_music is not None,
            one_take=one_take is not None,
            reference=reference is not None,
            images=images,
        )

    # ------------------------------------------------------------------ what is left: clauses

    def _clauses(self, found: Brief, head: str, tail: str) -> Brief:
        for clause in brief_facts.split(f"{head}; {tail}"):
            if self.is_model(clause):
                found = replace(found, model=clause)
            elif brief_facts.is_music(clause):
                music = brief_facts.music(clause)
                found = replace(found, music=found.music or music)
            elif style := words.STYLE_LABEL.match(clause) or words.STYLE.match(clause):
                told = next(value for value in style.groupdict().values() if value)
                found = replace(found, style=told.strip())
        if not found.style and words.TIME_LAPSE.search(self.whole):
            found = replace(found, style="延时摄影" if self.chinese else "time-lapse")
        song = bool(found.lyrics) or bool(words.SONG.search(self.whole) and found.lyrics)
        if found.no_music and not song:
            found = replace(found, music="")
        length = words.LENGTH.search(f"{head}; {tail}")
        return replace(found, seconds=brief_facts.seconds(length) if length else 0.0)

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
            return brief_facts.leading_noun([shot.text for shot in shots if not shot.last])
        seen = words.SHOWN_ZH.match(shots[0].text) if self.form == "parts_of_a_whole" else None
        if seen is not None:
            return seen["who"]
        if found.images and not any(shot.first for shot in shots):
            return brief_facts.beside_picture(self.whole, found.images[0])
        if shots:
            return ""
        return self._before_the_film() or self._first_telling()

    def _with_occasion(self, name: str) -> str:
        """Return "Lily's birthday" for "a birthday video for Lily"."""
        found = words.OCCASION.search(self.rest)
        occasion = (found["zh"] or found["en"]) if found is not None else ""
        if not occasion or occasion.lower() in name.lower():
            return name
        return f"{name}的{occasion}" if self.chinese else f"{name}'s {occasion}"

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
        for clause in brief_facts.split(re.sub(r"[:：]", ";", self.rest)):
            about = self.is_wide(clause) or words.FILM.search(clause) is not None
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
        found = [words.PLACE_ZH.match(s.text) or words.PLACE_EN.match(s.text) for s in shots]
        heads = {match["who"].strip() if match else "" for match in found}
        return heads.pop() if len(heads) == 1 else ""


def is_film(brief: Brief, whole: str, form: str, opened: bool, wanted: bool) -> bool:
    """Tell whether this needs assembling; "poster, then animate it" is another kind of workflow.

    `wanted`: a workflow is asked for, so that a commercial is a film without more words.
    """
    sounds = bool(brief.music or brief.music_file or brief.lyrics or brief.voice or brief.title)
    if brief.listed:
        shown = [shot.text for shot in brief.shots if not shot.last]
        if form != "labels" and any(words.OTHER_MEDIA.search(text) for text in shown):
            return False
        return form != "sequence" or _is_told_in_order(brief, whole, opened)
    plain = words.COUNT.sub(" ", words.NAMED_FILE.sub(" ", whole))
    film = bool(words.FILM.search(plain))
    if brief.count > 1:  # "three clips of waves" are three clips
        stills = words.STILLS.search(whole) or words.LENSES.search(whole)
        timed = brief.seconds or brief.each or (brief.chinese and not stills)
        timed = bool(timed) and words.SHOTS.search(whole) is not None
        shots = wanted and not stills and words.SHOTS.search(whole) is not None
        return film or sounds or brief.fade or timed or shots
    if not film or words.STILLS.search(whole):
        return False
    longer = brief.seconds > LONGEST_SHOT
    if brief.whole:
        return sounds or longer or brief.music_video or wanted
    heard = bool(brief.voice or brief.music_file or (brief.music and not brief.lyrics))
    return heard or longer or (wanted and brief.subtitles)


def _is_told_in_order(brief: Brief, text: str, opened: bool) -> bool:
    """Tell whether first, then, finally mean shots: a single shot has stages, too."""
    if brief.one_take:
        return False
    whole = bool(brief.fade or brief.title or brief.voice or words.WHOLE_FILM.search(text))
    typed = any(words.SHOT_KIND.search(shot.text) for shot in brief.shots)
    return whole or typed or (opened and len(brief.shots) > 2)


_SOUND = re.compile(r"\.(?:mp3|wav|m4a)$", re.I)
_JOINS = re.compile(
    r"(?<![a-z])(?:join|combin|merg|stitch|concat|splic|assembl)\w*|(?<![a-z])(?:put|cut|edit)\s+(?:\w+\s+)?together"
    r"|拼|合并|合成|[接连]起来|[接连]在一起|剪[到在]一起",
    re.I,
)
_NOTHING = re.compile(
    r"(?<![a-z])(?:please|can|could|you|make|create|generate|give|do|me|us|an?|the|some|one|new|with|of|and|short|promo"
    r"|videos?|films?|movies?|clips?|pictures?|images?|photos?|music|songs?|tracks?|voice-?overs?"
    r"|seconds?|secs?|minutes?|mins?|hours?|s)(?![a-z])"
    r"|请|帮我?|给我?|我要?|想要?|来|做|生成|制作|拍|画|[一两二三几]?[个段部条张首支则]|视频|短?影?片子?|电影|图片?|照片"
    r"|音乐|歌曲?|曲子|宣传|广告|分镜头?|旁白|秒钟?|分钟|小时|的|吧|\d|[\s\W_]",
    re.I,
)
"""What says nothing of what is to be seen or heard."""
LONGEST_MODEL = 30
"""Characters of a clause that only names a model."""


def brief_of(prompt: str, images: tuple[str, ...], *, wanted: bool = False) -> Brief | None:
    """Read a prompt as the brief of a film, its pictures as files. Touches the disk.

    `wanted`: as for `brief.read`. Raises `UsageError` for a sound that is not there.
    """

    def names_a_model(clause: str) -> bool:
        return len(clause) <= LONGEST_MODEL and bool(named_model(clause).model_id)

    brief = read(prompt, names_a_model, wanted=wanted)
    if brief is None:
        return None
    files = {name: _file(name) for name in brief.images}
    shots = tuple(
        replace(shot, first=files.get(shot.first, ""), last=files.get(shot.last, ""))
        for shot in brief.shots
    )
    given = tuple(name for name in images if name not in files.values())
    heard = str(Path(brief.music_file).expanduser().absolute()) if brief.music_file else ""
    if heard and not Path(heard).is_file():
        raise UsageError("error.input_missing", input=one_line(brief.music_file, 200))
    return replace(brief, shots=shots, images=(*given, *files.values()), music_file=heard)


def videos_to_join(prompt: str) -> tuple[str, ...]:
    """Return the videos that a prompt wants joined, which needs no workflow; () for none."""
    read = scan(prompt)
    spans = [
        read.plain.span(each.start, each.end)
        for each in read.content.sources
        if each.kind is ContentKind.MEDIA
    ]
    named = [prompt[start:end] for start, end in spans]
    videos = tuple(dict.fromkeys(name for name in named if not _SOUND.search(name)))
    joins = _JOINS.search(read.text) or brief_words.FILM.search(read.text)
    return videos if len(videos) > 1 and joins else ()


def refuse(prompt: str, shared: Shared) -> None:
    """Raise `UsageError` where a prompt says nothing to show, or wants own videos joined."""
    if files := videos_to_join(prompt):
        raise UsageError("error.plan_join", files=one_line(" ".join(files), 300))
    silent = [each.bare and not _NOTHING.sub("", each.words) for each in shared.shares]
    if silent and all(silent) and not shared.about and not shared.intent.inputs:
        raise UsageError("error.plan_bare")


def named_model(clause: str) -> Intent:
    """Return the intent of a clause that names a model. Loads the vocabulary on first use."""
    return by_rules(f"{clause} video")


def _file(name: str) -> str:
    """Return a picture's path; behind Chinese text the shortest ending that is a file."""
    endings = [name[place:] for place in range(len(name) - 4, -1, -1)]
    read = scan(name)
    spans = [read.plain.span(each.start, each.end) for each in read.content.sources]
    behind = name[slice(*spans[-1])] if spans else name
    found = next((end for end in endings if Path(end).is_file()), behind)
    return str(Path(found).absolute())
