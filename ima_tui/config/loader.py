"""Settings loader: flag > environment > config.toml > default, with the origin of each value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, fields, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ima_tui import i18n
from ima_tui.config import toml_file as config_file
from ima_tui.config.schema import (
    OFFICIAL_API,
    OFFICIAL_UPLOAD,
    SETTINGS,
    ProjectLimits,
    Raw,
    Setting,
    checked,
)
from ima_tui.config.schema import is_loopback as is_loopback
from ima_tui.core import atomic_file, labels
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, one_line


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their final values.

    `origins` says where each came from: `flag`, `environment`, `file` or `default`.
    """

    language: i18n.Language = "en"
    user_id: str = "default"
    theme: str = "ima-dark"
    ascii: bool = False
    plain: bool = False
    inline_safe: bool = False
    motion: bool = True
    quiet: bool = False
    hints: bool = True
    preview: bool = True
    images: Literal["auto", "kitty", "iterm2", "sixel", "blocks", "off"] = "auto"
    notify: Literal["off", "bell", "osc9", "both"] = "bell"
    after_send: Literal["stay", "queue", "keep"] = "stay"
    ask_above: int = 50
    per_job: int = 0
    per_session: int = 0
    per_day: int = 0
    per_month: int = 0
    agent_per_job: int = 0
    agent_per_day: int = 0
    agent_approve_above: int = 0
    running: int = 8
    running_per_kind: int = 0
    requests_per_second: int = 4
    requests_at_once: int = 8
    download: bool = True
    folder: Path = Path("ima")
    project_folders: bool = True
    prompt_in_sidecar: bool = False
    name: str = "{date}-{model}-{task}-{index}"
    """Template of the file names of results."""
    embed: bool = False
    """Whether prompt, model and parameters are written into results."""
    command: tuple[str, ...] = ()
    """Program and arguments that are run when a job ends; () for none."""
    webhook: str = ""
    """Address that is told when a job ends; "" for none."""
    max_age: int = 600
    base_url: str = OFFICIAL_API
    upload_url: str = OFFICIAL_UPLOAD
    allow_custom_endpoints: bool = False
    preferences: Path = Path("ima_prefs.json")
    logs: Path = Path("logs")
    knowledge: Path = Path("knowledge")
    data: Path = Path("data")
    cache: Path = Path("cache")
    config_file: Path = Path("config.toml")
    profile: str = ""
    """"" or "demo"."""
    read_only: bool = False
    """Nothing is sent or written. A flag of one run, not a setting."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key bindings by id, comma-separated, as written; the TUI checks the ids."""
    projects: Mapping[str, ProjectLimits] = field(default_factory=dict)
    """Limits by folded project name."""
    values: Mapping[str, Raw] = field(default_factory=dict)
    """Every setting by name before it was resolved: `auto` is still `auto`."""
    origins: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def for_writing(self) -> Settings:
        """Return these settings to code that is about to send or write.

        The one check for read-only runs: raises `UsageError` in one.
        """
        if self.read_only:
            raise UsageError("error.looking")
        return self

    @property
    def downloads(self) -> Path:
        """Folder of the results."""
        return self.folder

    def folder_of(self, project: str) -> Path:
        """Return the folder of a project's results; the folder of all without one."""
        sorts = project and self.project_folders
        return self.folder / labels.folder(project) if sorts else self.folder

    @property
    def ledger(self) -> Path:
        """Path of the ledger's database."""
        return self.data / "ledger.sqlite3"

    @property
    def preference_notes(self) -> Path:
        """Path of our notes about the shared preferences; see `preferences.file`."""
        return self.data / "wishes.json"

    @property
    def custom_endpoint(self) -> bool:
        """Whether the key is sent to other hosts than IMA's two."""
        return (self.base_url, self.upload_url) != (OFFICIAL_API, OFFICIAL_UPLOAD)

    @property
    def sandbox_origin(self) -> str:
        """The service's address if it is on this machine, else ""."""
        return self.base_url if is_loopback(self.base_url) else ""


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    """Return the path of config.toml: IMA_TUI_CONFIG, or the user's config folder."""
    env = os.environ if environ is None else environ
    if named := env.get("IMA_TUI_CONFIG"):
        return atomic_file.expand(named)
    return _standard_folder("config") / "config.toml"


