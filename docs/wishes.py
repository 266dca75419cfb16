"""Twelve prompts, in English and in Chinese, done in the demo by keys alone, and drawn as PNG.

make wishes                 docs/wishes.md and docs/screenshots/wishes/
python docs/wishes.py --size 80x24 --language zh --folder /tmp/wishes
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "docs")]

from terminal.pty_program import PtyProgram  # noqa: E402
from terminal_picture import draw  # noqa: E402

COLOURS = 96  # of a picture's palette: a theme's, and those of previews
ALL_DONE = r"(?m)^ \d+ (done|个已完成)( |$)"
"""The queue's summary when nothing runs or waits any more: it begins with what is done."""
PICTURES = {"cat.png": "#d8a657", "day.png": "#9ed2f2", "night.png": "#1d2450"}


@dataclass(frozen=True)
class Wish:
    """`reads` is what the screen must show before it is sent, or the prompt was misunderstood."""

    name: str
    words: dict[str, str]
    reads: dict[str, str]
    told: str


WISHES = (
    Wish(
        "text-to-image",
        {
            "en": "Draw a red fox in the snow, 16:9, in 4K, just this once with Nano Banana 2",
            "zh": "画一只雪地里的红狐狸，16:9，4K，仅本次用 Nano Banana 2",
        },
        {"en": "text to image", "zh": "文生图"},
        "A prompt makes an image; aspect ratio and size become parameters of the model. "
        "“Just this once” leaves the preferred model as it is.",
    ),
    Wish(
        "image-to-image",
        {"en": "Turn cat.png into a watercolour painting", "zh": "把 cat.png 变成水彩画"},
        {"en": "image to image", "zh": "图生图"},
        "A path in the prompt is the image to change.",
    ),
    Wish(
        "text-to-video",
        {
            "en": "A 10s video of a puppy running on the beach, with Kling O1",
            "zh": "用可灵O1做一段10秒的视频：小狗在海滩上奔跑",
        },
        {"en": "text to video", "zh": "文生视频"},
        "Duration and model are taken from the prompt.",
    ),
    Wish(
        "image-to-video",
        {
            "en": "Animate cat.png: she slowly turns her head",
            "zh": "让 cat.png 动起来，猫慢慢转过头",
        },
        {"en": "image to video", "zh": "图生视频"},
        "One image to animate.",
    ),
    Wish(
        "first-last-frame",
        {
            "en": "A video with day.png as the first frame and night.png as the last frame",
            "zh": "做一段视频，day.png 是首帧，night.png 是尾帧",
        },
        {"en": "first and last frame", "zh": "首尾帧"},
        "Two images, and which of them comes first.",
    ),
    Wish(
        "reference",
        {
            "en": "A video of her walking through a market, cat.png as the reference",
            "zh": "参考 cat.png 里的角色，做一段她逛集市的视频",
        },
        {"en": "reference", "zh": "参考"},
        "An image that shows what somebody looks like, and is not a frame.",
    ),
    Wish(
        "text-to-music",
        {
            "en": "Lo-fi music to study by, 90 BPM, no vocals",
            "zh": "适合学习的轻音乐，90 BPM，纯音乐",
        },
        {"en": "text to music", "zh": "(文生|文本生成)?音乐"},
        "“No vocals” becomes the model's own switch; the tempo stays in the prompt.",
    ),
    Wish(
        "text-to-speech",
        {
            "en": 'Read this aloud: "Welcome to our little studio."',
            "zh": "朗读：“欢迎来到我们的小工作室。”",
        },
        {"en": "text to speech", "zh": "(语音|朗读)"},
        "Only the quoted text is spoken.",
    ),
    Wish(
        "workflow",
        {
            "en": "Draw a fox poster, then animate it as a 5s video, and add a lo-fi soundtrack",
            "zh": "先画一张狐狸海报，再做成5秒的视频，最后配一首轻快的钢琴曲",
        },
        {"en": "→", "zh": "→"},
        "Several media become a workflow: every step with its model and price, and the total.",
    ),
    Wish(
        "preference-saved",
        {
            "en": "Always use Nano Banana Pro; draw a lighthouse",
            "zh": "以后都用 Nano Banana Pro，画一座灯塔",
        },
        {"en": r"set Nano Banana Pro as preferred", "zh": r"将 Nano Banana Pro 设为"},
        "Compose shows which preferred model sending will set; f5 shows it afterwards.",
    ),
    Wish(
        "preference-cleared",
        {
            "en": "Use the best model; draw a lighthouse at night",
            "zh": "用最好的模型，画一座夜晚的灯塔",
        },
        {"en": "clear the preferred model", "zh": "清除.*偏好模型"},
        "“The best” clears it again.",
    ),
    Wish(
        "impossible",
        {"en": "A 30s video of a whale in 8K", "zh": "一段30秒的8K鲸鱼视频"},
        {"en": "8K", "zh": "8K"},
        "What isn't available is named at once, with what is.",
    ),
    Wish(
        "ambiguous",
        {"en": "Make a video of day.png and night.png", "zh": "用 day.png 和 night.png 做一段视频"},
        {"en": "How should the 2 images", "zh": "这 2 张图片怎么用"},
        "How each image is used is asked next to the prompt, and answered there.",
    ),
)


