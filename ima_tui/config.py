"""Settings: flag > environment > config.toml > default, each with the sentence that explains it.

`SETTINGS` is the one list of them: `Settings`, config.example.toml, `config show` and the
reference in docs/ are all read off it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from ima_tui import messages
from ima_tui.errors import UsageError
from ima_tui.text import clean, nearest, one_line

OFFICIAL_API = "https://api.imastudio.com"
OFFICIAL_UPLOAD = "https://imapi.liveme.com"
_OPENCLAW = "~/.openclaw"

Raw = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of config.toml. `name` is `table.key`, or a bare key of the top table."""

    name: str
    default: Raw
    about: str
    environment: str = ""
    choices: tuple[str, ...] = ()
    minimum: int = 0

    @property
    def attribute(self) -> str:
        return self.name.rpartition(".")[2]


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "language",
        "auto",
        "The language you are spoken to in. auto follows LANG.",
        choices=("auto", "en", "zh"),
    ),
    Setting("user_id", "default", "Whose model preferences to use; never sent to the service."),
    Setting(
        "look.theme",
        "ima-dark",
        "ima-dark, ima-light, or the name of any Textual theme (ctrl+p lists them).",
    ),
    Setting("look.ascii", False, "Draw with ASCII only, for fonts without symbols."),
    Setting(
        "look.plain",
        False,
        "Talk line by line instead of drawing screens, for screen readers. Also: --plain.",
    ),
    Setting(
        "look.inline_safe",
        False,
        "One pane at a time and the mouse left to tmux, for small splits. Also: --inline-safe.",
    ),
    Setting(
        "look.motion",
        "auto",
        "Small movements on screen. auto: on, but off over SSH.",
        choices=("auto", "on", "off"),
    ),
    Setting(
        "look.quiet",
        "auto",
        "Redraw running jobs less often, for slow lines. auto: off, but on over SSH.",
        choices=("auto", "on", "off"),
    ),
    Setting(
        "look.preview",
        "auto",
        "Draw results beside the queue at once. auto: yes, but over SSH only when you ask.",
        choices=("auto", "on", "off"),
    ),
    Setting(
        "look.images",
        "auto",
        "How pictures are drawn. auto: the best that your terminal is known to understand.",
        choices=("auto", "kitty", "iterm2", "sixel", "blocks", "off"),
    ),
    Setting(
        "look.notify",
        "bell",
        "How you hear that a job ended, when it took over 10 s or you looked elsewhere.",
        choices=("off", "bell", "osc9", "both"),
    ),
    Setting(
        "compose.after_send",
        "queue",
        "Where you are after sending: at the job in the queue, or still composing.",
        choices=("queue", "stay"),
    ),
    Setting(
        "spending.ask_above",
        50,
        "Points above which the TUI asks once more before it sends.",
    ),
    Setting("spending.per_job", 0, "Points that one job may cost before you are asked. 0: any."),
    Setting("spending.per_session", 0, "Points that one run of ima-tui may spend. 0: any."),
    Setting("spending.per_day", 0, "Points that all runs together may spend in a day. 0: any."),
    Setting("queue.running", 8, "Jobs that may run at IMA at once; more wait here.", minimum=1),
    Setting("queue.running_per_kind", 0, "The same for each task type by itself. 0: no limit."),
    Setting(
        "queue.requests_per_second",
        4,
        "Requests to IMA in a second: creates, questions, uploads.",
        minimum=1,
    ),
    Setting(
        "queue.requests_at_once", 8, "Requests to IMA that may be on their way at once.", minimum=1
    ),
    Setting("results.download", True, "Store results as soon as they are ready (links expire)."),
    Setting("results.folder", "~/Pictures/ima", "Where results are stored."),
    Setting(
        "results.prompt_in_sidecar",
        False,
        "Write the prompt into the small .json file beside each result.",
    ),
    Setting(
        "catalogue.max_age",
        600,
        "Seconds that a fetched model list is good for before it is fetched again.",
    ),
    Setting(
        "network.base_url",
        OFFICIAL_API,
        "The service. Another host needs allow_custom_endpoints, or to be this machine.",
        environment="IMA_BASE_URL",
    ),
    Setting(
        "network.upload_url",
        OFFICIAL_UPLOAD,
        "Where inputs are uploaded. The same rule holds.",
        environment="IMA_UPLOAD_URL",
    ),
    Setting(
        "network.allow_custom_endpoints",
        False,
        "Let your key go to a host that is not IMA's. A mark on the screen then says so.",
    ),
    Setting(
        "paths.preferences",
        f"{_OPENCLAW}/memory/ima_prefs.json",
        "The preferences file that all of IMA's tools share.",
        environment="IMA_PREFS_PATH",
    ),
    Setting(
        "paths.logs",
        f"{_OPENCLAW}/logs/ima_skills",
        "The log folder that all of IMA's tools share.",
        environment="IMA_LOG_DIR",
    ),
    Setting(
        "paths.data",
        "",
        "Where the ledger of your jobs lives. Empty: where your system keeps such data.",
        environment="IMA_TUI_DATA_DIR",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, settled. `origins` says where each value came from:
    `flag`, `environment`, `file` or `default`."""

    language: messages.Language = "en"
    user_id: str = "default"
    theme: str = "ima-dark"
    ascii: bool = False
    plain: bool = False
    inline_safe: bool = False
    motion: bool = True
    quiet: bool = False
    preview: bool = True
    images: Literal["auto", "kitty", "iterm2", "sixel", "blocks", "off"] = "auto"
    notify: Literal["off", "bell", "osc9", "both"] = "bell"
    after_send: Literal["queue", "stay"] = "queue"
    ask_above: int = 50
    per_job: int = 0
    per_session: int = 0
    per_day: int = 0
    running: int = 8
    running_per_kind: int = 0
    requests_per_second: int = 4
    requests_at_once: int = 8
    download: bool = True
    folder: Path = Path("ima")
    prompt_in_sidecar: bool = False
    max_age: int = 600
    base_url: str = OFFICIAL_API
    upload_url: str = OFFICIAL_UPLOAD
    allow_custom_endpoints: bool = False
    preferences: Path = Path("ima_prefs.json")
    logs: Path = Path("logs")
    data: Path = Path("data")
    cache: Path = Path("cache")
    config_file: Path = Path("config.toml")
    profile: str = ""
    """"" or "demo"."""
    read_only: bool = False
    """For looking: nothing is sent or written. A flag of one run, not a setting."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Id of a binding to its keys, comma between; as written: the TUI knows which ids there are."""
    origins: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def downloads(self) -> Path:
        return self.folder

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.sqlite3"

    @property
    def custom_endpoint(self) -> bool:
        """The key goes to another host than IMA's two."""
        return (self.base_url, self.upload_url) != (OFFICIAL_API, OFFICIAL_UPLOAD)

    @property
    def sandbox_origin(self) -> str:
        """The service's own address where it is on this machine, else ""."""
        return self.base_url if is_loopback(self.base_url) else ""


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    env = os.environ if environ is None else environ
    if named := env.get("IMA_TUI_CONFIG"):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_config_dir("ima-tui", appauthor=False)) / "config.toml"


