"""Settings: where each comes from, what is refused, and where a key may go."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from ima_tui import i18n
from ima_tui.api.rate_limit import SharedRateLimit
from ima_tui.catalogue.list_cache import ProductLists
from ima_tui.config import api_key as key
from ima_tui.config import loader, toml_file
from ima_tui.config.schema import (
    BY_NAME,
    OFFICIAL_API,
    OFFICIAL_UPLOAD,
    SETTINGS,
    Raw,
    Setting,
    checked,
    parsed,
    typed,
)
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import UsageError
from ima_tui.preferences.file import Preferences

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs"))

import configuration  # noqa: E402


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"IMA_TUI_CONFIG": str(tmp_path / "config.toml"), "LANG": "en_US.UTF-8"}


def write(env: dict[str, str], text: str) -> None:
    Path(env["IMA_TUI_CONFIG"]).write_text(text)


def refused(env: dict[str, str], **flags: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        loader.load(flags, env)
    return caught.value


def test_the_example_in_the_repository_is_the_one_the_program_writes() -> None:
    assert (ROOT / "config.example.toml").read_text("utf-8") == toml_file.example()


def test_the_example_is_toml_and_sets_nothing() -> None:
    tables = tomllib.loads(toml_file.example())
    assert all(table == {} for table in tables.values())


def test_the_example_with_every_line_in_force_gives_the_defaults(env: dict[str, str]) -> None:
    setting = [f"# {s.key} = " for s in SETTINGS]
    lines = [
        line[2:] if line.startswith(tuple(setting)) else line
        for line in toml_file.example().splitlines()
    ]
    write(env, "\n".join(lines))
    settings = loader.load({}, env)
    plain = loader.load({}, {**env, "IMA_TUI_CONFIG": env["IMA_TUI_CONFIG"] + ".none"})
    assert set(settings.origins.values()) == {"file"}
    assert settings.warnings == ()
    for name in ("theme", "max_age", "base_url", "preferences", "folder", "ask_above"):
        assert getattr(settings, name) == getattr(plain, name)


def test_flag_then_environment_then_file_then_default(env: dict[str, str]) -> None:
    assert loader.load({}, env).origins["network.base_url"] == "default"
    write(env, '[network]\nbase_url = "http://127.0.0.1:1"')
    assert loader.load({}, env).base_url == "http://127.0.0.1:1"
    env["IMA_BASE_URL"] = "http://127.0.0.1:2/"
    assert loader.load({}, env).base_url == "http://127.0.0.1:2"
    settings = loader.load({"base_url": "http://127.0.0.1:3"}, env)
    assert settings.base_url == "http://127.0.0.1:3"
    assert settings.origins["network.base_url"] == "flag"


def test_an_empty_environment_variable_is_none(env: dict[str, str]) -> None:
    assert loader.load({}, {**env, "IMA_BASE_URL": ""}).base_url == OFFICIAL_API


@pytest.mark.parametrize("text", ["x = ", "[a\n", "a = 1\na = 2", "x = " + "[" * 9999])
def test_broken_toml_names_the_file(env: dict[str, str], text: str) -> None:
    write(env, text)
    error = refused(env)
    assert error.key == "error.config_broken"
    assert error.values["path"] == env["IMA_TUI_CONFIG"]


def test_a_file_that_cant_be_read_is_named(env: dict[str, str]) -> None:
    Path(env["IMA_TUI_CONFIG"]).mkdir()
    assert refused(env).key == "error.config_unreadable"


@pytest.mark.parametrize("linked", ["config.toml", ""])
def test_a_link_that_leads_nowhere_is_no_config_without_limits(
    env: dict[str, str], tmp_path: Path, linked: str
) -> None:
    folder = tmp_path / "folder"
    if linked:
        folder.mkdir()
    (folder / linked).symlink_to(tmp_path / "not mounted")
    env["IMA_TUI_CONFIG"] = str(folder / "config.toml")
    assert refused(env).key == "error.config_unreadable"


def test_the_reference_is_what_the_code_says() -> None:
    assert configuration.PATH.read_text("utf-8") == configuration.page(), "make configuration"


@pytest.mark.parametrize(
    ("text", "name", "allowed"),
    [
        ('language = "de"', "language", "auto, en, zh"),
        ("\n[look]\nascii = 1", "look.ascii", "true, false"),
        ("[catalogue]\nmax_age = -1", "catalogue.max_age", "0, 1, 2 …"),
        ("[results]\n# here\nfolder = 5", "results.folder", '"…"'),
        ('look.motion = ["on"]', "look.motion", "auto, on, off"),
    ],
)
def test_a_wrong_value_in_the_file_is_told_with_its_line_and_the_default_holds(
    env: dict[str, str], text: str, name: str, allowed: str
) -> None:
    write(env, text)
    settled = loader.load({}, env)
    (warning,) = settled.warnings
    line = len(text.splitlines())
    assert f"config.toml:{line}" in warning
    assert name in warning
    assert allowed in warning
    assert settled.origins[name] == "default"
    plain = loader.load({}, {**env, "IMA_TUI_CONFIG": "/none"})
    assert replace(settled, warnings=(), config_file=plain.config_file) == plain


GUARDS = [setting.name for setting in SETTINGS if setting.guards]


def test_what_keeps_points_and_the_key_guards() -> None:
    assert {name.partition(".")[0] for name in GUARDS} == {"spending", "agents", "network"}


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_is_never_replaced_by_its_default(env: dict[str, str], name: str) -> None:
    table, _, key = name.partition(".")
    write(env, f"[{table}]\n{key} = [1]")
    error = refused(env)
    assert (error.key, error.values["name"]) == ("error.config_value", name)
    assert str(error.values["source"]).endswith("config.toml:2")


@pytest.mark.parametrize("flag", [{"language": "de"}, {"ascii": "x"}])
def test_a_wrong_flag_is_refused(env: dict[str, str], flag: dict[str, str]) -> None:
    assert refused(env, **flag).key == "error.config_value"


def test_a_mark_at_the_beginning_and_ends_of_another_system_are_no_trouble(
    env: dict[str, str],
) -> None:
    path = Path(env["IMA_TUI_CONFIG"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes('\ufefflanguage = "zh"\r\n[look]\r\ntheme = "nord"\r\n'.encode())
    settings = loader.load({}, env)
    assert (settings.language, settings.theme, settings.warnings) == ("zh", "nord", ())


def test_a_theme_that_nobody_has_is_told_and_ours_is_used(env: dict[str, str]) -> None:
    write(env, '[look]\ntheme = "nrod"')
    settings = loader.load({}, env)
    assert settings.theme == "ima-dark"
    assert "nrod" in settings.warnings[0]
    assert "ima-light" in settings.warnings[0]


def test_an_unknown_key_is_a_warning_with_the_nearest_name(env: dict[str, str]) -> None:
    write(env, '[look]\ntheem = "x"\n[zzz]\nqqqq = 1')
    warnings = loader.load({}, env).warnings
    assert len(warnings) == 2
    assert "look.theme" in warnings[0]
    assert "zzz.qqqq" in warnings[1]


# ------------------------------------------------------------------------ where a key may go


@pytest.mark.parametrize(
    "url",
    [
        OFFICIAL_API,
        OFFICIAL_UPLOAD,
        OFFICIAL_API + "/",
        "http://127.0.0.1:8765",
        "http://localhost:1",
        "http://[::1]:8765",
        "https://127.0.0.1",
    ],
)
def test_these_may_have_the_key(url: str) -> None:
    assert loader.endpoint(url, False) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.imastudio.com",
        "http://127.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://evil.example/127.0.0.1",
        "http://127.0.0.1@evil.example",
        "https://user@api.imastudio.com",
        "https://user:pw@evil.example",
        "https://evil.example?x=1",
        "ftp://127.0.0.1",
        "https://",
        "https://[",
        "https://x:99999",
        "",
        "api.imastudio.com",
        "https://evil.example/\x1b[2J",
    ],
)
@pytest.mark.parametrize("allowed", [False, True])
def test_these_may_not_have_the_key_whatever_is_set(url: str, allowed: bool) -> None:
    with pytest.raises(UsageError) as caught:
        loader.endpoint(url, allowed)
    assert "\x1b" not in str(caught.value.values["url"])


@pytest.mark.parametrize("url", ["https://evil.example", "https://api.imastudio.com.evil.example"])
def test_another_host_needs_a_word(url: str, env: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        loader.endpoint(url, False)
    assert caught.value.key == "error.custom_endpoint"
    assert loader.endpoint(url, True) == url
    write(env, "[network]\nallow_custom_endpoints = true")
    settings = loader.load({"base_url": url}, env)
    assert settings.custom_endpoint
    assert settings.sandbox_origin == ""


def test_only_loopback_is_the_sandbox(env: dict[str, str]) -> None:
    assert loader.load({}, env).sandbox_origin == ""
    assert not loader.load({}, env).custom_endpoint
    settings = loader.load({"base_url": "http://127.0.0.1:9"}, env)
    assert settings.sandbox_origin == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("name", "value", "motion"),
    [("SSH_CONNECTION", "1 2 3 4", False), ("SSH_TTY", "/dev/pts/1", False), ("X", "1", True)],
)
def test_motion_is_off_over_ssh(env: dict[str, str], name: str, value: str, motion: bool) -> None:
    assert loader.load({}, {**env, name: value}).motion is motion


def test_the_data_folder_moves_ledger_and_cache(env: dict[str, str], tmp_path: Path) -> None:
    settings = loader.load({}, {**env, "IMA_TUI_DATA_DIR": str(tmp_path / "d")})
    assert settings.ledger == tmp_path / "d" / "ledger.sqlite3"
    assert settings.cache == tmp_path / "d" / "cache"


def test_a_home_of_nobody_is_a_path_like_any_other(env: dict[str, str]) -> None:
    write(env, '[results]\nfolder = "~nobody-of-this-name/x"')
    assert loader.load({}, env).folder == Path("~nobody-of-this-name/x")


# ------------------------------------------------------------------------------- changing the file

WRITTEN = """# mine
language = "zh"  # I like it

