"""Inputs are checked before anything is sent: names, first bytes, and all that is in the files."""

from __future__ import annotations

import io
import os
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from trees import make

from ima_tui.core import input_files
from ima_tui.core.domain import Accepts, ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.imaging import still
from ima_tui.imaging.request import CannotShow
from ima_tui.runner.input_checks import InputChecks, Upload

LEAF = make(task_type=TaskType.IMAGE_TO_IMAGE, files={"acceptType": ["image/jpg,png"]})
JPEG_ONLY = make(task_type=TaskType.IMAGE_TO_IMAGE, files={"acceptType": ["image/jpg"]})
ALSO_WEBP = make(task_type=TaskType.IMAGE_TO_IMAGE, files={"acceptType": ["image/jpg,png,webp"]})
FILMS = make(task_type=TaskType.REFERENCE_TO_VIDEO, files={"acceptType": ["video/mp4,mov"]})
SOUNDS = make(task_type=TaskType.REFERENCE_TO_VIDEO, files={"acceptType": ["audio/mpeg,wav"]})
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)

Look = Callable[..., Awaitable[input_files.InputFacts]]
Refused = Callable[..., Awaitable[UsageError]]
Send = Callable[..., Awaitable[Upload]]


def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    image = Image.linear_gradient("L").resize(size).convert(mode)
    if mode == "RGBA":
        image.putpixel((0, 0), (0, 0, 0, 0))
    return image


def encoded(kind: str, image: Image.Image | None = None, **how: Any) -> bytes:
    sink = io.BytesIO()
    (image or picture()).save(sink, kind, **how)
    return sink.getvalue()


