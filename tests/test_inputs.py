"""Inputs are looked at before anything is sent; names can lie, first bytes do not."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from trees import make

from ima_tui import inputs
from ima_tui.domain import Leaf, TaskType
from ima_tui.errors import UsageError

LEAF = make(task_type=TaskType.IMAGE_TO_IMAGE)


def encoded(kind: str) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(sink, kind)
    return sink.getvalue()


def look(source: str, leaf: Leaf = LEAF, **more: Any) -> inputs.InputFacts:
    (facts,) = inputs.inspect(leaf, [source], **more)
    return facts


def refused(source: str, leaf: Leaf = LEAF, **more: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        look(source, leaf, **more)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_a_picture_is_known_by_its_bytes_not_its_name(tmp_path: Path, kind: str, mime: str) -> None:
    path = tmp_path / "wrong.txt"
    path.write_bytes(encoded(kind))
    facts = look(str(path))
    assert (facts.kind, facts.mime, facts.width, facts.height) == ("file", mime, 64, 48)
    assert facts.size == path.stat().st_size


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"GIF89a....", "image/gif"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", ""),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x1cftypM4A ", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3....", "video/webm"),
        (b"OggS....", "audio/ogg"),
        (b"fLaC....", "audio/flac"),
        (b"ID3.....", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"BM\0\0\0\0\0\0\0\0", "image/bmp"),
        (b"BMW drives", ""),
        (b"hello", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_first_bytes(head: bytes, mime: str) -> None:
    assert inputs.sniff(head) == mime


def test_the_leaf_says_what_it_takes(tmp_path: Path) -> None:
    sounds = make(task_type=TaskType.REFERENCE_TO_VIDEO, files=[{"acceptType": ["audio/mpeg,wav"]}])
    sound = tmp_path / "a.mp3"
    sound.write_bytes(b"ID3" + b"x" * 40)
    picture = tmp_path / "a.png"
    picture.write_bytes(encoded("PNG"))
    assert look(str(sound), sounds).mime == "audio/mpeg"
    assert refused(str(picture), sounds).values["kinds"] == "mpeg, wav"
    assert refused(str(sound)).key == "error.input_kind"


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("nowhere.png", "error.input_missing"),
        ("", "error.input_no_file"),
        (".", "error.input_no_file"),
        (os.devnull, "error.input_no_file"),
        ("http://x.example/a.png", "error.input_scheme"),
        ("HTTP://x.example/a.png", "error.input_scheme"),
        ("data:image/png;base64,AAAA", "error.input_scheme"),
        ("ftp://x.example/a.png", "error.input_scheme"),
        ("https://", "error.input_link"),
        ("https://x.example/a b.png", "error.input_link"),
        ("https://x.example/\x1b[2J", "error.input_link"),
        ("https://[", "error.input_link"),
        ("a\0b.png", "error.input_unreadable"),
        ("x" * 5000, "error.input_unreadable"),
        ("~nobody-of-this-name/a.png", "error.input_missing"),
    ],
)
def test_what_cant_be_used_is_named(
    source: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = refused(source)
    assert error.key == key
    assert "\x1b" not in str(error.values)


def test_a_damaged_picture_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(encoded("PNG")[:20])
    assert refused(str(path)).key == "error.input_broken"


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "LARGEST", 10)
    path = tmp_path / "a.png"
    path.write_bytes(encoded("PNG"))
    assert refused(str(path)).key == "error.input_large"


@pytest.mark.parametrize("frame", ["{}", "'{}'", '"{}"', " {} ", "file://{}"])
def test_paths_as_people_write_them(tmp_path: Path, frame: str) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(encoded("PNG"))
    assert look(frame.format(path)).source == str(path.resolve())


def test_a_file_url_may_hold_escapes(tmp_path: Path) -> None:
    path = tmp_path / "a b 中.png"
    path.write_bytes(encoded("PNG"))
    assert look(path.as_uri()).source == str(path.resolve())


def test_https_links_are_used_as_they_are() -> None:
    url = "https://x.example/a.png?x=1&y=%20"
    assert look(url) == inputs.InputFacts(url, "url")


def test_the_sandboxs_own_links_are_the_exception() -> None:
    url = "http://127.0.0.1:8765/media/a.png"
    assert look(url, loopback="http://127.0.0.1:8765").kind == "url"
    assert refused(url, loopback="http://127.0.0.1:876").key == "error.input_scheme"
    assert refused(url).key == "error.input_scheme"
