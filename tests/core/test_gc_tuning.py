"""The collector's pause: only over what a start makes."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from ima_tui.core import gc_tuning as garbage
before, frozen = gc.get_threshold(), gc.get_freeze_count()
garbage.resume()
assert gc.get_threshold() == before and gc.get_freeze_count() == frozen
garbage.rest()
assert not gc.isenabled()
kept = [[] for _ in range(1000)]
garbage.resume()
assert gc.isenabled() and gc.get_freeze_count() > frozen + 1000
assert gc.get_threshold() == (garbage.YOUNG, garbage.MIDDLE, garbage.OLD)
print("as said")
"""


def test_it_rests_until_it_is_called_back_and_leaves_the_start_alone() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("as said\n", "")
