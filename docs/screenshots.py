"""Makes the pictures of every place: the demo, driven by keys in a real pty, drawn as PNG.

make screenshots            the few that the docs show, into docs/screenshots/
python docs/screenshots.py --all --folder /tmp/shots    every screen, size, language and theme
python docs/screenshots.py --all --folder /tmp/shots --size 80x24 --language zh --theme ima-light
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "docs")]

from terminal.pty_program import PtyProgram  # noqa: E402
from terminal_picture import draw  # noqa: E402

SIZES = ("60x20", "80x24", "120x40", "200x60")
LANGUAGES = ("en", "zh")
THEMES = ("ima-dark", "ima-light")
SHOWN = {
    ("80x24", "en"): {"models", "compose", "queue", "gallery", "preferences", "logs"},
    ("120x40", "en"): {"compose", "queue", "gallery", "plan"},
    ("80x24", "zh"): {"queue", "plan"},
}
"""What README and docs show, all in the dark theme."""
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

READ = {
    "en": "a 10 second video of a puppy in the snow with Kling O1, 16:9, always use it",
    "zh": "用可灵O1画一段10秒的小狗视频，在雪地里奔跑，横屏，以后都用它",
}
PLANS = {
    "en": "Draw a fox in snow, then animate it as a vertical video, and add a lo-fi soundtrack",
    "zh": "先画一张竖屏的狐狸海报，再做成视频，最后配一首轻快的钢琴曲",
}


class Tour:
    """One run through the places at one size, in one language and theme."""

    def __init__(
        self, folder: Path, size: str, language: str, theme: str, only: set[str] | None = None
    ) -> None:
        """`only` names the pictures to keep; without it all are kept."""
        self._only = only
        self._name = f"{size}-{language}-{theme.removeprefix('ima-')}"
        self._folder = folder
        self._language = language
        self._sent: list[str] = []
        columns, _, rows = size.partition("x")
        self._home = tempfile.TemporaryDirectory()
        home = Path(self._home.name)
        (home / "config.toml").write_text(f'[look]\ntheme = "{theme}"\n', "utf-8")
        self._size = int(columns), int(rows)
        self._env = {
            "HOME": str(home),
            "IMA_TUI_CONFIG": str(home / "config.toml"),
            "IMA_TUI_DATA_DIR": str(home / "data"),
            "IMA_PREFS_PATH": str(home / "prefs.json"),
            "IMA_LOG_DIR": str(home / "logs"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "COLORTERM": "truecolor",
        }

    def _started(self, *command: str) -> PtyProgram:
        command = (sys.executable, "-m", "ima_tui", *command, "--language", self._language)
        columns, rows = self._size
        self._program = PtyProgram(command, columns=columns, rows=rows, env=self._env)
        return self._program

    def run(self) -> None:
        with self._home:
            if self._keeps("welcome"):
                self._welcome()
            self._places()

    def _welcome(self) -> None:
        """The first start, without a key."""
        with self._started() as program:
            program.wait("ima_")
            self._shot("welcome")

    def _places(self) -> None:
        with self._started("demo", "--speed", "12") as program:
            program.wait(r"5 (pts|积分|点)")
            for kind, wish in WISHES[self._language]:
                self._send(kind, wish)
            program.press("f3")
            self._settle(2.5)
            self._shot("queue-running")
            program.wait("✓ (done|已完成).*", 60)
            self._until_all_done()
            program.press("home", "G")
            self._shot("queue")
            program.press("enter")
            self._settle(1.5)
            self._shot("viewer")
            program.press("escape")
            self._compose()
            program.press("f4")
            self._settle(3.0)
            program.press("down", "right")
            self._shot("gallery")
            program.press("1")
            self._shot("models")
            program.press("p", "5")
            self._shot("preferences")
            program.press("s")
            self._settle(0.6)
            self._shot("settings")
            program.press("escape", "6")
            self._shot("logs")
            program.press("?")
            self._shot("help")
            if self._keeps("plan"):
                self._plan()

    def _compose(self) -> None:
        """Words that say more than what is to be seen, beside what came of the last."""
        program = self._program
        program.press("f2")
        self._settle(0.4)
        program.press("ctrl+n")
        program.type(READ[self._language])
        self._settle(1.0)
        self._shot("compose")

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
        program.press("ctrl+n")
        program.type(wish)
        self._settle(0.4)
        program.press("ctrl+j")
        self._sent.append(wish)
        self._settle(0.6)

    def _plan(self) -> None:
        """Several things in one wish, on their way."""
        program = self._program
        program.press("escape", "f2")
        self._settle(0.4)
        program.press("ctrl+n")
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

    def _keeps(self, screen: str) -> bool:
        return self._only is None or screen in self._only

    def _settle(self, seconds: float) -> None:
        self._program.read(seconds)

    def _shot(self, screen: str) -> None:
        if self._keeps(screen):
            self._settle(0.8)
            draw(self._program.screen, self._folder / f"{screen}-{self._name}.png")


def tours(wanted: argparse.Namespace) -> list[Tour]:
    """Those of every size, language and theme, or those that the docs show."""
    if not wanted.all:
        return [
            Tour(wanted.folder, size, language, "ima-dark", only)
            for (size, language), only in SHOWN.items()
        ]
    ways = product(wanted.size or SIZES, wanted.language or LANGUAGES, wanted.theme or THEMES)
    return [Tour(wanted.folder, size, language, theme) for size, language, theme in ways]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every screen, not the docs' alone")
    parser.add_argument("--size", action="append", help="with --all")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="with --all")
    parser.add_argument("--theme", action="append", help="with --all")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "screenshots")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    for tour in tours(wanted):
        tour.run()


if __name__ == "__main__":
    main()
