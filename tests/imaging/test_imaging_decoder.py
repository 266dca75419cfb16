"""The child: what it makes of files, what it refuses, and what it may cost."""

from __future__ import annotations

import asyncio
import os
import signal
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from files import animation, film, picture, sound
from PIL import Image, ImageOps

from ima_tui import i18n
from ima_tui.imaging import still, worker
from ima_tui.imaging.decoder import KEPT, Decoder
from ima_tui.imaging.request import CannotShow, DecodeRequest, OutputForm


@pytest.mark.parametrize(
    ("shape", "room", "pixels"),
    [
        ((640, 360), (40, 40), (40, 22)),
        ((360, 640), (40, 40), (22, 40)),
        ((10, 4000), (40, 40), (1, 40)),
        ((4000, 10), (40, 40), (40, 1)),
    ],
)
def test_a_picture_keeps_its_shape(
    shape: tuple[int, int], room: tuple[int, int], pixels: tuple[int, int]
) -> None:
    assert still.fit(*shape, *room) == pixels


async def test_a_picture_comes_back_small(decoder: Decoder, tmp_path: Path) -> None:
    reply = await decoder.ask(DecodeRequest(picture(tmp_path), 16, 16))
    assert (reply.width, reply.height, len(reply.data)) == (16, 8, 16 * 8 * 3)
    assert reply.data[:3] == bytes.fromhex("c04020")
    assert reply.data[-3:] == bytes.fromhex("102030")
    assert (reply.facts.kind, reply.facts.width, reply.facts.height) == ("picture", 64, 32)


async def test_a_part_of_a_picture_is_shown_as_large_as_the_whole(
    decoder: Decoder, tmp_path: Path
) -> None:
    request = DecodeRequest(picture(tmp_path), 16, 16, crop=(0.5, 0.0, 1.0, 0.5))
    reply = await decoder.ask(request)
    assert (reply.width, reply.height) == (16, 8)
    assert reply.data == bytes.fromhex("102030") * 16 * 8


@pytest.mark.parametrize("turn", range(1, 9))
async def test_a_photo_is_shown_upright(decoder: Decoder, tmp_path: Path, turn: int) -> None:
    """Whole, and in part, whichever way the camera was held."""
    path = tmp_path / "photo.jpg"
    image = Image.new("RGB", (640, 320), "blue")
    image.paste("red", (0, 0, 320, 320))
    exif = Image.Exif()
    exif[0x0112] = turn
    image.save(path, exif=exif)
    right = ImageOps.exif_transpose(Image.open(path))
    whole = await decoder.ask(DecodeRequest(str(path), 32, 32))
    assert (whole.facts.width, whole.facts.height) == right.size
    assert (whole.width, whole.height) == (right.width // 20, right.height // 20)
    first = right.getpixel((5, 5))
    assert isinstance(first, tuple)
    assert (whole.data[0] > 128) == (first[0] > 128)
    part = await decoder.ask(DecodeRequest(str(path), 32, 32, crop=(0.0, 0.0, 0.25, 0.25)))
    assert (part.width, part.height) == (whole.width, whole.height)
    assert (part.data[-3] > 128) == (first[0] > 128)


async def test_a_phones_largest_photo_is_shown(decoder: Decoder, tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (12_000, 9_000), "teal").save(path, quality=10)
    reply = await decoder.ask(DecodeRequest(str(path), 40, 40))
    assert (reply.width, reply.height, reply.facts.width) == (40, 30, 12_000)


async def test_few_colours_are_ones_that_every_terminal_has(
    decoder: Decoder, tmp_path: Path
) -> None:
    reply = await decoder.ask(DecodeRequest(picture(tmp_path), 16, 16, OutputForm.FEW))
    assert set(reply.data) <= {0, 95, 135, 175, 215, 255, *range(8, 248, 10)}


async def test_dots_are_black_or_white(decoder: Decoder, tmp_path: Path) -> None:
    reply = await decoder.ask(DecodeRequest(picture(tmp_path), 16, 16, OutputForm.DOTS))
    assert len(reply.data) == reply.width * reply.height
    assert set(reply.data) <= {0, 255}


async def test_a_sound_is_peaks_and_a_length(decoder: Decoder, tmp_path: Path) -> None:
    reply = await decoder.ask(DecodeRequest(sound(tmp_path), 20, 8))
    assert (reply.facts.kind, reply.facts.seconds, reply.facts.rate) == ("sound", 2.0, 8000)
    assert len(reply.data) == 20
    assert max(reply.data[:9]) < 10 < 200 < min(reply.data[11:])


async def test_a_film_is_a_frame_a_strip_and_a_reel(decoder: Decoder, tmp_path: Path) -> None:
    pytest.importorskip("av")
    path = film(tmp_path)
    one = await decoder.ask(DecodeRequest(path, 64, 64))
    assert (one.facts.kind, round(one.facts.seconds), one.facts.width) == ("film", 2, 128)
    strip = await decoder.ask(DecodeRequest(path, 64, 64, frames=4))
    assert strip.height > one.height
    below = strip.data[-strip.width * 3 :]
    first, last = below[9:12], below[-12:-9]
    assert first[0] > first[2]  # the first small frame is red, the last one is blue
    assert last[0] < last[2]
    reel = await decoder.ask(DecodeRequest(path, 64, 64, reel=True, rate=4))
    assert (reel.count, len(reel.data)) == (8, 8 * 64 * 36 * 3)
    assert reel.data[0] > reel.data[2]
    assert reel.data[-3] < reel.data[-1]


async def test_an_animation_is_a_film(decoder: Decoder, tmp_path: Path) -> None:
    reel = await decoder.ask(DecodeRequest(animation(tmp_path), 32, 32, reel=True, rate=5))
    assert (reel.facts.kind, reel.facts.seconds, reel.count) == ("film", 1.0, 5)


# --------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("gone.png", None, "viewer.gone"),
        ("empty.png", b"", "viewer.broken"),
        ("broken.png", b"\x89PNG\r\n\x1a\n but no more", "viewer.broken"),
        ("lies.png", b"%!PS-Adobe-3.0 EPSF", "viewer.broken"),
        ("lies.jpg", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "viewer.broken"),
        ("broken.wav", b"RIFF\x10\0\0\0WAVEfmt ", "viewer.broken"),
        ("broken.mp4", b"\0\0\0\x18ftypmp42" + bytes(400), "viewer.broken"),
        ("broken.mp3", b"ID3" + bytes(4000), "viewer.broken"),
        ("broken.webm", b"\x1a\x45\xdf\xa3" + bytes(40), "viewer.broken"),
    ],
)
async def test_what_cannot_be_shown_is_one_sentence(
    decoder: Decoder, tmp_path: Path, name: str, content: bytes | None, key: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CannotShow) as caught:
        await decoder.ask(DecodeRequest(str(path), 20, 20))
    assert caught.value.key == key
    assert i18n.say(key, **caught.value.values)
    good = await decoder.ask(DecodeRequest(picture(tmp_path, "good.png"), 20, 20))
    assert good.width == 20


