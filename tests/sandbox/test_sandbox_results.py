"""Results are files that ordinary programs can open."""

from __future__ import annotations

import io
import wave
from itertools import pairwise
from typing import Any

import httpx
import pytest
from PIL import Image

from ima_tui.sandbox import paint
from ima_tui.sandbox.media import (
    LONGEST_SPEECH,
    MUSIC_HZ,
    USUAL_MUSIC_SECONDS,
    Scenes,
    colour_of,
    speech_seconds,
    tone_of,
)
from ima_tui.sandbox.paint import Caption

NANO = "gemini-3.1-flash-image-preview"


def fetched(wire: Any, body: dict[str, Any]) -> list[tuple[dict[str, Any], httpx.Response]]:
    answer = wire.create(body)
    assert answer["code"] == 0, answer
    medias = wire.finished(answer["data"]["id"])
    return [(media, httpx.get(media["at"], timeout=60)) for media in medias]


def test_pictures_have_the_announced_size(wire: Any, order: Any) -> None:
    model = wire.model("text_to_image", NANO)
    body = order(model, {"size": "1K", "aspect_ratio": "16:9"}, prompt="猫 [b] \x1b[2J 🐈", n=2)
    files = fetched(wire, body)
    assert len({answer.content for _, answer in files}) == 2
    for media, answer in files:
        assert answer.headers["content-type"] == "image/png"
        assert int(answer.headers["content-length"]) == len(answer.content)
        image = Image.open(io.BytesIO(answer.content))
        assert (image.format, image.size) == ("PNG", (1024, 576))
        assert image.size == (media["width"], media["height"])
        cover = httpx.get(media.get("cover") or media["cover_url"])
        assert Image.open(io.BytesIO(cover.content)).format == "JPEG"


def test_seedream_s_mapped_size_is_its_shape(wire: Any, order: Any, seedream: Any) -> None:
    ((media, answer),) = fetched(wire, order(seedream, {"size": "1440x2560"}))
    image = Image.open(io.BytesIO(answer.content))
    assert (image.format, image.size) == ("JPEG", (720, 1280))
    assert media["format"] == "jpg"


def test_an_edited_picture_shows_the_uploaded_one(wire: Any, order: Any) -> None:
    source = io.BytesIO()
    left_red = Image.new("RGB", (200, 200), (220, 20, 20))
    left_red.paste((20, 20, 220), (100, 0, 200, 200))
    left_red.save(source, "PNG")
    url = wire.uploaded(source.getvalue())
    model = wire.model("image_to_image", "doubao-seedream-4-5-251128")
    ((_, answer),) = fetched(wire, order(model, inputs=[url]))
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    left, right = image.getpixel((200, 300)), image.getpixel((1000, 300))
    assert left[0] - left[2] > right[0] - right[2] + 60


def test_a_result_can_be_the_next_input(wire: Any, order: Any, seedream: Any) -> None:
    ((media, _),) = fetched(wire, order(seedream))
    model = wire.model("image_to_image", "doubao-seedream-4-5-251128")
    ((_, answer),) = fetched(wire, order(model, inputs=[media["at"]]))
    assert Image.open(io.BytesIO(answer.content)).format == "JPEG"


@pytest.mark.parametrize(
    ("task_type", "version"),
    [("text_to_music", "GenBGM"), ("text_to_speech", "seed-tts-1.1")],
)
def test_sounds_are_wav(wire: Any, order: Any, task_type: str, version: str) -> None:
    body = order(wire.model(task_type, version), prompt="Good morning, 世界")
    ((media, answer),) = fetched(wire, body)
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sounds:
        seconds = sounds.getnframes() / sounds.getframerate()
        assert max(memoryview(sounds.readframes(50_000)).cast("h")) > 1000
    assert media["duration_str"] == f"{seconds:g}s"


def test_speech_follows_the_length_of_the_text() -> None:
    assert speech_seconds("hi") < speech_seconds("hello there, my dear friends")
    assert speech_seconds("一二三四五六七八") > speech_seconds("一二")
    assert speech_seconds("a " * 10_000) == LONGEST_SPEECH


def test_films_can_be_decoded(wire: Any, order: Any) -> None:
    av = pytest.importorskip("av", reason="PyAV is the optional `video` extra")
    body = order(wire.model("text_to_video", "viduq2"), {"aspect_ratio": "9:16"})
    ((media, answer),) = fetched(wire, body)
    assert answer.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(answer.content)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    assert len(frames) == 60
    assert media["duration_str"] == "5s"
    assert frames[0].size == (media["width"], media["height"]) == (216, 384)
    cover = httpx.get(media.get("cover") or media["cover_url"])
    assert Image.open(io.BytesIO(cover.content)).size == frames[0].size