def load(
    flags: Mapping[str, Raw | None] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Settle every setting. Raises `UsageError` naming file, key and what is allowed."""
    env = os.environ if environ is None else environ
    path = config_path(env)
    written, keys, warnings = read(path)
    raw: dict[str, Raw] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        value, origin = _settle(setting, flags or {}, env, written, path)
        raw[setting.attribute], origins[setting.name] = value, origin
    return _settings(raw, keys, origins, warnings, env, path)


def _settle(
    setting: Setting,
    flags: Mapping[str, Raw | None],
    env: Mapping[str, str],
    written: Mapping[str, Raw],
    path: Path,
) -> tuple[Raw, str]:
    if (flag := flags.get(setting.attribute)) is not None:
        return checked(setting, flag, "flag"), "flag"
    if setting.environment and env.get(setting.environment):
        return checked(setting, env[setting.environment], setting.environment), "environment"
    if setting.name in written:
        return checked(setting, written[setting.name], str(path)), "file"
    return setting.default, "default"


def checked(setting: Setting, value: Raw, source: str) -> Raw:
    """`value` in the setting's own type, or `UsageError` saying what is allowed."""
    kind = type(setting.default)
    if setting.choices:
        good, allowed = value in setting.choices, ", ".join(setting.choices)
    elif kind is bool:
        good, allowed = isinstance(value, bool), "true, false"
    elif kind is int:
        good = isinstance(value, int) and not isinstance(value, bool) and value >= setting.minimum
        allowed = f"{setting.minimum}, {setting.minimum + 1}, {setting.minimum + 2} …"
    else:
        good, allowed = isinstance(value, str), '"…"'
    if not good:
        raise UsageError(
            "error.config_value",
            source=one_line(source, 300),
            name=setting.name,
            value=one_line(value, 60),
            allowed=allowed,
        )
    return value


def read(path: Path) -> tuple[dict[str, Raw], dict[str, str], tuple[str, ...]]:
    """The file's known settings by `table.key`, its keys, and a warning for each unknown name."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}, {}, ()
    except OSError as error:
        raise UsageError(
            "error.config_unreadable", path=str(path), reason=error.strerror or "—"
        ) from error
    import tomllib

    try:
        tables = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            "error.config_broken", path=str(path), reason=one_line(error, 200)
        ) from error
    keys = keymap(tables.pop("keys", {}), path)
    flat: dict[str, object] = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            flat[key] = value
    known = {setting.name for setting in SETTINGS}
    warnings = tuple(_unknown(path, name, sorted(known)) for name in flat if name not in known)
    return cast(dict[str, Raw], {n: v for n, v in flat.items() if n in known}), keys, warnings


def keymap(table: object, source: Path) -> dict[str, str]:
    """The `[keys]` table by ids. `queue.stop = "S"` and `"queue.stop" = ["S", "f6"]` will both do;
    "" takes an action's keys away."""
    found: dict[str, str] = {}
    pending: list[tuple[str, object]] = [("", table)]
    while pending:
        name, value = pending.pop(0)
        if isinstance(value, dict):
            pending += [(f"{name}.{key}" if name else key, item) for key, item in value.items()]
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            found[name] = ",".join(value)
        elif isinstance(value, str) and name:
            found[name] = value
        else:
            shown = one_line(value, 60)
            where = f"keys.{one_line(name, 60)}" if name else "keys"
            raise UsageError(
                "error.config_value",
                source=one_line(source, 300),
                name=where,
                value=shown,
                allowed='"ctrl+s"',
            )
    return found


def _unknown(path: Path, name: str, known: list[str]) -> str:
    near = nearest(name, known, 1)
    values = {"path": str(path), "name": one_line(name, 60)}
    if near:
        return messages.say("warning.config_unknown_near", near=near[0], **values)
    return messages.say("warning.config_unknown", **values)


def _settings(
    raw: Mapping[str, Raw],
    keys: Mapping[str, str],
    origins: Mapping[str, str],
    warnings: tuple[str, ...],
    env: Mapping[str, str],
    path: Path,
) -> Settings:
    import platformdirs

    wish = str(raw["language"])
    data = str(raw["data"]) or platformdirs.user_data_dir("ima-tui", appauthor=False)
    settled: dict[str, object] = {
        **raw,
        "language": messages.detect(None if wish == "auto" else wish, env),
        "motion": raw["motion"] == "on" or (raw["motion"] == "auto" and not over_ssh(env)),
        "quiet": raw["quiet"] == "on" or (raw["quiet"] == "auto" and over_ssh(env)),
        "preview": raw["preview"] == "on" or (raw["preview"] == "auto" and not over_ssh(env)),
        "folder": _path(raw["folder"]),
        "preferences": _path(raw["preferences"]),
        "logs": _path(raw["logs"]),
        "data": _path(data),
        "cache": Path(platformdirs.user_cache_dir("ima-tui", appauthor=False)),
        "config_file": path,
        "keys": keys,
        "origins": origins,
        "warnings": warnings,
    }
    if env.get("IMA_TUI_DATA_DIR"):
        settled["cache"] = _path(data) / "cache"
    for name in ("base_url", "upload_url"):
        settled[name] = endpoint(str(raw[name]), bool(raw["allow_custom_endpoints"]))
    names = {item.name for item in fields(Settings)}
    return Settings(**{key: value for key, value in settled.items() if key in names})  # type: ignore[arg-type]


def _path(raw: Raw) -> Path:
    try:
        return Path(str(raw)).expanduser()
    except RuntimeError:  # nobody of that name
        return Path(str(raw))


def over_ssh(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def is_loopback(url: str) -> bool:
    """A name that only begins like an address (127.0.0.1.example) is somebody else's host."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def endpoint(url: str, custom_allowed: bool) -> str:
    """A service address the key may go to, without its last slash; else `UsageError`."""
    plain = url.strip().rstrip("/")
    if plain in (OFFICIAL_API, OFFICIAL_UPLOAD):
        return plain
    shown = one_line(url, 120)
    try:
        parts = urlsplit(plain)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError("error.endpoint", url=shown) from error
    if not host or parts.username or parts.query or clean(plain) != plain:
        raise UsageError("error.endpoint", url=shown)
    if is_loopback(plain) and parts.scheme in ("http", "https"):
        return plain
    if parts.scheme != "https":
        raise UsageError("error.endpoint", url=shown)
    if not custom_allowed:
        raise UsageError("error.custom_endpoint", url=shown)
    return plain


def example() -> str:
    """config.example.toml: every setting, commented out, with its sentence and its default."""
    lines = ["# ima-tui settings. Flags and environment variables win over this file.", ""]
    table = ""
    for setting in SETTINGS:
        head = setting.name.rpartition(".")[0]
        if head != table:
            table = head
            lines += [f"[{table}]", ""]
        lines.append(f"# {setting.about}")
        if setting.choices:
            lines.append(f"# One of: {', '.join(setting.choices)}.")
        if setting.environment:
            lines.append(f"# Environment: {setting.environment}.")
        lines += [f"# {setting.attribute} = {toml_value(setting.default)}", ""]
    lines += [
        "[keys]",
        "",
        "# Other keys for an action, by its id; docs/keys.md lists them all.",
        '# "queue.stop" = "S"',
        '# "app.palette" = "ctrl+p,f10"',
        "",
    ]
    return "\n".join(lines)


def toml_value(value: Raw) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'
