"""Which frames of a film are copied, and which are encoded: no file, no PyAV."""

from __future__ import annotations

from fractions import Fraction

from ima_tui.film import mixing
from ima_tui.film.mixing import RATE, BusKind
from ima_tui.film.source import Copy, Crossfade, Encode, ShotFacts, plan
from ima_tui.film.timeline import (
    Film,
    Role,
    Shot,
    Track,
    cues_of,
    music,
    problem,
    voice,
    with_fades,
)

R = Fraction(24)


def facts(seconds: float = 5.0, *, header: str = "a", gop: int = 240, **more: object) -> ShotFacts:
    frames = round(seconds * 24)
    given: dict[str, object] = {
        "digest": "d",
        "width": 1280,
        "height": 720,
        "seconds": seconds,
        "frames": frames,
        "rate": R,
        "guess": R,
        "header": header,
        "entries": tuple(range(0, frames, gop)),
        "exits": tuple(range(1, frames + 1)),
        **more,
    }
    return ShotFacts(**given)  # type: ignore[arg-type]


def film(*shots: Shot, **more: object) -> Film:
    return Film(shots, **more)  # type: ignore[arg-type]


A, B, C = Shot("a"), Shot("b"), Shot("c")


def test_cuts_of_shots_that_match_are_copied_whole() -> None:
    found = plan(film(A, B), [facts(), facts()])
    assert found.pieces == (Copy(0, 0, 120), Copy(1, 0, 120))
    assert (found.encoded, found.seconds, found.size) == (0, 10.0, (1280, 720))


def test_a_crossfade_encodes_itself_and_what_follows_up_to_a_key_frame() -> None:
    found = plan(film(*with_fades((A, B), 0.5, hold=False)), [facts(gop=24), facts(gop=24)])
    assert found.pieces == (
        Copy(0, 0, 108),
        Crossfade(0, 108, 0, 12),
        Encode(1, 12, 24),
        Copy(1, 24, 120),
    )
    assert found.frames == 228


def test_a_held_frame_makes_up_for_a_crossfade() -> None:
    found = plan(film(*with_fades((A, B, C), 0.5, hold=True)), [facts()] * 3)
    assert found.seconds == 15.0
    assert found.starts == (0, 120, 240)


def test_only_the_shot_that_differs_is_encoded() -> None:
    odd = facts(header="b")
    found = plan(film(A, B, C), [facts(), odd, facts()])
    assert [type(piece) for piece in found.pieces] == [Copy, Encode, Copy]
    rate = facts(rate=Fraction(30), guess=Fraction(30))
    found = plan(film(A, B, C), [facts(), rate, facts()])
    assert [type(piece) for piece in found.pieces] == [Copy, Encode, Copy]
    assert found.fps == R


def test_a_header_with_our_own_ids_is_copied_alone_or_not_at_all() -> None:
    ours = facts(alone=True)
    assert plan(film(A, B), [ours, ours]).encoded == 0
    mixed = plan(film(A, B, C), [ours, ours, facts(header="b", seconds=1.0)])
    assert not any(isinstance(piece, Copy) for piece in mixed.pieces)


def test_a_trim_begins_at_any_frame_and_ends_where_frames_need_no_later_one() -> None:
    shot = Shot("a", start=1.0, end=4.0)
    short = facts(gop=48, exits=tuple(range(4, 121, 4)))
    assert plan(film(shot), [short]).pieces == (Encode(0, 24, 48), Copy(0, 48, 96))
    no_exit = facts(gop=48, exits=(90,))
    assert plan(film(shot), [no_exit]).pieces == (
        Encode(0, 24, 48),
        Copy(0, 48, 90),
        Encode(0, 90, 96),
    )


def test_size_and_rate_are_the_commonest_and_even() -> None:
    tall = facts(width=721, height=405, rate=Fraction(60), guess=Fraction(60), header="")
    wide = facts()
    assert plan(film(A, B, C), [tall, wide, wide]).size == (1280, 720)
    found = plan(film(A, B), [tall, tall])
    assert (found.size, found.fps) == ((720, 404), 30)
    turned = facts(rotation=90)
    assert plan(film(A), [turned]).size == (720, 1280)
    cinema = Fraction(24000, 1001)
    assert plan(film(A), [facts(rate=cinema, guess=cinema)]).encoded == 0
    slow = facts(rate=Fraction(12), guess=Fraction(12), header="")
    assert plan(film(A), [slow]).fps == 24
    assert plan(film(A, fps=30, size=(641, 361)), [wide]).size == (640, 360)


def test_a_crossfade_is_never_longer_than_half_a_shot() -> None:
    shots = with_fades((A, B, C), 3.0, hold=False)
    found = plan(film(*shots), [facts(2.0), facts(1.0), facts(2.0)])
    assert found.fades == (12, 12, 0)
    assert found.frames == 48 + 24 + 48 - 24


def test_music_begins_again_with_a_crossfade_and_ends_with_the_film() -> None:
    whole = film(A, B, tracks=(music("m"), voice("v")))
    pictures = plan(whole, [facts(), facts()])
    buses = mixing.plan(whole, pictures, [facts(), facts()], [4.0, 2.0])
    heard = sorted(
        (c for b in buses if b.kind is BusKind.DUCKED for c in b.clips), key=lambda c: c.at
    )
    assert [clip.at / RATE for clip in heard] == [0.0, 3.0, 6.0]
    assert heard[-1].at + heard[-1].length == 10 * RATE
    assert heard[-1].fade_out == 2 * RATE
    assert [b.clips[0].at for b in buses if b.kind is BusKind.VOICE] == [RATE]


def test_own_sound_follows_its_shot_to_the_sample() -> None:
    shots = with_fades((Shot("a", own_sound=1.0), Shot("b", own_sound=1.0)), 0.5, hold=False)
    both = [facts(has_sound=True), facts(has_sound=True)]
    buses = mixing.plan(film(*shots), plan(film(*shots), both), both, [])
    assert len(buses) == 2, "they overlap"
    second = buses[1].clips[0]
    assert (second.at, second.fade_in) == (round(4.5 * RATE), RATE // 2)


def test_subtitles_follow_the_sentences() -> None:
    cues = cues_of("Run free. Now!!", 1.0, 1.4)
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        (1.0, 1.9, "Run free."),
        (1.9, 2.4, "Now!!"),
    ]
    assert [cue.text for cue in cues_of("一叶知春。好茶！3.5 元", 0, 3)] == [
        "一叶知春。",
        "好茶！",
        "3.5 元",
    ]


def test_what_is_impossible_is_said() -> None:
    assert problem(film()) is not None
    assert problem(film(A, size=(8, 8))) is not None
    assert problem(film(Shot("a", 3.0, 2.0))) is not None
    assert problem(film(*[A] * 41)) is not None
    assert problem(film(A, tracks=(Track(Role.MUSIC, "m"),))) is None
