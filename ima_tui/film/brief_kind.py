"""Tells a brief of a film of several shots or sounds from a prompt for something else."""

from __future__ import annotations

from ima_tui.film import brief_words as words
from ima_tui.film.brief_facts import LONGEST_SHOT, Brief


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
