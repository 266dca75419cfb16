"""Makes the pictures of every place: the demo, driven by keys in a real pty, drawn as PNG.

make screenshots            all of them into docs/screenshots/
python docs/screenshots.py --size 80x24 --language zh --theme ima-light --folder /tmp/shots
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "docs")]

from terminal.pty_program import PtyProgram  # noqa: E402
from terminal_picture import draw  # noqa: E402

SIZES = ("60x20", "80x24", "120x40")
WISHES = {
    "en": (
        ("text to image", "a lighthouse in heavy fog, oil on canvas"),
        ("music", "lo-fi, 90 BPM, no vocals"),
        ("text to video", "a puppy dancing happily, sunny meadow"),
        ("text to image", "city skyline at dusk"),
    ),
    "zh": (
        ("文生图", "旺财在雪地里奔跑，电影感"),
        ("音乐", "轻快的钢琴曲，90 BPM"),
        ("文生视频", "灯塔在浓雾中，镜头慢慢推近"),
        ("文生图", "黄昏的城市天际线"),
    ),
}

PLANS = {
    "en": "Draw a fox in snow, then animate it as a vertical video, and add a lo-fi soundtrack",
    "zh": "先画一张竖屏的狐狸海报，再做成视频，最后配一首轻快的钢琴曲",
}


class Tour:
    """One run through the places at one size, in one language and theme."""

    def __init__(self, folder: Path, size: str, language: str, theme: str) -> None:
        self._name = f"{size}-{language}-{theme.removeprefix('ima-')}"
        self._folder = folder
        self._language = language
        self._sent: list[str] = []
        columns, _, rows = size.partition("x")
        self._home = tempfile.TemporaryDirectory()
        home = Path(self._home.name)
        (home / "config.toml").write_text(f'[look]\ntheme = "{theme}"\n', "utf-8")
        env = {
            "HOME": str(home),
            "IMA_TUI_CONFIG": str(home / "config.toml"),
            "COLORTERM": "truecolor",
        }
        command = [sys.executable, "-m", "ima_tui", "demo", "--speed", "12"]
        command += ["--language", language]
        self._program = PtyProgram(command, columns=int(columns), rows=int(rows), env=env)

    def run(self) -> None:
        with self._home, self._program as program:
            program.wait(r"5 (pts|积分|点)")
            for kind, wish in WISHES[self._language]:
                self._send(kind, wish)
            program.press("f3")
            self._settle(2.5)
            self._shot("queue-running")
            program.wait("✓ (done|完成).*", 60)
            self._until_all_done()
            program.press("home", "G")
            self._shot("queue")
            program.press("enter")
            self._settle(1.5)
            self._shot("viewer")
            program.press("escape", "f4")
            self._settle(3.0)
            program.press("down", "right")
            self._shot("gallery")
            program.press("1")
            self._shot("models")
            program.press("p")
            program.press("5")
            self._shot("preferences")
            program.press("6")
            self._shot("logs")
            program.press("?")
            self._shot("help")
            self._plan()

    def _send(self, kind: str, wish: str) -> None:
        program = self._program
        program.press("f2")
        self._settle(0.4)
        program.press("ctrl+t")
        self._settle(0.4)
        program.type(kind)
        self._settle(0.4)
        program.press("enter")
        self._settle(0.4)
        program.press("ctrl+a", "ctrl+k")
        program.type(wish)
        self._settle(0.4)
        if len(self._sent) == 0:
            self._shot("compose")
        program.press("ctrl+j")
        self._sent.append(wish)
        self._settle(0.6)

    def _plan(self) -> None:
        """Several things in one wish, on their way."""
        program = self._program
        program.press("escape", "f2")
        self._settle(0.4)
        program.press("i", "ctrl+a", "ctrl+k")
        program.type(PLANS[self._language])
        self._settle(0.6)
        program.press("ctrl+j")
        self._settle(1.0)
        program.press("ctrl+j")
        self._settle(0.6)
        program.press("enter")
        self._settle(5.0)
        self._shot("plan")

    def _until_all_done(self) -> None:
        for _ in range(60):
            self._settle(1.0)
            if "◐" not in self._program.text:
                return

    def _settle(self, seconds: float) -> None:
        self._program.read(seconds)

    def _shot(self, place: str) -> None:
        self._settle(0.8)
        draw(self._program.screen, self._folder / f"{place}-{self._name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", action="append")
    parser.add_argument("--language", action="append", choices=("en", "zh"))
    parser.add_argument("--theme", action="append")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "screenshots")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    for size in wanted.size or SIZES:
        for language in wanted.language or ("en", "zh"):
            for theme in wanted.theme or ("ima-dark",):
                Tour(wanted.folder, size, language, theme).run()


if __name__ == "__main__":
    main()
