"""Draw every screen and window as PNG: the demo, driven by keys in a real pty.

make screenshots            the few that the docs show, into docs/screenshots/
python docs/screenshots.py --film                       of these, only the film at four sizes
python docs/screenshots.py --all --folder /tmp/shots    every screen, window, size, language, theme
python docs/screenshots.py --all --folder /tmp/shots --size 80x24 --language zh --theme ima-light
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "docs")]

from terminal.pty_program import PtyProgram  # noqa: E402
from terminal_picture import mosaic, picture_of  # noqa: E402

SIZES = ("60x20", "80x24", "120x40", "200x60")
LANGUAGES = ("en", "zh")
THEMES = ("ima-dark", "ima-light")
SHOWN = {
    ("80x24", "en"): {"models", "compose", "queue", "gallery", "preferences", "logs"},
    ("120x40", "en"): {"compose", "queue", "gallery", "plan", "film", "spending"},
    ("80x24", "zh"): {"queue", "plan"},
}
"""What README and docs show, all in the dark theme."""
PROMPTS = {
    "en": (
        "a picture of a lighthouse in heavy fog, oil on canvas",
        "lo-fi music, 90 BPM, no vocals",
        "a 5s video of a puppy dancing happily on a sunny meadow",
        "a picture of a city skyline at dusk, Nano Banana Pro",
    ),
    "zh": (
        "画一张图片：旺财在雪地里奔跑，电影感",
        "轻快的钢琴曲，90 BPM，纯音乐",
        "做一段5秒的视频：灯塔在浓雾中，镜头慢慢推近",
        "用 Nano Banana Pro 画一张黄昏的城市天际线",
    ),
}
UNDERSTOOD = {
    "en": "a 10s video of a puppy dancing on a meadow with Kling O1, 21:9",
    "zh": "用可灵O1做一段10秒的视频：小狗在草地上跳舞，21:9",
}
SPEECH = {
    "en": 'Read this aloud: "Welcome to our little studio."',
    "zh": "朗读：“欢迎来到我们的小工作室。”",
}
WORKFLOWS = {
    "en": "Draw a fox in snow, then animate it as a vertical video, and add a lo-fi soundtrack",
    "zh": "先画一张竖屏的狐狸海报，再做成视频，最后配一首轻快的钢琴曲",
}
FILMS = {
    "en": "A film about a lighthouse in three shots, 9 seconds, calm piano music, "
    "a voice-over saying 'The light never sleeps.'",
    "zh": "9秒的灯塔短片，三个镜头，配舒缓的钢琴曲，旁白“灯光从不入睡。”",
}


class Tour:
    """One run through the places at one size, in one language and theme."""

    def __init__(
        self, folder: Path, size: str, language: str, theme: str, only: set[str] | None = None
    ) -> None:
        """`only` names the pictures to keep; without it all are kept."""
        self._only = only
        self.pictures: dict[str, Image.Image] = {}
        self._name = f"{size}-{language}-{theme.removeprefix('ima-')}"
        self._folder = folder
        self._language = language
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
            program.wait(r"5 (pts|积分)")
            self._settle(1.5)
            if self._only == {"film"}:
                self._film()
                return
            self._shot("compose-empty")
            for prompt in PROMPTS[self._language]:
                self._write(prompt)
                program.press("ctrl+j")
                self._settle(1.0)
            self._go("3")
            self._settle(2.0)
            self._shot("queue-running")
            self._until_all_done()
            program.press("home")
            self._settle(1.5)
            self._shot("queue")
            self._window("viewer", "enter")
            self._window("palette", ":")
            self._window("help", "f1")
            program.press("$")
            self._settle(1.0)
            self._shot("spending")
            self._compose()
            self._go("4")
            self._settle(3.0)
            program.press("down", "right")
            self._shot("gallery")
            self._window("gallery-save", "w")
            self._go("1")
            self._shot("models")
            self._window("models-task-types", "t")
            program.press("*")
            self._go("5")
            self._shot("preferences")
            self._window("settings", "]")
            self._go("6")
            self._shot("logs")
            if self._keeps("plan"):
                self._plan()
            if self._keeps("film"):
                self._film()

    def _compose(self) -> None:
        """The prompt understood, and what can be asked or set in windows."""
        program = self._program
        self._write(UNDERSTOOD[self._language])
        self._shot("compose")
        self._window("confirm", "ctrl+j")
        self._window("history", "escape", "h")
        self._window("model-picker", "escape", "m")
        self._write(SPEECH[self._language])
        program.press("escape", "down", "down", "down")
        self._window("voices", "enter")
        program.press("down", "down")
        self._window("text-editor", "enter")

    def _go(self, place: str) -> None:
        """To a screen, from a text field, too."""
        self._program.press("escape", place)
        self._settle(0.8)

    def _write(self, prompt: str) -> None:
        """A new draft with this prompt."""
        self._go("2")
        self._program.press("ctrl+n")
        self._program.type(prompt)
        self._settle(1.2)

    def _window(self, name: str, *keys: str) -> None:
        """A window that these keys open, closed again."""
        self._program.press(*keys)
        self._settle(0.8)
        self._shot(name)
        self._program.press("escape")
        self._settle(0.5)

    def _plan(self) -> None:
        """A prompt in several steps, on their way."""
        program = self._program
        self._write(WORKFLOWS[self._language])
        program.press("ctrl+j")
        self._settle(1.5)
        program.press("ctrl+j")
        self._settle(1.0)
        program.press("enter")
        self._settle(5.0)
        self._shot("plan")

    def _film(self) -> None:
        """A storyboard whose film is assembled: the master image first, then the rest."""
        program = self._program
        self._write(FILMS[self._language])
        program.press("ctrl+j")
        self._settle(3.0)
        for _ in range(2):
            program.press("ctrl+j")
            self._settle(2.0)
            program.press("enter")
            self._settle(6.0)
        program.wait("The film is ready|影片已完成", 240)
        # small screens show where it begins, large ones all of it
        program.press("end" if self._size[0] > 100 else "home")
        self._settle(1.0)
        self._shot("film")

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
            self.pictures[screen] = picture_of(self._program.screen)

    def save(self) -> None:
        """Write every picture into the folder."""
        for screen, picture in self.pictures.items():
            picture.save(self._folder / f"{screen}-{self._name}.png", optimize=True)


def tours(wanted: argparse.Namespace) -> list[Tour]:
    """Those of every size, language and theme, or those that the docs show."""
    if not wanted.all:
        return [
            Tour(wanted.folder, size, language, "ima-dark", only)
            for (size, language), only in SHOWN.items()
        ]
    ways = product(wanted.size or SIZES, wanted.language or LANGUAGES, wanted.theme or THEMES)
    return [Tour(wanted.folder, size, language, theme) for size, language, theme in ways]


def save_film_at_every_size(folder: Path) -> None:
    """The first picture of the README."""
    pictures: dict[str, Image.Image] = {}
    for size in SIZES:
        tour = Tour(folder, size, "en", "ima-dark", {"film"})
        tour.run()
        pictures[size] = tour.pictures["film"]
    mosaic(pictures).save(folder / "film-sizes-en-dark.png", optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every screen, not the docs' alone")
    parser.add_argument("--film", action="store_true", help="only the film at four sizes")
    parser.add_argument("--size", action="append", help="with --all")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="with --all")
    parser.add_argument("--theme", action="append", help="with --all")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "screenshots")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    for tour in () if wanted.film else tours(wanted):
        tour.run()
        tour.save()
    if not wanted.all:
        save_film_at_every_size(wanted.folder)


if __name__ == "__main__":
    main()
