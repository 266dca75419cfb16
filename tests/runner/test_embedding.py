"""Prompt and parameters inside result files: files stay what they were, and are read back."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import any_order
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ima_tui.core.domain import Order
from ima_tui.imaging import xmp
from ima_tui.runner import result_files

ORDER = replace(
    any_order(),
    prompt='一只 "狐狸" & <cat>\nsecond line',
    parameters=(("size", "1K"), ("seed", 42), ("sound", True), ("scale", 0.5)),
    inputs=("/home/ann/secret.png",),
)


def image(form: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((33, 21), 60).convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


def film() -> bytes:
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(5):
            for packet in stream.encode(av.VideoFrame(32, 32, "yuv420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return buffer.getvalue()


def pixels(path: Path) -> object:
    with Image.open(path) as opened:
        opened.load()
        return opened.size, opened.mode, opened.tobytes()


def frames(path: Path) -> int:
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


IMAGES = {
    "png": lambda: image("PNG"),
    "palette.png": lambda: image("PNG", "P"),
    "jpg": lambda: image("JPEG"),
    "exif.jpg": lambda: image("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
    "lossy.webp": lambda: image("WEBP"),
    "lossless.webp": lambda: image("WEBP", "RGBA", lossless=True),
    "animated.webp": lambda: image(
        "WEBP", save_all=True, append_images=[Image.new("RGB", (33, 21), "red")]
    ),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_tells_what_it_was_made_from_and_shows_the_same_pixels(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(IMAGES[name]())
    before = pixels(path)
    assert result_files.read(path) is None
    for prompt in ("an earlier one", ORDER.prompt):  # a second time: replaced, not added
        result_files.write(path, replace(ORDER, prompt=prompt))
    assert pixels(path) == before
    found = result_files.read(path)
    assert found is not None
    assert (found.prompt, found.task_type) == (ORDER.prompt, ORDER.task_type)
    assert (found.model_id, found.version) == (ORDER.model_id, ORDER.version)
    assert found.parameters == ORDER.parameters
    assert found.inputs == ()
    assert b"earlier" not in path.read_bytes()
    assert b"secret.png" not in path.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_film_keeps_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(film())
    before = frames(path)
    result_files.write(path, ORDER)
    once = path.stat().st_size
    result_files.write(path, ORDER)
    assert (frames(path), path.stat().st_size) == (before, once)
    found = result_files.read(path)
    assert found is not None
    assert found.prompt == ORDER.prompt


def without_end() -> bytes:
    return struct.pack(">I4s", 0, b"ftyp") + b"mp42" + bytes(8)


@pytest.mark.parametrize(
    "content",
    [
        lambda: image("PNG")[:40],
        lambda: image("JPEG")[:20],
        lambda: image("WEBP")[:30],
        lambda: film()[:-10],
        without_end,
        lambda: image("GIF"),
        lambda: b"",
        lambda: b"RIFF\0\0\0\0WEBP",
    ],
)
def test_a_damaged_or_other_file_is_left_as_it_is(
    tmp_path: Path, content: Callable[[], bytes]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(before := content())
    with pytest.raises(result_files.NoPlace):
        result_files.write(path, ORDER)
    assert path.read_bytes() == before
    assert result_files.read(path) is None
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_too_long_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(before := image("PNG"))
    with pytest.raises(result_files.NoPlace):
        result_files.write(path, replace(ORDER, prompt="x" * 70_000))
    assert path.read_bytes() == before


def with_facts(path: Path, facts: object) -> Order | None:
    path.write_bytes(image("PNG"))
    text = json.dumps(facts).replace("&", "&amp;").replace('"', "&quot;")
    xmp.write(path, f'<a ima:madeFrom="{text}"/>'.encode())
    return result_files.read(path)


def test_facts_of_strangers_are_cleaned_and_bounded(tmp_path: Path) -> None:
    found = with_facts(
        tmp_path / "a.png",
        {
            "task_type": "text_to_image",
            "model_id": "m\x1b[31m",
            "prompt": "a\x1b]0;evil\x07fox\u202e",
            "parameters": {f"p{n}": n for n in range(500)} | {"huge": 10**300, "list": [1]},
        },
    )
    assert found is not None
    assert (found.model_id, found.prompt) == ("m", "afox")
    assert len(found.parameters) <= result_files.MOST_PARAMETERS


@pytest.mark.parametrize(
    "facts",
    [[], {}, {"task_type": "world_peace"}, {"task_type": []}, {"task_type": "text_to_image"}, 7],
)
def test_other_facts_are_none(tmp_path: Path, facts: object) -> None:
    assert with_facts(tmp_path / "a.png", facts) is None


@given(st.binary(max_size=200), st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 200))
def test_bytes_of_any_kind_are_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, form: str, at: int
) -> None:
    path = tmp_path_factory.mktemp("junk") / "a"
    path.write_bytes(image(form)[:at] + junk)
    result_files.read(path)


def test_the_sidecar_tells_where_the_file_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(image("PNG"))
    facts = {"task_type": "text_to_image", "model_id": "m", "prompt": "a fox", "parameters": {}}
    path.with_name("a.png.json").write_text(json.dumps(facts))
    found = result_files.read(path)
    assert found is not None
    assert found.prompt == "a fox"
