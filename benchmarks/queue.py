"""What a full queue costs: `python benchmarks/queue.py`. The program is `full_queue` beside it.

A script's own folder comes first when modules are looked for, so that every benchmark in here
would take this file for the standard library's `queue`: it then makes way for that one.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sysconfig import get_path

if __name__ == "queue":
    spec = spec_from_file_location("queue", Path(get_path("stdlib")) / "queue.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["queue"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["queue"])

if __name__ == "__main__":
    from full_queue import main

    main()
