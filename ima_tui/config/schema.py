"""Schema of all settings: names, defaults, allowed values.

The source of Settings, config.example.toml, `config show`, the Preferences screen and docs/. Their
descriptions are the messages `setting.<name>`.

The tables below `[projects]` in config.toml are limits of projects:

    [projects."Spring campaign"]
    per_day = 500
    per_month = 5000

They protect points, so whatever is wrong in them stops the program. `config set` names them
`projects.Spring campaign.per_day`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from string import Formatter
from urllib.parse import urlsplit

from ima_tui import i18n
from ima_tui.core import labels
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import clean, encodable, folded, one_line, whole

NAME_FIELDS = ("date", "time", "job", "task", "task_type", "model", "prompt", "index")
"""What a template of result names can hold."""
LONGEST_TEMPLATE = 120


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine.

    Names such as 127.0.0.1.example are other hosts.
    """
    try:
        host = (urlsplit(url).hostname or "").removesuffix(".")
        if host == "localhost":
            return True
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def is_webhook(url: str) -> bool:
    """Tell whether `url` is an https address, one on this machine, or "" for none."""
    if not url:
        return True
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    whole = bool(host) and not parts.username and clean(url) == url and " " not in url
    return whole and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))


def is_name_template(template: str) -> bool:
    """Tell whether a template gives each result a file name of its own.

    It needs `{index}`, and `{job}` or `{task}`; a folder can't be part of it.
    """
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return False
    fields = [name for _, name, _, _ in parts if name is not None]
    plain = not any(form or conversion for _, _, form, conversion in parts)
    known = plain and all(name in NAME_FIELDS for name in fields)
    safe = clean(template) == template and not {"/", "\\", "\n"} & set(template)
    unique = "index" in fields and ("job" in fields or "task" in fields)
    return known and safe and unique and len(template) <= LONGEST_TEMPLATE


OFFICIAL_API = "https://api.imastudio.com"
OFFICIAL_UPLOAD = "https://imapi.liveme.com"
_OPENCLAW = "~/.openclaw"

