"""Hashes of a workflow's input files; approving a workflow includes their contents."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path

from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import LARGEST, local_path
from ima_tui.core.text import one_line
from ima_tui.core.text import size as size_in_words
from ima_tui.workflow.steps import Workflow, WorkflowStep, result_of

_PIECE = 1 << 20
_TROUBLE = {
    "missing": "error.input_missing",
    "unreadable": "error.input_unreadable",
    "loop": "error.input_loop",
    "no file": "error.input_no_file",
    "folder": "error.input_folder",
    "large": "error.input_large",
}


def look(workflow: Workflow) -> Workflow:
    """Return the workflow with the current hashes of its files.

    An unreadable file is recorded with its problem, because a workflow of paid steps can be shown
    without it. Reads at most `LARGEST` bytes of each file: call it off the event loop.
    """
    sources = {source for step in workflow.steps for source in step.inputs if _is_local(source)}
    return replace(workflow, files=tuple((each, _content(each)) for each in sorted(sources)))


def trouble(workflow: Workflow, step: WorkflowStep) -> UsageError | None:
    """Return why files of the step can't be sent, as of the last `look`, or None.

    All with the same trouble are named.
    """
    seen = dict(workflow.files)
    found = [(_TROUBLE.get(seen.get(source, "")), source) for source in step.inputs]
    key = next((key for key, _ in found if key is not None), None)
    if key is None:
        return None
    names = ", ".join(one_line(local_path(source), 200) for its, source in found if its == key)
    return UsageError(key, input=names, limit=size_in_words(LARGEST))


def _is_local(source: str) -> bool:
    written = source.strip().lower()
    is_link = "://" in written and not written.startswith("file:")
    return result_of(source) is None and not is_link and not written.startswith("data:")


def _content(source: str) -> str:
    """Return the SHA-256 of a file, or one of `_TROUBLE`'s words."""
    try:
        path = local_path(source)
        if Path(path).is_dir():
            return "folder"
        # must not block: the name may be a pipe's
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as reader:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                return "no file"
            if facts.st_size > LARGEST:
                return "large"
            found = hashlib.sha256()
            left = LARGEST  # it may be growing
            while left > 0 and (piece := reader.read(min(_PIECE, left))):
                found.update(piece)
                left -= len(piece)
            return found.hexdigest()
    except FileNotFoundError:
        return "missing"
    except (OSError, ValueError) as error:
        loop = isinstance(error, OSError) and error.errno == errno.ELOOP
        return "loop" if loop else "unreadable"