@pytest.mark.parametrize("wanted", [True, False])
def test_films_have_sound_when_it_was_ordered(wire: Any, order: Any, wanted: bool) -> None:
    av = pytest.importorskip("av", reason="PyAV is the optional `video` extra")
    body = order(
        wire.model("text_to_video", "veo-3.1-generate-preview"), {"generate_audio": wanted}
    )
    ((_, answer),) = fetched(wire, body)
    with av.open(io.BytesIO(answer.content)) as container:
        assert len(container.streams.audio) == int(wanted)
        if wanted:
            samples = sum(frame.samples for frame in container.decode(audio=0))
            assert 3.5 < samples / 16_000 < 4.5


MARKS = "[server]\nmarks = true\n"


def test_a_film_is_as_long_as_ordered(wire: Any, order: Any) -> None:
    av = pytest.importorskip("av", reason="PyAV is the optional `video` extra")
    ((media, answer),) = fetched(
        wire, order(wire.model("text_to_video", "wan2.6-t2v"), {"duration": 10})
    )
    with av.open(io.BytesIO(answer.content)) as container:
        assert container.streams.video[0].frames == 120
    assert media["duration_str"] == "10s"


def test_marked_films_and_songs_tell_their_prompt(start: Any, order: Any) -> None:
    av = pytest.importorskip("av", reason="PyAV is the optional `video` extra")
    wire = start(MARKS)
    body = order(
        wire.model("text_to_video", "wan2.6-t2v"),
        {"duration": 10, "aspect_ratio": "9:16", "resolution": "720P"},
        prompt="a kite",
    )
    ((media, answer),) = fetched(wire, body)
    with av.open(io.BytesIO(answer.content)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    assert (len(frames), frames[0].size) == (240, (72, 128))
    assert (media["width"], media["height"]) == (72, 128)
    seen = frames[120].getpixel((30, 30))
    assert all(abs(a - b) < 12 for a, b in zip(seen, colour_of("a kite"), strict=True))
    body = order(wire.model("text_to_music", "GenBGM"), prompt="calm")
    ((_, answer),) = fetched(wire, body)
    with wave.open(io.BytesIO(answer.content)) as song:
        assert song.getnframes() / song.getframerate() == USUAL_MUSIC_SECONDS
        samples = memoryview(song.readframes(16_000)).cast("h")
    crossings = sum(1 for a, b in pairwise(samples) if a < 0 <= b)
    assert abs(crossings - tone_of("calm", MUSIC_HZ)) <= 1


def test_without_pyav_films_are_animated_webp(
    start: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ima_tui.sandbox.service.can_encode_mp4", lambda: False)
    wire = start()
    assert wire.http.get("/sandbox/health").json()["video"] == "webp"
    ((media, answer),) = fetched(wire, order(wire.model("text_to_video", "viduq2")))
    assert (media["format"], answer.headers["content-type"]) == ("webp", "image/webp")
    assert Image.open(io.BytesIO(answer.content)).n_frames > 10  # type: ignore[attr-defined]


def test_first_frame_fades_into_the_last() -> None:
    def plain(colour: tuple[int, int, int]) -> bytes:
        return paint.encoded(Image.new("RGB", (64, 64), colour), "png")

    scenes = Scenes("p", 0, (64, 64), Caption("", ""), [plain((250, 0, 0)), plain((0, 0, 250))])
    assert scenes.at(0.0).getpixel((30, 20)) == (250, 0, 0)
    assert scenes.at(1.0).getpixel((30, 20)) == (0, 0, 250)


def test_the_same_prompt_paints_the_same_picture_and_others_differ() -> None:
    def painted(prompt: str, place: int = 0) -> bytes:
        picture = paint.picture(prompt, place, (160, 80), Caption(prompt, "x"), [])
        return picture.tobytes()

    assert painted("sea") == painted("sea")
    assert len({painted(word) for word in ("sea", "hill", "town", "moon")}) == 4
    assert len({painted("sea", place) for place in range(4)}) == 4


@pytest.mark.parametrize("text", ["", "\ud800", "x" * 5000, "\u202e\x00\x1b]0;t\x07", "🐈‍⬛" * 50])
def test_no_caption_is_too_strange(text: str) -> None:
    image = Image.new("RGB", (64, 16))
    paint.write_caption(image, Caption(text, text))


def test_broken_inputs_are_not_opened() -> None:
    assert paint.opened(b"not a picture") is None
    assert paint.opened(b"\x89PNG\r\n\x1a\n" + b"\0" * 50) is None


def test_a_result_is_not_there_before_it_is_ready(start: Any, order: Any) -> None:
    wire = start(speed=1.0)
    model = wire.model("text_to_image", NANO)
    task_id = wire.create(order(model))["data"]["id"]
    assert wire.http.get(f"/media/{task_id}/0.png").status_code == 404
    assert wire.http.get("/media/nothing/0.png").status_code == 404
    assert wire.http.get("/media/x").status_code == 404
