"""A prompt as the brief of a film: its pictures as files, its model by the live names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ima_tui.core.errors import UsageError
from ima_tui.core.text import one_line
from ima_tui.film import brief_words
from ima_tui.film.brief import read as read_brief
from ima_tui.film.brief_facts import Brief
from ima_tui.intent.content import ContentKind
from ima_tui.intent.intent import Intent
from ima_tui.intent.route import by_rules
from ima_tui.intent.scan import scan
from ima_tui.intent.sharing import Shared

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


def read(prompt: str, images: tuple[str, ...], *, wanted: bool = False) -> Brief | None:
    """Read a prompt as the brief of a film, its pictures as files. Touches the disk.

    `wanted`: as for `brief.read`. Raises `UsageError` for a sound that is not there.
    """

    def names_a_model(clause: str) -> bool:
        return len(clause) <= LONGEST_MODEL and bool(named_model(clause).model_id)

    brief = read_brief(prompt, names_a_model, wanted=wanted)
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
    if silent and all(silent) and not shared.about and not shared.decision.inputs:
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
