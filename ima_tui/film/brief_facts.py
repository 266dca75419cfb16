"""What a brief asks of a film: its shots, and what holds for all of it."""

from __future__ import annotations

from ima_tui.core.records import dataclass

LONGEST_SHOT = 15.0
"""Seconds that one video can have; a longer film needs several shots."""


@dataclass(frozen=True, slots=True)
class ShotBrief:
    """What one shot shows. `seconds` 0: not said. `first`, `last`: names of pictures."""

    text: str
    seconds: float = 0.0
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a text asks of a film.

    `listed`: the shots were told one by one; else `count` of them, 0 where nobody says it. `told`:
    the number that the text names, even where it lists another.
    `subject`: what all shots show, "" for none. `each`: seconds of every shot, `seconds` of all.
    """

    shots: tuple[ShotBrief, ...] = ()
    count: int = 0
    told: int = 0
    subject: str = ""
    seconds: float = 0.0
    each: float = 0.0
    shape: str = ""
    fade: bool = False
    style: str = ""
    music: str = ""
    no_music: bool = False
    music_file: str = ""
    """A sound of one's own instead of music that is bought."""
    lyrics: str = ""
    voice: str = ""
    wants_voice: bool = False
    gender: str = ""
    subtitles: bool = False
    burned: bool = False
    """Whether subtitles are to be drawn into the pictures."""
    title: str = ""
    one_take: bool = False
    reference: bool = False
    images: tuple[str, ...] = ()
    model: str = ""
    chinese: bool = False
    whole: bool = False
    """Whether a work of several shots is asked for, such as a trailer."""
    music_video: bool = False
    """Whether music is part of it even if no word says which."""

    @property
    def listed(self) -> bool:
        """Whether the shots were told one by one."""
        return len(self.shots) > 1