async def test_truncated_files_of_every_kind_hurt_nobody(decoder: Decoder, tmp_path: Path) -> None:
    pytest.importorskip("av")
    whole = [
        picture(tmp_path, size=(300, 200)),
        sound(tmp_path),
        film(tmp_path),
        animation(tmp_path),
    ]
    for path in whole:
        data = Path(path).read_bytes()
        for share in (0.1, 0.5, 0.9):
            cut = tmp_path / f"cut{Path(path).suffix}"
            cut.write_bytes(data[: int(len(data) * share)])
            with suppress(CannotShow):  # or it is shown as far as it goes
                await decoder.ask(DecodeRequest(str(cut), 20, 20, frames=3))
            assert decoder._child is not None
            assert decoder._child.returncode is None
    assert (await decoder.ask(DecodeRequest(whole[0], 20, 20))).width == 20


async def test_a_bomb_is_refused_and_takes_no_memory(decoder: Decoder, tmp_path: Path) -> None:
    """A hundred million pixels in a hundred kilobytes."""
    import struct

    side = 20_000
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(side * 3 + 1)) for _ in range(200)) + packer.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body))
    with pytest.raises(CannotShow, match=r"viewer\.too_big"):
        await decoder.ask(DecodeRequest(str(path), 20, 20))
    child = decoder._child
    assert child is not None
    status = Path(f"/proc/{child.pid}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 120_000


# ------------------------------------------------------------------------------------ the child


async def test_a_child_that_hangs_is_ended_and_the_next_one_works(tmp_path: Path) -> None:
    decoder = Decoder(seconds=60)
    path = picture(tmp_path)
    await decoder.ask(DecodeRequest(path, 20, 20))
    decoder._seconds = 0.5
    child = decoder._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    async with asyncio.timeout(50):  # and not after the 60 s that it once had
        with pytest.raises(CannotShow, match=r"viewer\.too_slow"):
            await decoder.ask(DecodeRequest(path, 20, 20))
    assert child.returncode == -signal.SIGKILL
    decoder._seconds = 30
    assert (await decoder.ask(DecodeRequest(path, 20, 20))).width == 20
    await decoder.aclose()


async def test_a_child_that_dies_costs_one_picture(decoder: Decoder, tmp_path: Path) -> None:
    path = picture(tmp_path)
    await decoder.ask(DecodeRequest(path, 20, 20))
    assert decoder._child is not None
    decoder._child.kill()
    await decoder._child.wait()
    assert (await decoder.ask(DecodeRequest(path, 20, 20))).width == 20


async def test_the_newest_wish_goes_first_and_dropped_ones_are_never_decoded(
    decoder: Decoder, tmp_path: Path
) -> None:
    order: list[int] = []
    path = picture(tmp_path, size=(900, 900))

    async def want(number: int) -> None:
        await decoder.ask(DecodeRequest(path, 10 + number, 10))
        order.append(number)

    waiting = [asyncio.create_task(want(number)) for number in range(6)]
    await asyncio.sleep(0)
    waiting[2].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order == [5, 4, 3, 1, 0]


async def test_the_child_ends_with_us_and_never_sees_the_key(
    decoder: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMA_API_KEY", "ima_canary")
    await decoder.ask(DecodeRequest(picture(tmp_path), 20, 20))
    child = decoder._child
    assert child is not None
    environment = Path(f"/proc/{child.pid}/environ")
    if environment.exists():
        assert b"ima_canary" not in environment.read_bytes()
    assert not any(name.startswith("IMA") for name in KEPT)
    await decoder.aclose()
    assert child.returncode is not None


def test_everything_that_goes_wrong_in_a_decoder_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, key in ((ValueError("x"), "viewer.broken"), (MemoryError(), "viewer.too_big")):

        def fall(request: DecodeRequest, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(still, "show", fall)
        with pytest.raises(CannotShow, match=key.replace(".", r"\.")):
            worker.answer(DecodeRequest(picture(tmp_path), 20, 20))
