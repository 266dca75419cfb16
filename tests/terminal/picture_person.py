"""A gallery of one picture in a real terminal: `python picture_person.py PICTURE`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))

from fake import FakeStudio, done

from ima_tui.tui.app import ImaApp

if __name__ == "__main__":
    studio = FakeStudio((done(1, sys.argv[1]), done(2, "")))
    ImaApp(studio, start="gallery", frame_first=True).run()  # type: ignore[arg-type]
