"""API key lookup (flag, environment, keyring, file) and storage.

IMA_API_KEY is also a variable of an unrelated product, so a key that does not begin with `ima_` is
refused before anything is sent. Every source can be forgotten but the environment.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from ima_tui.core import atomic_file
from ima_tui.core.errors import KeyInvalid, UsageError
from ima_tui.core.records import dataclass

PREFIX = "ima_"
VARIABLE = "IMA_API_KEY"
SERVICE = "ima-tui"
KEYRING_SECONDS = 2.0
"""Time limit for the keyring, which may wait for a dialog that nobody sees."""

LARGEST_FILE = 4096
"""Maximum bytes read of a key file; a key has a few dozen."""

Keep = Literal["session", "keyring", "file"]
Source = Literal["flag", "environment", "keyring", "file"]


@dataclass(frozen=True, slots=True)
class Key:
    """An API key and where it was found. Its `repr` is masked."""

    secret: str
    source: Source

    def __repr__(self) -> str:
        return f"Key({self.shown!r}, {self.source!r})"

    @property
    def shown(self) -> str:
        """The key masked to its last four characters, for display."""
        return f"{PREFIX}…{self.secret[-4:]}"


def checked(secret: str) -> str:
    """Strip and validate a key. Raises `KeyInvalid`."""
    plain = secret.strip()
    good = plain.startswith(PREFIX) and len(plain) > len(PREFIX) and plain.isascii()
    if not good or not plain.isprintable() or " " in plain:
        raise KeyInvalid
    return plain


def find(
    file: Path, flag: str | None = None, environ: Mapping[str, str] | None = None
) -> Key | None:
    """Return the first key found, by priority. Raises `KeyInvalid` for one that can't be IMA's."""
    env = os.environ if environ is None else environ
    if flag is not None:
        return Key(checked(flag), "flag")
    if written := env.get(VARIABLE, "").strip():
        return Key(checked(written), "environment")
    if ringed := _from_keyring():
        return Key(checked(ringed), "keyring")
    if kept := _from_file(file):
        return Key(checked(kept), "file")
    return None


def keep(secret: str, where: Keep, file: Path) -> None:
    """Store a key in the keyring or the file. Raises `UsageError` if that fails."""
    plain = checked(secret)
    if where == "keyring":
        _to_keyring(plain)
    elif where == "file":
        _to_file(plain, file)


def kept(file: Path) -> tuple[Key, ...]:
    """Return every stored key, by priority. Raises as `find` does."""
    found = (("keyring", _from_keyring()), ("file", _from_file(file)))
    return tuple(Key(checked(secret), source) for source, secret in found if secret)  # type: ignore[arg-type]


def forget(file: Path) -> tuple[Source, ...]:
    """Remove the key from the keyring and the file.

    Returns where there was one. The environment is left alone. Raises `UsageError` where a key
    could not be removed.
    """
    gone: list[Source] = []
    if _from_keyring():
        _out_of_keyring()
        gone.append("keyring")
    try:
        file.unlink()
        gone.append("file")
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise UsageError("error.key_file", path=str(file)) from error
    return tuple(gone)


def exposed(file: Path) -> bool:
    """Tell whether other users could read or change the key file."""
    try:
        facts = file.stat()
    except OSError:
        return False
    return _open_to_others(facts)


def environment_for_children() -> dict[str, str]:
    """Return the environment for child processes: without the key, whatever the variable's name."""
    secret = os.environ.get(VARIABLE, "").strip()
    return {
        name: value
        for name, value in os.environ.items()
        if name != VARIABLE and not (secret and secret in value)
    }


def _from_file(file: Path) -> str:
    try:
        content, facts = atomic_file.read_small(file, LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise UsageError("error.key_file", path=str(file)) from error
    if not stat.S_ISREG(facts.st_mode):
        return ""  # /dev/null
    if _open_to_others(facts):  # the checked file is the one that was read
        raise UsageError("error.key_file_open", path=str(file))
    try:
        return content.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise UsageError("error.key_file", path=str(file)) from error


def _open_to_others(facts: os.stat_result) -> bool:
    return bool(facts.st_mode & 0o077) or facts.st_uid not in (os.geteuid(), 0)


def _to_file(secret: str, file: Path) -> None:
    try:
        atomic_file.real(file).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic_file.replace(file, f"{secret}\n".encode(), mode=atomic_file.PRIVATE)
    except OSError as error:
        raise UsageError("error.key_file", path=str(file)) from error


def _from_keyring() -> str:
    found: list[str] = []

    def ask() -> None:
        with contextlib.suppress(Exception):  # any backend may fail in its own way
            import keyring

            found.append(keyring.get_password(SERVICE, VARIABLE) or "")

    _within(KEYRING_SECONDS, ask)
    return found[0] if found else ""


def _to_keyring(secret: str) -> None:
    done: list[bool] = []

    def store() -> None:
        with contextlib.suppress(Exception):
            import keyring

            keyring.set_password(SERVICE, VARIABLE, secret)
            done.append(keyring.get_password(SERVICE, VARIABLE) == secret)

    _within(KEYRING_SECONDS * 5, store)
    if not (done and done[0]):
        raise UsageError("error.keyring")


def _out_of_keyring() -> None:
    done: list[bool] = []

    def remove() -> None:
        with contextlib.suppress(Exception):
            import keyring

            keyring.delete_password(SERVICE, VARIABLE)
            done.append(True)

    _within(KEYRING_SECONDS * 5, remove)
    if not done:
        raise UsageError("error.keyring_forget")


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Run `work` on a daemon thread and wait for it no longer than `seconds`."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
