"""The key: where it is looked for, what is refused, where it is kept."""

from __future__ import annotations

import ast
import os
import stat
import sys
import threading
import types
from pathlib import Path
from typing import Any

import pytest

from ima_tui.config import api_key as keys
from ima_tui.core.errors import KeyInvalid, UsageError

GOOD = "ima_abcdefgh1234"


class FakeRing:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, name: str) -> str | None:
        self.asked += 1
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, secret: str) -> None:
        self.kept[service, name] = secret

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


def install(monkeypatch: pytest.MonkeyPatch, ring: Any) -> None:
    module = types.ModuleType("keyring")
    module.get_password = ring.get_password  # type: ignore[attr-defined]
    module.set_password = ring.set_password  # type: ignore[attr-defined]
    module.delete_password = getattr(ring, "delete_password", None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> FakeRing:
    fake = FakeRing()
    install(monkeypatch, fake)
    return fake


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "key"


def test_flag_then_environment_then_keyring_then_file(file: Path, ring: FakeRing) -> None:
    keys.keep("ima_from_file_1", "file", file)
    assert keys.find(file, None, {}) == keys.Key("ima_from_file_1", "file")
    keys.keep("ima_from_ring_1", "keyring", file)
    assert keys.find(file, None, {}) == keys.Key("ima_from_ring_1", "keyring")
    env = {"IMA_API_KEY": " ima_from_env_1\n"}
    assert keys.find(file, None, env) == keys.Key("ima_from_env_1", "environment")
    assert keys.find(file, "ima_from_flag_1", env) == keys.Key("ima_from_flag_1", "flag")


def test_the_keyring_is_asked_only_when_nothing_came_before(file: Path, ring: FakeRing) -> None:
    keys.find(file, None, {"IMA_API_KEY": GOOD})
    keys.find(file, GOOD, {})
    assert ring.asked == 0


def test_nowhere_is_none(file: Path) -> None:
    assert keys.find(file, None, {}) is None
    assert keys.find(file, None, {"IMA_API_KEY": "  "}) is None


@pytest.mark.parametrize(
    "bad", ["", " ", "sk-1234", "ima_", "IMA_abcdefgh", "ima_é", "ima_a b", "ima_a\x00b", "xima_a"]
)
def test_a_key_that_cant_be_imas_is_refused(file: Path, bad: str) -> None:
    with pytest.raises(KeyInvalid) as caught:
        keys.find(file, bad, {})
    if bad.strip():
        assert bad not in str(caught.value)
    with pytest.raises(KeyInvalid):
        keys.keep(bad, "file", file)
    assert not file.exists()


def test_another_products_key_in_the_environment_is_told_not_skipped(file: Path) -> None:
    keys.keep(GOOD, "file", file)
    with pytest.raises(KeyInvalid):
        keys.find(file, None, {"IMA_API_KEY": "sk-other"})


def test_the_file_is_for_its_owner_alone(file: Path) -> None:
    keys.keep(GOOD, "file", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [p.name for p in file.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o610])
def test_a_file_that_others_could_read_is_not_used(file: Path, mode: int) -> None:
    keys.keep(GOOD, "file", file)
    file.chmod(mode)
    with pytest.raises(UsageError) as caught:
        keys.find(file, None, {})
    assert caught.value.key == "error.key_file_open"
    assert GOOD not in str(caught.value)


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("x")
    assert keys.find(tmp_path / "config" / "key", None, {}) is None
    with pytest.raises(UsageError):
        keys.keep(GOOD, "file", tmp_path / "config" / "key")


def test_for_this_session_nothing_is_written(file: Path, ring: FakeRing) -> None:
    keys.keep(GOOD, "session", file)
    assert not file.exists()
    assert ring.kept == {}


def test_a_keyring_that_fails_is_no_keyring(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def get_password(self, *_: str) -> str:
            raise RuntimeError("no backend")

        set_password = get_password

    install(monkeypatch, Broken())
    keys.keep(GOOD, "file", file)
    assert keys.find(file, None, {}) == keys.Key(GOOD, "file")
    with pytest.raises(UsageError) as caught:
        keys.keep(GOOD, "keyring", file)
    assert caught.value.key == "error.keyring"


def test_a_keyring_that_forgets_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(FakeRing):
        def set_password(self, service: str, name: str, secret: str) -> None:
            pass

    install(monkeypatch, Forgetful())
    with pytest.raises(UsageError):
        keys.keep(GOOD, "keyring", file)


def test_a_keyring_that_hangs_does_not_hold_the_program(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()

    class Hanging:
        def get_password(self, *_: str) -> str:
            never.wait(30)
            return GOOD

        set_password = get_password

    install(monkeypatch, Hanging())
    monkeypatch.setattr(keys, "KEYRING_SECONDS", 0.05)
    try:
        assert keys.find(file, None, {}) is None
    finally:
        never.set()


def test_a_key_never_shows_itself() -> None:
    key = keys.Key(GOOD, "flag")
    assert GOOD not in repr(key) + str(key) + f"{key}" + key.shown
    assert key.shown.endswith("1234")


def test_every_key_that_is_kept_in_the_order_of_use(file: Path) -> None:
    assert keys.kept(file) == ()
    keys.keep("ima_from_file_1", "file", file)
    keys.keep("ima_from_ring_1", "keyring", file)
    assert [key.source for key in keys.kept(file)] == ["keyring", "file"]


def test_forgetting_removes_it_from_each_place(file: Path, ring: FakeRing) -> None:
    keys.keep(GOOD, "file", file)
    keys.keep(GOOD, "keyring", file)
    assert keys.forget(file) == ("keyring", "file")
    assert not file.exists()
    assert ring.kept == {}
    assert keys.forget(file) == ()


def test_forgetting_takes_a_file_that_others_could_read_too(file: Path) -> None:
    keys.keep(GOOD, "file", file)
    file.chmod(0o644)
    assert keys.exposed(file)
    assert keys.forget(file) == ("file",)
    assert not keys.exposed(file)


def test_a_keyring_that_keeps_what_it_should_forget_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clinging(FakeRing):
        def delete_password(self, service: str, name: str) -> None:
            raise RuntimeError("locked")

    install(monkeypatch, Clinging())
    keys.keep(GOOD, "keyring", file)
    with pytest.raises(UsageError) as caught:
        keys.forget(file)
    assert caught.value.key == "error.keyring_forget"


def test_children_get_all_but_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMA_API_KEY", f" {GOOD}\n")
    monkeypatch.setenv("MY_OWN_NAME_FOR_IT", GOOD)
    monkeypatch.setenv("EXPORTED", f"IMA_API_KEY={GOOD}")
    monkeypatch.setenv("IMA_BASE_URL", "http://127.0.0.1:1")
    given = keys.environment_for_children()
    assert GOOD not in "".join(given.values())
    assert given["IMA_BASE_URL"] == "http://127.0.0.1:1"
    assert given.keys() < dict(os.environ).keys()


def test_without_a_key_children_get_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMA_API_KEY", raising=False)
    assert keys.environment_for_children() == dict(os.environ)


SPAWNS = {"Popen", "run", "check_output", "check_call", "call", "create_subprocess_exec",
          "create_subprocess_shell", "posix_spawn", "execv", "execvp", "system"}  # fmt: skip


def test_every_child_is_started_without_the_key() -> None:
    """Whoever starts a program says `env=environment_for_children()`, or takes it from above."""
    package = Path(keys.__file__).parent
    bare = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SPAWNS
        and ast.unparse(node.func.value) in ("subprocess", "os", "asyncio")
        and not (ast.unparse(node.func.value) == "asyncio" and node.func.attr == "run")
        and not any(word.arg == "env" for word in node.keywords)
    ]
    assert bare == []