class Afternoon:
    """All wishes in one demo, at one size and in one language."""

    def __init__(self, folder: Path, size: str, language: str) -> None:
        self._folder, self._language = folder, language
        self._home = tempfile.TemporaryDirectory()
        home = Path(self._home.name)
        for name, colour in PICTURES.items():
            _paint(home / name, colour)
        # so that the wishes are sent by one key: what is asked above is another picture
        (home / "config.toml").write_text("[spending]\nask_above = 1000\n", "utf-8")
        columns, _, rows = size.partition("x")
        env = {
            "HOME": str(home),
            "IMA_TUI_CONFIG": str(home / "config.toml"),
            "COLORTERM": "truecolor",
        }
        command = [sys.executable, "-m", "ima_tui", "demo", "--speed", "12"]
        command += ["--language", language]
        self._program = PtyProgram(
            command, columns=int(columns), rows=int(rows), env=env, cwd=str(home)
        )

    def run(self) -> None:
        with self._home, self._program as program:
            program.wait(r"5 (pts|积分|点)")
            for wish in WISHES:
                self._wish(wish)
            program.press("f3")
            program.wait(ALL_DONE, 120)
            self._shot("all-done")

    def _wish(self, wish: Wish) -> None:
        program = self._program
        program.press("f2")
        program.read(0.4)
        program.press("i", *("ctrl+u", "\x7f") * 4)  # each line as it is wrapped
        program.read(0.5)
        program.type(wish.words[self._language])
        program.wait(wish.reads[self._language], 8)
        self._shot(wish.name)
        if wish.name == "ambiguous":
            program.type("\x1b1")  # alt+1, the first answer
            program.read(0.6)
            self._shot("ambiguous-answered")
        program.press("ctrl+j")
        program.read(1.2)
        if wish.name == "workflow":
            self._shot("workflow-plan")
            program.press("ctrl+j")
            program.read(0.6)
            program.press("enter")
            program.read(1.0)
            program.press("escape")
        if wish.name.startswith("preference"):
            program.press("f5")
            program.read(0.6)
            self._shot(f"{wish.name}-after")

    def _shot(self, name: str) -> None:
        self._program.read(0.8)
        path = self._folder / f"{name}-{self._language}.png"
        draw(self._program.screen, path)
        with Image.open(path) as picture:
            small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


def _paint(path: Path, colour: str) -> None:
    picture = Image.new("RGB", (512, 512), colour)
    ImageDraw.Draw(picture).ellipse((176, 176, 336, 336), fill="#f4f1e4")
    picture.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--language", action="append", choices=("en", "zh"))
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "screenshots" / "wishes")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    for language in wanted.language or ("en", "zh"):
        Afternoon(wanted.folder, wanted.size, language).run()
    if wanted.folder == ROOT / "docs" / "screenshots" / "wishes":
        (ROOT / "docs" / "wishes.md").write_text(_page(wanted.folder), "utf-8")


def _page(folder: Path) -> str:
    lines = ["# Twelve prompts, by keys alone", ""]
    lines += ["Written by `make wishes`: the demo in a real pty, in English and in Chinese.", ""]
    for wish in WISHES:
        lines += [f"## {wish.name.replace('-', ' ').capitalize()}", "", wish.told, ""]
        for language in ("en", "zh"):
            lines += [f"> {wish.words[language]}", ""]
            for name in (wish.name, *(f"{wish.name}-{more}" for more in ("plan", "after"))):
                if (folder / f"{name}-{language}.png").exists():
                    lines += [f"![{name}](screenshots/wishes/{name}-{language}.png)", ""]
        if wish.name == "ambiguous":
            answered = "screenshots/wishes/ambiguous-answered"
            lines += [f"![answered]({answered}-en.png)", "", f"![answered]({answered}-zh.png)", ""]
    lines += ["## All of them", "", "Done, and their results in the queue.", ""]
    for language in ("en", "zh"):
        lines += [f"![all done](screenshots/wishes/all-done-{language}.png)", ""]
    return "\n".join(lines[:-1]) + "\n"


if __name__ == "__main__":
    main()