[look]
# dark rooms
theme = "ima-light"
odd = [1,
  2]

[keys]
"queue.stop" = "S"
"""


def named(name: str) -> Setting:
    return next(setting for setting in SETTINGS if setting.name == name)


def test_a_change_keeps_comments_order_and_what_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    toml_file.put(path, "look.theme", "ima-dark")
    assert path.read_text() == WRITTEN.replace('"ima-light"', '"ima-dark"')
    toml_file.put(path, "spending.per_day", 500)
    assert path.read_text().startswith(WRITTEN.replace('"ima-light"', '"ima-dark"'))
    assert tomllib.loads(path.read_text())["spending"] == {"per_day": 500}


def test_a_setting_that_is_taken_out_has_its_default_again(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    assert toml_file.drop(path, "look.theme")
    assert path.read_text() == WRITTEN.replace('theme = "ima-light"\n', "")
    assert not toml_file.drop(path, "look.theme")
    assert not toml_file.drop(path, "queue.running")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
def test_every_setting_survives_being_written_and_read(
    env: dict[str, str], setting: Setting
) -> None:
    path = Path(env["IMA_TUI_CONFIG"])
    value: Raw = setting.default
    if setting.choices:
        value = setting.choices[-1]
    elif isinstance(value, bool):
        value = not value
    elif isinstance(value, int):
        value += 1
    elif setting.name.startswith("network.") or setting.name == "notify.webhook":
        value = "https://127.0.0.1:9"
    elif isinstance(value, tuple):
        value = ("/tmp/é", 'a "b"\n', "")
    elif setting.fits is not None:
        value = setting.example
    else:
        value = '/tmp/é"中'
    toml_file.put(path, setting.name, value)
    settled = loader.load({}, env)
    assert settled.origins[setting.name] == "file"
    (written,) = toml_file.read(path).values.values()
    assert checked(setting, written, "test") == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[notify]\nwebhook = "http://example.com/"', "notify.webhook"),
        ('[notify]\nwebhook = "https://user@example.com/"', "notify.webhook"),
        ('[notify]\ncommand = "notify-send"', "notify.command"),
        ("[notify]\ncommand = [1]", "notify.command"),
        ('[results]\nname = "{date}"', "results.name"),
        ('[results]\nname = "{job}"', "results.name"),
        ('[results]\nname = "../{job}-{index}"', "results.name"),
        ('[results]\nname = "{job}-{index}-{secret}"', "results.name"),
        ('[results]\nname = "{job.__class__}-{index}"', "results.name"),
        ('[results]\nname = "{job:9999}-{index}"', "results.name"),
        ('[results]\nname = "{job"', "results.name"),
    ],
)
def test_a_setting_of_another_form_is_named_and_not_used(
    env: dict[str, str], text: str, name: str
) -> None:
    write(env, text)
    settings = loader.load({}, env)
    assert settings.values[name] == BY_NAME[name].default
    assert name in settings.warnings[0]


def test_a_list_is_typed_as_json(env: dict[str, str]) -> None:
    setting = BY_NAME["notify.command"]
    assert parsed(setting, '["notify-send", "a b"]') == ("notify-send", "a b")
    assert parsed(setting, typed(("a", 'b"'))) == ("a", 'b"')
    assert parsed(setting, "") == ()
    with pytest.raises(UsageError):
        parsed(setting, "notify-send done")


@pytest.mark.parametrize("text", ["look = 3", "[look"])
def test_a_file_that_is_no_config_is_never_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        toml_file.put(path, "look.theme", "nord")
    assert caught.value.key == "error.config_broken"
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("look.ascii", "ON", True),
        ("look.ascii", "no", False),
        ("queue.running", " 12 ", 12),
        ("look.notify", "osc9", "osc9"),
        ("user_id", "ana", "ana"),
    ],
)
def test_typed_words_become_values(name: str, words: str, value: Raw) -> None:
    assert parsed(named(name), words) == value


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("look.ascii", "maybe"),
        ("queue.running", "0"),
        ("queue.running", "٣"),
        ("language", "de"),
        ("user_id", "an\udcff"),
        ("results.folder", "/home/an\udcff"),
        ("notify.command", '["an\\udcff"]'),
    ],
)
def test_typed_nonsense_is_refused_with_what_is_allowed(name: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(named(name), words)
    assert caught.value.values["allowed"] == named(name).allowed


# ------------------------------------------------------------------ limits that would limit nothing


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("[spending]\nper_dya = 5", "spending.per_day"),
        ("[spendings]\nper_day = 5", "spending.per_day"),
        ("[Spending]\nper_day = 5", "spending.per_day"),
        ("[spending]\nPer-Day = 5", "spending.per_day"),
        ("per_day = 5", "spending.per_day"),
        ("[queue]\nper_session = 5", "spending.per_session"),
        ("[spending.limits]\nper_job = 5", "spending.per_job"),
        ("[limits.of.mine]\nask_abov = 5", "spending.ask_above"),
        ("[[spending]]\nper_day = 5", "spending.per_day"),
        ("[spending]\nnobody_knows = 1", "spending."),
        ("spending = 5", "spending."),
        ("[spending.nothing]", "spending."),
        ("[network]\nproxy = 'x'", "network."),
        ("[netwrok]\nbase_url = 'https://x.example'", "network.base_url"),
        ("baseurl = 'https://x.example'", "network.base_url"),
        ("[look]\nallow_custom_endpoint = false", "network.allow_custom_endpoints"),
        ("max_credits = 5", "spending."),
        ("[budget]\nday = 5", "spending."),
        ("[queue]\ndaily_points = 5", "spending."),
        ("daily_limit = 5", "spending.per_day"),
        ("[jobs]\nmax_per_job = 5", "spending."),
        ("[agents]\nlimit = '5'", "agents."),
        ("[agents]\nper_jobs = 5", "agents.per_job"),
        ("confirm_above = 5", "spending."),
        ("monthly = 5", "spending."),
        ("'每日上限' = 5", "spending.per_day"),
    ],
)
def test_a_misspelt_or_misplaced_limit_stops_the_program_and_names_the_right_one(
    env: dict[str, str], text: str, near: str
) -> None:
    write(env, text)
    with pytest.raises(UsageError) as caught:
        loader.load({}, env)
    assert caught.value.exit_code == 2
    assert str(caught.value.values["near"]).startswith(near)
    assert near in i18n.explain(caught.value)


def test_a_file_whose_tables_are_all_comments_is_the_defaults(env: dict[str, str]) -> None:
    write(env, toml_file.example())
    settings = loader.load({}, env)
    assert (settings.warnings, set(settings.origins.values())) == ((), {"default"})


@pytest.mark.parametrize(
    "text", ["[look]\ncolour = 1", "whatever = 1", "[other]\nurl = 'x'", "[editor]\nname = 'x'"]
)
def test_other_unknown_names_are_warnings(env: dict[str, str], text: str) -> None:
    write(env, text)
    assert len(loader.load({}, env).warnings) == 1


@pytest.mark.parametrize(
    "value",
    ["-1", "5.0", "nan", "inf", "'5'", "true", "[5]", "{}", "1979-05-27", "1000000001",
     "9" * 4000, "9" * 5000, "0x" + "f" * 5000],
    ids=lambda value: value[:12],
)  # fmt: skip
def test_a_limit_that_is_no_number_of_points_stops_the_program(
    env: dict[str, str], value: str
) -> None:
    write(env, f"[spending]\nper_day = {value}")
    with pytest.raises(UsageError) as caught:
        loader.load({}, env)
    said = i18n.explain(caught.value)
    assert len(said) < 1000
    assert "sys." not in said


@pytest.mark.parametrize("typed", ["9" * 5000, "-5", "5.5", "1e9", "nan", "٥", "1000000001"])
def test_a_limit_typed_at_the_command_line_is_a_number_of_points(typed: str) -> None:
    with pytest.raises(UsageError):
        parsed(BY_NAME["spending.per_day"], typed)


# ------------------------------------------------------------------------- what is no regular file


def special(kind: str, path: Path) -> Path:
    """Something at `path` that a program could wait at for ever."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "circle of links":
        path.symlink_to(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(path.parent):
            made.bind(path.name)
    else:
        with path.open("wb") as hole:
            hole.truncate(3_000_000_000)
    return path


SPECIAL = ("pipe", "endless device", "folder", "circle of links", "socket", "huge file")


@pytest.mark.parametrize("kind", SPECIAL)
def test_a_config_that_is_no_small_file_is_a_sentence(kind: str, tmp_path: Path) -> None:
    path = special(kind, tmp_path / "config.toml")
    with pytest.raises(UsageError):
        loader.load({}, {"IMA_TUI_CONFIG": str(path)})
    with pytest.raises(UsageError):
        toml_file.put(path, "spending.per_day", 5)


def test_a_config_that_is_too_large_is_said_to_be(env: dict[str, str]) -> None:
    write(env, "#" * (toml_file.LARGEST + 1))
    with pytest.raises(UsageError) as caught:
        loader.load({}, env)
    assert i18n.explain(caught.value).endswith("it is too large.")


@pytest.mark.parametrize("kind", SPECIAL)
def test_a_key_file_that_is_no_small_file_is_a_sentence(kind: str, tmp_path: Path) -> None:
    path = special(kind, tmp_path / "key")
    with pytest.raises(UsageError):
        key.find(path, None, {})


@pytest.mark.parametrize("kind", SPECIAL)
def test_preferences_that_are_no_small_file_are_told_and_left_alone(
    kind: str, tmp_path: Path
) -> None:
    path = special(kind, tmp_path / "ima_prefs.json")
    found = Preferences(path)
    found.reload()
    assert found.trouble is not None or not found.writable
    assert found.users() == {}
    found.clear("default", TaskType.TEXT_TO_IMAGE)
    assert not path.is_symlink() or path.readlink() in (path, Path("/dev/zero"))


@pytest.mark.parametrize("kind", SPECIAL)
async def test_a_cache_and_a_pace_that_are_no_small_files_are_none(
    kind: str, tmp_path: Path
) -> None:
    special(kind, tmp_path / "pace.json")
    assert SharedRateLimit(tmp_path / "pace.json").pause_left(1_000.0) == 0.0
    (tmp_path / "products" / "x.example").mkdir(parents=True)
    special(kind, tmp_path / "products" / "x.example" / "text_to_image.json")
    lists = ProductLists(tmp_path, time.time, lambda _: None)
    await lists.load("https://x.example")
    assert lists.models(TaskType.TEXT_TO_IMAGE) == ()


def test_dev_null_is_an_empty_config() -> None:
    assert loader.load({}, {"IMA_TUI_CONFIG": os.devnull}).per_day == 0