def put(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def turned(turn: int) -> bytes:
    """A JPEG of a red left half, that EXIF says was taken with the camera turned."""
    image = Image.new("RGB", (64, 32), "blue")
    image.paste("red", (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010F] = "a camera"
    exif.get_ifd(0x8825)[1] = "N"
    return encoded("JPEG", image, exif=exif, quality=95)


@pytest.fixture
async def checks() -> AsyncIterator[InputChecks]:
    made = InputChecks()
    yield made
    await made.aclose()


@pytest.fixture
def look(checks: InputChecks) -> Look:
    async def run(source: str, model: ModelVersion = LEAF, **more: Any) -> input_files.InputFacts:
        (facts,) = await checks.inspect(model, [source], **more)
        return facts

    return run


@pytest.fixture
def refused(look: Look) -> Refused:
    async def run(source: str, model: ModelVersion = LEAF, **more: Any) -> UsageError:
        with pytest.raises(UsageError) as caught:
            await look(source, model, **more)
        return caught.value

    return run


@pytest.fixture
def send(checks: InputChecks, tmp_path: Path) -> Send:
    async def run(data: bytes, model: ModelVersion = LEAF, name: str = "in.bin") -> Upload:
        return await checks.upload(model, put(tmp_path / name, data))

    return run


@pytest.mark.parametrize(
    ("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
async def test_a_picture_is_known_by_its_bytes_not_its_name(
    look: Look, tmp_path: Path, kind: str, mime: str
) -> None:
    path = tmp_path / "wrong.txt"
    path.write_bytes(encoded(kind))
    facts = await look(str(path), ALSO_WEBP)
    assert (facts.kind, facts.mime, facts.width, facts.height) == ("file", mime, 64, 48)
    assert facts.size == path.stat().st_size


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"GIF89a....", "image/gif"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
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
        (HEIC, "image/heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafheic", "image/heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif", "image/avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", "image/heif"),
        (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc", "image/heic"),
        (b"\0\0\0\x18ftypavis\0\0\0\0msf1miaf", "image/avif"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "image/x-raw"),
        (b"\0\0\0\x14ftyp3gp4", "video/3gpp"),
        (b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska", "video/x-matroska"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        ("hello".encode("utf-16"), ""),
        (b"<?xml version='1.0'?>\n<svg xmlns=''>", "image/svg+xml"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"8BPS", "image/vnd.adobe.photoshop"),
        (b"hello", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_first_bytes(head: bytes, mime: str) -> None:
    assert input_files.sniff(head) == mime


async def test_the_leaf_says_what_it_takes(look: Look, refused: Refused, tmp_path: Path) -> None:
    sound = put(tmp_path / "a.wav", wav())
    shot = put(tmp_path / "a.png", encoded("PNG"))
    assert (await look(sound, SOUNDS)).mime == "audio/wav"
    no_picture = await refused(shot, SOUNDS)
    assert (no_picture.key, no_picture.values["kinds"]) == ("error.input_only_audio", "mp3, wav")
    no_sound = await refused(sound)
    assert (no_sound.key, no_sound.values["kinds"]) == ("error.input_only_image", "jpg, png")
    assert no_sound.values["format"] == "WAV"


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("nowhere.png", "error.input_missing"),
        ("", "error.input_missing"),
        (".", "error.input_folder"),
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
async def test_what_cant_be_used_is_named(
    refused: Refused, source: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = await refused(source)
    assert error.key == key
    assert "\x1b" not in str(error.values)


async def test_a_damaged_picture_is_told(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(encoded("PNG")[:20])
    assert (await refused(str(path))).key == "error.input_broken"


async def test_a_file_that_is_too_large_is_not_read(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "LARGEST", 10)
    path = tmp_path / "a.png"
    path.write_bytes(encoded("PNG"))
    assert (await refused(str(path))).key == "error.input_large"


@pytest.mark.parametrize("frame", ["{}", "'{}'", '"{}"', " {} ", "file://{}"])
async def test_paths_as_people_write_them(look: Look, tmp_path: Path, frame: str) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(encoded("PNG"))
    assert (await look(frame.format(path))).source == str(path.resolve())


async def test_a_file_url_may_hold_escapes(look: Look, tmp_path: Path) -> None:
    path = tmp_path / "a b 中.png"
    path.write_bytes(encoded("PNG"))
    assert (await look(path.as_uri())).source == str(path.resolve())


async def test_https_links_are_used_as_they_are(look: Look) -> None:
    url = "https://x.example/a.png?x=1&y=%20"
    assert await look(url) == input_files.InputFacts(url, "url")


async def test_the_sandboxs_own_links_are_the_exception(look: Look, refused: Refused) -> None:
    url = "http://127.0.0.1:8765/media/a.png"
    assert (await look(url, loopback="http://127.0.0.1:8765")).kind == "url"
    assert (await refused(url, loopback="http://127.0.0.1:876")).key == "error.input_scheme"
    assert (await refused(url)).key == "error.input_scheme"


@pytest.mark.parametrize(
    "write",
    [
        lambda path: str(path).replace(" ", "\\ ").replace("'", "\\'"),
        lambda path: "'" + str(path).replace("'", "'\\''") + "'",
        lambda path: f'"{path}" ',
        lambda path: path.as_uri(),
        lambda path: path.as_uri().replace("file://", "file:"),
        lambda path: path.as_uri().replace("file://", "file://localhost"),
        lambda path: f"'{path.as_uri()}'",
        lambda path: "~/" + path.name,
        str,
    ],
)
async def test_a_file_dropped_on_the_terminal_is_found(
    look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "Mary's 照片 #1 100%.png"
    path.write_bytes(encoded("PNG"))
    assert (await look(write(path))).source == str(path.resolve())


async def test_a_name_that_looks_escaped_is_taken_as_it_is(look: Look, tmp_path: Path) -> None:
    for name in ("a\\ b.png", "'a'.png", "a%20b.png"):
        path = put(tmp_path / name, encoded("PNG"))
        assert (await look(path)).source == path


# ------------------------------------------------------------------------------- special files


async def test_what_is_no_file_is_said_and_never_waited_for(
    refused: Refused, tmp_path: Path
) -> None:
    pipe, loop, folder, empty = (tmp_path / name for name in ("pipe", "loop", "folder", "empty"))
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    folder.mkdir()
    empty.touch()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert (await refused(str(tmp_path / "socket"))).key == "error.input_no_file"
    assert (await refused(str(pipe))).key == "error.input_no_file"
    assert (await refused("/dev/zero")).key == "error.input_no_file"
    assert (await refused(str(loop))).key == "error.input_loop"
    assert (await refused(str(folder))).key == "error.input_folder"
    assert (await refused(str(empty))).key == "error.input_empty"
    assert (await refused(str(empty / "in.png"))).key == "error.input_missing"


async def test_a_file_that_changes_while_it_is_checked_is_told(
    checks: InputChecks, refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(encoded("PNG"))
    really = checks._decoder.ask

    async def ask(request: Any) -> Any:
        found = await really(request)
        path.write_bytes(encoded("PNG", picture(size=(10, 10))))
        return found

    monkeypatch.setattr(checks._decoder, "ask", ask)
    assert (await refused(str(path))).key == "error.input_changed"


# -------------------------------------------------------------------------- decoded to the end


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
async def test_a_picture_that_is_cut_off_is_refused(
    refused: Refused, tmp_path: Path, kind: str
) -> None:
    whole = encoded(kind, picture(size=(200, 160)))
    for share in (0.3, 0.6, 0.95):
        cut = put(tmp_path / f"{share}.jpg", whole[: int(len(whole) * share)])
        assert (await refused(cut)).key == "error.input_broken", share


async def test_a_picture_with_a_hole_is_refused(refused: Refused, tmp_path: Path) -> None:
    """As a download leaves it that was given its whole size at once, and broke off."""
    for kind in ("JPEG", "PNG"):
        whole = encoded(kind, Image.effect_noise((200, 160), 90))
        half = len(whole) // 2
        hole = put(tmp_path / kind, whole[:half] + bytes(len(whole) - half))
        assert (await refused(hole)).key == "error.input_broken", kind
    rotten = bytearray(encoded("PNG", Image.effect_noise((200, 160), 90)))
    rotten[len(rotten) // 2] ^= 1
    assert (await refused(put(tmp_path / "rotten", bytes(rotten)))).key == "error.input_broken"


async def test_a_file_is_decoded_once(
    checks: InputChecks, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = checks._decoder.ask

    async def ask(request: Any) -> Any:
        asked.append(request.path)
        return await really(request)

    monkeypatch.setattr(checks._decoder, "ask", ask)
    path = put(tmp_path / "in.png", encoded("PNG"))
    await checks.inspect(LEAF, [path, path])
    await look(path, ALSO_WEBP)
    assert (await checks.upload(LEAF, path)).content == Path(path).read_bytes()
    assert asked == [path]
    put(tmp_path / "in.png", encoded("PNG", picture(size=(20, 20))))
    assert (await look(path)).width == 20
    assert len(asked) == 2


# ------------------------------------------------------------------------------------- formats


async def test_a_heic_photo_is_refused_by_name(
    refused: Refused, checks: InputChecks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the optional library; what to do is said, and it is never taken for a film."""
    path = put(tmp_path / "IMG_0001.HEIC", HEIC)

    async def without(request: Any) -> Any:
        raise CannotShow("error.input_heif")

    films = await refused(path, FILMS)
    assert (films.key, films.values["format"]) == ("error.input_only_video", "HEIC")
    monkeypatch.setattr(checks._decoder, "ask", without)
    error = await refused(path)
    assert (error.key, error.values["format"]) == ("error.input_heif", "HEIC")


def test_a_child_without_the_heif_library_says_so(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pillow_heif'] = None\n"
        "from ima_tui.imaging import worker\n"
        "from ima_tui.imaging.request import CannotShow, Check\n"
        "try: worker.answer(Check(sys.argv[1]))\n"
        "except CannotShow as problem: print(problem.key)"
    )
    path = put(tmp_path / "IMG_0001.HEIC", HEIC)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "error.input_heif"


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
async def test_a_phones_photo_is_converted_to_jpeg_without_its_place(
    send: Send, look: Look, tmp_path: Path, kind: str
) -> None:
    if kind == "HEIF" and not still.knows_heif():
        pytest.skip("pillow-heif, the extra `heif`, is not installed")
    if kind == "AVIF" and "AVIF" not in Image.registered_extensions().values():
        pytest.skip("this Pillow was built without AVIF")
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    sent = await send(encoded(kind, exif=exif))
    assert (sent.mime, sent.suffix) == ("image/jpeg", "jpeg")
    made = Image.open(io.BytesIO(sent.content))
    assert (made.format, made.size, dict(made.getexif())) == ("JPEG", (64, 48), {})
    assert (await look(str(tmp_path / "in.bin"))).sent_as == "image/jpeg"


@pytest.mark.parametrize(
    ("kind", "mode", "model", "becomes"),
    [
        ("BMP", "RGB", LEAF, ("PNG", "RGB")),
        ("TIFF", "RGB", LEAF, ("PNG", "RGB")),
        ("TIFF", "CMYK", JPEG_ONLY, ("JPEG", "RGB")),
        ("GIF", "P", LEAF, ("PNG", "RGB")),
        ("WEBP", "RGBA", LEAF, ("PNG", "RGBA")),
        ("WEBP", "RGBA", JPEG_ONLY, ("JPEG", "RGB")),
        ("PNG", "RGBA", JPEG_ONLY, ("JPEG", "RGB")),
        ("PNG", "P", JPEG_ONLY, ("JPEG", "RGB")),
        ("PNG", "I;16", LEAF, ("PNG", "L")),
        ("JPEG", "CMYK", LEAF, ("JPEG", "RGB")),
    ],
)
async def test_a_format_that_the_model_does_not_take_is_converted(
    send: Send, kind: str, mode: str, model: ModelVersion, becomes: tuple[str, str]
) -> None:
    image = picture("I").point(lambda value: value * 256).convert(mode) if mode == "I;16" else None
    sent = await send(encoded(kind, image or picture(mode)), model)
    made = Image.open(io.BytesIO(sent.content))
    assert (made.format, made.mode, made.size) == (*becomes, (64, 48))
    assert sent.mime == Image.MIME[becomes[0]]
    low, high = made.convert("L").getextrema()
    assert low < 40 < 200 < high  # the picture, and neither black nor white


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "L")])
async def test_what_the_model_takes_goes_up_as_it_is(send: Send, kind: str, mode: str) -> None:
    data = encoded(kind, picture(mode))
    sent = await send(data, name="wrong.mp4")
    assert (sent.content, sent.mime) == (data, Image.MIME[kind])
    assert sent.suffix == kind.lower()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_of_an_animation_the_first_frame_is_used_and_told(
    send: Send, look: Look, tmp_path: Path, kind: str
) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "lime")]
    sent = await send(encoded(kind, frames[0], save_all=True, append_images=frames[1:]), ALSO_WEBP)
    made = Image.open(io.BytesIO(sent.content))
    assert getattr(made, "n_frames", 1) == 1
    red, green, blue = made.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > 200 > 60 > max(green, blue)
    assert (await look(str(tmp_path / "in.bin"), ALSO_WEBP)).first_frame


async def test_a_photo_with_a_second_picture_in_it_goes_up_as_one(
    send: Send, look: Look, tmp_path: Path
) -> None:
    sent = await send(encoded("MPO", save_all=True, append_images=[picture(size=(8, 8))]))
    made = Image.open(io.BytesIO(sent.content))
    assert (made.format, made.size) == ("JPEG", (64, 48))
    assert not (await look(str(tmp_path / "in.bin"))).first_frame


async def test_a_camera_raw_file_is_refused_by_name(refused: Refused, tmp_path: Path) -> None:
    raw = put(tmp_path / "in.dng", encoded("TIFF", tiffinfo={50706: b"\1\4\0\0"}))
    assert (await refused(raw)).key == "error.input_raw"
    canon = await refused(put(tmp_path / "in.cr2", b"II*\0\x10\0\0\0CR" + bytes(50)))
    assert (canon.key, canon.values["format"]) == ("error.input_format", "RAW")


@pytest.mark.parametrize("turn", range(1, 9))
async def test_a_photo_goes_up_upright(send: Send, look: Look, tmp_path: Path, turn: int) -> None:
    from PIL import ImageOps

    data = turned(turn)
    sent = await send(data)
    made = Image.open(io.BytesIO(sent.content))
    right = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    facts = await look(str(tmp_path / "in.bin"))
    assert made.size == right.size == (facts.width, facts.height)
    for corner in ((3, 3), (made.width - 4, made.height - 4)):
        assert made.getpixel(corner)[0] // 128 == right.getpixel(corner)[0] // 128  # type: ignore[index]
    if turn > 1:
        assert dict(made.getexif()) == {}
    else:
        assert sent.content == data


async def test_a_phones_largest_photo_is_read_and_beyond_is_said(
    look: Look, refused: Refused, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    image = Image.new("RGB", (12_000, 9_000), "teal")
    facts = await look(put(tmp_path / "large.jpg", encoded("JPEG", image, quality=20)))
    assert (facts.width, facts.height) == (12_000, 9_000)
    small = encoded("JPEG")
    at = small.index(b"\xff\xc0") + 5
    huge = small[:at] + struct.pack(">HH", 30_000, 30_000) + small[at + 4 :]
    error = await refused(put(tmp_path / "huge.jpg", huge))
    assert (error.key, error.values["limit"]) == ("error.input_pixels", 250)
    assert capfd.readouterr().err == ""


# ------------------------------------------------------------------------------ films and sounds


def wav(seconds: float = 1.0) -> bytes:
    import wave

    sink = io.BytesIO()
    with wave.open(sink, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(int(16_000 * seconds)))
    return sink.getvalue()


def mp4(seconds: float = 2.0) -> bytes:
    """The boxes of an MP4, without a picture in it."""
    body = bytes(12) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(80)

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + kind + content

    moov = box(b"moov", box(b"mvhd", body))
    return box(b"ftyp", b"mp42\0\0\0\0mp42isom") + moov + box(b"mdat", bytes(500))


async def test_a_sound_that_is_too_long_or_cut_off_is_refused(
    look: Look, refused: Refused, tmp_path: Path
) -> None:
    model = replace(SOUNDS, accepts=(Accepts(("audio/wav",), longest=1.5, largest=40_000),))
    assert (await look(put(tmp_path / "a.wav", wav()), model)).seconds == 1.0
    long = await refused(put(tmp_path / "long.wav", wav(2)), model)
    assert (long.key, long.values["limit"]) == ("error.input_long", "1.5")
    assert (await refused(put(tmp_path / "large.wav", wav(3)), model)).key == "error.input_large"
    assert (
        await refused(put(tmp_path / "cut.wav", wav()[:9000]), model)
    ).key == "error.input_broken"


async def test_a_film_goes_where_films_are_taken(
    look: Look, refused: Refused, send: Send, tmp_path: Path
) -> None:
    pytest.importorskip("av")
    sys.path.insert(0, str(Path(__file__).parents[1] / "imaging"))
    from files import film

    whole = Path(film(tmp_path)).read_bytes()
    path = put(tmp_path / "film.jpg", whole)
    facts = await look(path, FILMS)
    assert (facts.mime, round(facts.seconds), facts.width) == ("video/mp4", 2, 128)
    sent = await send(whole, FILMS)
    assert (sent.content, sent.mime, sent.suffix) == (whole, "video/mp4", "mp4")
    only = await refused(path)
    assert (only.key, only.values["format"]) == ("error.input_only_image", "MP4")
    cut = put(tmp_path / "cut.mp4", whole[: len(whole) * 6 // 10])
    assert (await refused(cut, FILMS)).key == "error.input_broken"


def test_without_a_film_library_the_headers_have_to_do(tmp_path: Path) -> None:
    from ima_tui.imaging import file_headers

    path = put(tmp_path / "in.mp4", mp4())
    file_headers.check(path, "video/mp4")
    assert file_headers.seconds(path, "video/mp4") == 2.0
    for cut in (mp4()[:-100], mp4()[:60], mp4()[:24]):
        with pytest.raises(CannotShow):
            file_headers.check(put(tmp_path / "cut.mp4", cut), "video/mp4")
