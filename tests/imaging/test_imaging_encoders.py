"""What is sent to a terminal, read back by decoders that know nothing of the encoders."""

from __future__ import annotations

import base64
import io
import random
import re
import unicodedata
from pathlib import Path

import pytest
from files import picture
from PIL import Image
from unsixel import decode

from ima_tui.imaging import still, terminal
from ima_tui.imaging.request import DecodeRequest, OutputForm
from ima_tui.imaging.worker import answer

# ----------------------------------------------------------------------------------------- sixel


@pytest.mark.parametrize("size", [(1, 1), (7, 6), (40, 13), (33, 60)])
def test_sixel_comes_back_pixel_by_pixel(size: tuple[int, int]) -> None:
    width, height = size
    dice = random.Random(width)
    palette = [(dice.randrange(256), dice.randrange(256), dice.randrange(256)) for _ in range(17)]
    pixels = bytes(dice.choice([0, 0, 0, dice.randrange(17)]) for _ in range(width * height))
    wide, high, found = decode(still.encode_sixel(pixels, palette, width, height))
    assert (wide, high, len(found)) == (width, height, width * height)
    for at, index in enumerate(pixels):
        wanted = tuple(round(part * 100 / 255) for part in palette[index])
        assert found[at % width, at // width] == wanted


def test_a_plain_area_is_a_few_bytes() -> None:
    assert len(still.encode_sixel(bytes(600 * 600), [(1, 2, 3)], 600, 600)) < 1200


def test_a_photograph_as_sixel_is_near_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.radial_gradient("L").convert("RGB").save(path)
    reply = answer(DecodeRequest(str(path), 128, 128, OutputForm.SIXEL))
    width, height, found = decode(reply.data)
    assert (width, height, len(found)) == (128, 128, 128 * 128)
    wanted = Image.radial_gradient("L").resize((128, 128))
    off = [
        abs(found[x, y][0] * 2.55 - wanted.getpixel((x, y))) for x in range(128) for y in range(128)
    ]  # type: ignore[operator]
    assert sum(off) / len(off) < 6


# ----------------------------------------------------------------------------------------- kitty


def test_kitty_chunks_come_back_as_the_picture(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(150 * 100 * 3)
    buffer = io.BytesIO()
    Image.frombytes("RGB", (150, 100), noise).save(buffer, "PNG")
    sequences = terminal.upload(77, buffer.getvalue(), 15, 5)
    assert len(sequences) > 3
    body = ""
    for at, sequence in enumerate(sequences):
        found = re.fullmatch(r"\x1b_G([^;]*);([A-Za-z0-9+/=]*)\x1b\\", sequence)
        assert found
        facts = dict(pair.split("=") for pair in found[1].split(","))
        assert len(found[2]) <= 4096
        assert facts["m"] == ("0" if at == len(sequences) - 1 else "1")
        assert facts["q"] == "2"
        if at == 0:
            assert {k: facts[k] for k in "aUficr"} == {
                "a": "T",
                "U": "1",
                "f": "100",
                "i": "77",
                "c": "15",
                "r": "5",
            }
        else:
            assert len(sequences[at - 1].partition(";")[2]) == 4096 + 2
        body += found[2]
    with Image.open(io.BytesIO(base64.b64decode(body))) as back:
        assert back.tobytes() == noise


def test_every_cell_of_kitty_names_its_row_and_column() -> None:
    text = terminal.cells(3, 20)
    assert len(text) == 60
    for column in range(20):
        holder, row, at = text[column * 3 : column * 3 + 3]
        assert holder == "\U0010eeee"
        assert (terminal.DIGITS.index(row), terminal.DIGITS.index(at)) == (3, column)


def test_kittys_digits_are_marks_above_without_decomposition() -> None:
    assert len(set(terminal.DIGITS)) == len(terminal.DIGITS) == terminal.MOST_CELLS + 1
    assert terminal.DIGITS[:5] == ("\u0305", "\u030d", "\u030e", "\u0310", "\u0312")
    for digit in terminal.DIGITS:
        assert (unicodedata.combining(digit), unicodedata.decomposition(digit)) == (230, "")


def test_tmux_hands_on_what_it_unwraps() -> None:
    inner = terminal.delete(5)
    wrapped = terminal.through_tmux(inner)
    assert wrapped.startswith("\x1bPtmux;")
    assert wrapped.endswith("\x1b\\")
    assert wrapped[7:-2].replace("\x1b\x1b", "\x1b") == inner


# ---------------------------------------------------------------------------------------- iTerm2


def test_iterm2_gets_the_file_and_its_cells(tmp_path: Path) -> None:
    reply = answer(DecodeRequest(picture(tmp_path), 200, 200, OutputForm.JPEG))
    found = re.fullmatch(
        r"\x1b\]1337;File=([^:]*):([A-Za-z0-9+/=]*)\x07", terminal.iterm2_image(reply.data, 20, 5)
    )
    assert found
    facts = dict(pair.split("=") for pair in found[1].split(";"))
    assert (facts["inline"], facts["width"], facts["height"]) == ("1", "20", "5")
    assert int(facts["size"]) == len(reply.data)
    with Image.open(io.BytesIO(base64.b64decode(found[2]))) as back:
        assert back.size == (200, 100)
        red, _, blue = back.convert("RGB").getpixel((20, 20))  # type: ignore[misc]
        assert red > blue