def _standard_folder(purpose: Literal["config", "data", "cache"]) -> Path:
    """Where this system keeps such files. Raises `UsageError` where nobody knows the home."""
    import platformdirs

    if not os.environ.get(f"XDG_{purpose.upper()}_HOME"):
        atomic_file.find()
    try:
        named = getattr(platformdirs, f"user_{purpose}_dir")("ima-tui", appauthor=False)
    except RuntimeError as error:  # since 4.14; older ones return a path with ~
        raise UsageError("error.no_home") from error
    if not Path(named).is_absolute():
        raise UsageError("error.no_home")
    return Path(named)


def load(
    flags: Mapping[str, Raw | None] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Resolve every setting.

    An invalid value in the file is replaced by the default, with a warning. Settings that guard
    points or the key raise `UsageError` instead, and so does every invalid flag or variable.
    """
    env = os.environ if environ is None else environ
    path = config_path(env)
    written = config_file.read(path)
    warnings = list(written.warnings)
    raw: dict[str, Raw] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        value, origin = _settle(setting, flags or {}, env, written, warnings)
        raw[setting.attribute], origins[setting.name] = value, origin
    settings = _settings(raw, written.keys, origins, tuple(warnings), env, path)
    return replace(settings, projects=written.projects)


def _settle(
    setting: Setting,
    flags: Mapping[str, Raw | None],
    env: Mapping[str, str],
    written: config_file.Written,
    warnings: list[str],
) -> tuple[Raw, str]:
    if (flag := flags.get(setting.attribute)) is not None:
        return checked(setting, flag, "flag"), "flag"
    if setting.environment and env.get(setting.environment):
        return checked(setting, env[setting.environment], setting.environment), "environment"
    if setting.name in written.values:
        try:
            return checked(
                setting, written.values[setting.name], written.place(setting.name)
            ), "file"
        except UsageError as error:
            if setting.guards:
                raise
            warnings.append(i18n.say("warning.config_default", **error.values))
    return setting.default, "default"


def _settings(
    raw: Mapping[str, Raw],
    keys: Mapping[str, str],
    origins: Mapping[str, str],
    warnings: tuple[str, ...],
    env: Mapping[str, str],
    path: Path,
) -> Settings:
    language = str(raw["language"])
    data = atomic_file.expand(str(raw["data"]) or _standard_folder("data"))
    beside = bool(env.get("IMA_TUI_DATA_DIR"))
    settled: dict[str, object] = {
        **raw,
        "language": i18n.detect(None if language == "auto" else language, env),
        "motion": raw["motion"] == "on" or (raw["motion"] == "auto" and not over_ssh(env)),
        "quiet": raw["quiet"] == "on" or (raw["quiet"] == "auto" and over_ssh(env)),
        "preview": raw["preview"] == "on" or (raw["preview"] == "auto" and not over_ssh(env)),
        "folder": _results_folder(str(raw["folder"])),
        "preferences": atomic_file.expand(str(raw["preferences"])),
        "logs": atomic_file.expand(str(raw["logs"])),
        "knowledge": atomic_file.expand(str(raw["knowledge"])),
        "data": data,
        "cache": data / "cache" if beside else _standard_folder("cache"),
        "config_file": path,
        "keys": keys,
        "values": {setting.name: raw[setting.attribute] for setting in SETTINGS},
        "origins": origins,
        "warnings": warnings,
    }
    for name in ("base_url", "upload_url"):
        settled[name] = endpoint(str(raw[name]), bool(raw["allow_custom_endpoints"]))
    names = {item.name for item in fields(Settings)}
    return Settings(**{key: value for key, value in settled.items() if key in names})  # type: ignore[arg-type]


def _results_folder(written: str) -> Path:
    """Return the folder as an absolute path.

    A home that does not exist stays as written: code that needs the folder reports it, and
    everything that stores no results works without it.
    """
    try:
        return atomic_file.expand(written).absolute()
    except (UsageError, OSError):  # or the folder that we were started in is gone
        return Path(written)


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Tell whether this is an SSH session."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def endpoint(url: str, custom_allowed: bool) -> str:
    """Validate a service address and strip its last slash.

    Raises `UsageError` if the key may not go there.
    """
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