THEMES = (
    *("ima-dark", "ima-light"),
    *("atom-one-dark", "atom-one-light", "catppuccin-frappe", "catppuccin-latte"),
    *("catppuccin-macchiato", "catppuccin-mocha", "dracula", "flexoki", "gruvbox", "monokai"),
    *("nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)
"""Our themes and Textual's; listed here because scripts must not load Textual to check a file."""
MOST_TOLD = 8
"""Maximum number of choices named in an error."""

Raw = str | int | bool | tuple[str, ...]
"""A tuple is an array of strings in config.toml."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of config.toml. `name` is `table.key`, or a bare key of the top table.

    `guards`: it protects points or the key; an invalid value stops the program instead of being
    replaced by the default. `minimum` and `maximum` apply to numbers; `zero_is_none`: 0 sets no
    limit. `fits` judges a text, and `example` shows one.
    """

    name: str
    default: Raw
    environment: str = ""
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 1_000_000_000
    guards: bool = False
    zero_is_none: bool = False
    fits: Callable[[str], bool] | None = None
    example: str = ""
    attribute_name: str = ""
    """The attribute of `Settings` where another table has the same key."""

    @property
    def key(self) -> str:
        """The bare key in its table."""
        return self.name.rpartition(".")[2]

    @property
    def attribute(self) -> str:
        """The attribute of `Settings`; also how flags name it."""
        return self.attribute_name or self.key

    @property
    def table(self) -> str:
        """The table in config.toml, "" for the top one."""
        return self.name.rpartition(".")[0]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it is in, the outer one first."""
        outer, _, inner = self.table.partition(".")
        return tuple(filter(None, (outer, inner)))

    @property
    def about(self) -> str:
        """The description in the current language."""
        return i18n.say(f"setting.{self.name}")

    @property
    def title(self) -> str:
        """The display name in the current language."""
        return i18n.say(f"setting_name.{self.name}")

    @property
    def allowed(self) -> str:
        """The allowed values, for an error message."""
        if self.choices:
            more = " …" if len(self.choices) > MOST_TOLD else ""
            return ", ".join(self.choices[:MOST_TOLD]) + more
        if isinstance(self.default, bool):
            return "true, false"
        if isinstance(self.default, int):
            return f"{self.minimum}, {self.minimum + 1}, {self.minimum + 2} …"
        if isinstance(self.default, tuple):
            return self.example or '["…", "…"]'
        return f'"{self.example}"' if self.example else '"…"'


SETTINGS: tuple[Setting, ...] = (
    Setting("language", "auto", choices=("auto", "en", "zh")),
    Setting("user_id", "default"),
    Setting("look.theme", "ima-dark", choices=THEMES),
    Setting("look.ascii", False),
    Setting("look.plain", False),
    Setting("look.inline_safe", False),
    Setting("look.motion", "auto", choices=("auto", "on", "off")),
    Setting("look.quiet", "auto", choices=("auto", "on", "off")),
    Setting("look.hints", True),
    Setting("look.preview", "auto", choices=("auto", "on", "off")),
    Setting("look.images", "auto", choices=("auto", "kitty", "iterm2", "sixel", "blocks", "off")),
    Setting("look.notify", "bell", choices=("off", "bell", "osc9", "both")),
    Setting("compose.after_send", "stay", choices=("stay", "queue", "keep")),
    Setting("spending.ask_above", 50, guards=True),
    Setting("spending.per_job", 0, guards=True, zero_is_none=True),
    Setting("spending.per_session", 0, guards=True, zero_is_none=True),
    Setting("spending.per_day", 0, guards=True, zero_is_none=True),
    Setting("spending.per_month", 0, guards=True, zero_is_none=True),
    Setting("agents.per_job", 0, guards=True, zero_is_none=True, attribute_name="agent_per_job"),
    Setting("agents.per_day", 0, guards=True, zero_is_none=True, attribute_name="agent_per_day"),
    Setting("agents.approve_above", 0, guards=True, attribute_name="agent_approve_above"),
    Setting("queue.running", 8, minimum=1),
    Setting("queue.running_per_kind", 0, zero_is_none=True),
    Setting("queue.requests_per_second", 4, minimum=1),
    Setting("queue.requests_at_once", 8, minimum=1),
    Setting("results.download", True),
    Setting("results.folder", "~/Pictures/ima"),
    Setting("results.project_folders", True),
    Setting("results.prompt_in_sidecar", False),
    Setting(
        "results.name",
        "{date}-{model}-{task}-{index}",
        fits=is_name_template,
        example="{date}-{job}-{model}-{prompt}-{index}",
    ),
    Setting("results.embed", False),
    Setting("notify.command", (), example='["program", "argument"]'),
    Setting("notify.webhook", "", fits=is_webhook, example="https://…"),
    Setting("catalogue.max_age", 600),
    Setting("network.base_url", OFFICIAL_API, environment="IMA_BASE_URL", guards=True),
    Setting("network.upload_url", OFFICIAL_UPLOAD, environment="IMA_UPLOAD_URL", guards=True),
    Setting("network.allow_custom_endpoints", False, guards=True),
    Setting(
        "paths.preferences", f"{_OPENCLAW}/memory/ima_prefs.json", environment="IMA_PREFS_PATH"
    ),
    Setting("paths.logs", f"{_OPENCLAW}/logs/ima_skills", environment="IMA_LOG_DIR"),
    Setting(
        "paths.knowledge",
        f"{_OPENCLAW}/skills/ima-knowledge-ai",
        environment="IMA_KNOWLEDGE_DIR",
    ),
    Setting("paths.data", "", environment="IMA_TUI_DATA_DIR"),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}


_WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def checked(setting: Setting, value: object, source: str) -> Raw:
    """Validate `value` and return it in the setting's type.

    Raises `UsageError` naming the allowed values.
    """
    if isinstance(setting.default, tuple) and isinstance(value, list):
        value = tuple(value)
    if _fits(setting, value):
        return value  # type: ignore[return-value]
    raise _not_allowed(setting, value, source)


def _not_allowed(setting: Setting, value: object, source: str) -> UsageError:
    return UsageError(
        "error.config_value",
        source=one_line(source, 300),
        name=setting.name,
        value=_shown(value),
        allowed=setting.allowed,
    )


def _shown(value: object) -> str:
    if isinstance(value, int) and abs(value) >= 10**60:  # too long to be turned into digits
        return "…"
    return one_line(value, 60)


def _fits(setting: Setting, value: object) -> bool:
    if setting.choices:
        return value in setting.choices
    if isinstance(setting.default, bool):
        return isinstance(value, bool)
    if isinstance(setting.default, int):
        number = isinstance(value, int) and not isinstance(value, bool)
        return number and setting.minimum <= value <= setting.maximum  # type: ignore[operator]
    if isinstance(setting.default, tuple):
        return isinstance(value, tuple) and all(isinstance(each, str) for each in value)
    return isinstance(value, str) and (setting.fits is None or setting.fits(value))


def parsed(setting: Setting, words: str) -> Raw:
    """Parse what the user typed (`on`, `12`, `ima-light`), named as its source in short.

    Raises `UsageError` for an invalid value.
    """
    plain = words.strip()
    value: object = plain
    if isinstance(setting.default, bool):
        value = _WORDS.get(plain.lower(), plain)
    elif isinstance(setting.default, int):
        number = whole(plain)
        value = plain if number is None else number
    elif isinstance(setting.default, tuple):
        value = _array(plain)
    text = json.dumps(value, ensure_ascii=False)
    if encodable(text) != text:  # can't be written to config.toml, which is UTF-8
        raise _not_allowed(setting, plain, one_line(words, 40))
    return checked(setting, value, one_line(words, 40))


def _array(words: str) -> object:
    """Parse `["a", "b"]`; text of another form stays text, and an empty one is no value."""
    try:
        return json.loads(words or "[]")
    except (ValueError, RecursionError):
        return words


def typed(value: Raw) -> str:
    """Return the value as the user would type it; the inverse of `parsed`."""
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)


TABLE = "projects"
LIMITS = ("per_day", "per_month")
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ProjectLimits:
    """Points that one project may spend; 0: no limit."""

    name: str
    per_day: int = 0
    per_month: int = 0


def parse(table: object, source: str) -> dict[str, ProjectLimits]:
    """Return the limits by folded project name. Raises `UsageError` for anything unclear."""
    if not isinstance(table, Mapping):
        raise _wrong(source, TABLE, table)
    found: dict[str, ProjectLimits] = {}
    for name, limits in table.items():
        where = f"{TABLE}.{one_line(name, 60)}"
        project = labels.project(name)
        if not isinstance(limits, Mapping) or not project or folded(project) in found:
            raise _wrong(source, where, limits)
        for key, value in limits.items():
            if key not in LIMITS:
                shown = one_line(f"{where}.{key}", 120)
                near = f"{where}.{LIMITS['month' in folded(str(key))]}"
                raise UsageError("error.config_guard", path=source, name=shown, near=near)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not 0 <= value <= MOST:
                raise _wrong(source, f"{where}.{key}", value)
        found[folded(project)] = ProjectLimits(project, **limits)
    return found


def _wrong(source: str, name: str, value: object) -> UsageError:
    big = isinstance(value, int) and abs(value) >= 10**60
    shown = "…" if big else one_line(value, 60)
    return UsageError(
        "error.config_value", source=one_line(source, 300), name=name, value=shown,
        allowed="0, 1, 2 …",
    )  # fmt: skip


def setting_of(name: str) -> Setting | None:
    """Return the setting of a name such as `projects.Film.per_day`; None for any other name."""
    table, _, key = name.rpartition(".")
    head, _, project = table.partition(".")
    if head != TABLE or key not in LIMITS or not labels.project(project):
        return None
    name = f"{TABLE}.{labels.project(project)}.{key}"
    return Setting(name, 0, guards=True, zero_is_none=True)
