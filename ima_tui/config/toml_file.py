"""config.toml reader with line numbers, and writer that keeps comments and order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ima_tui import i18n
from ima_tui.config import schema
from ima_tui.config.schema import BY_NAME, SETTINGS, ProjectLimits, Raw, Setting, checked
from ima_tui.core import atomic_file
from ima_tui.core.errors import UsageError
from ima_tui.core.records import dataclass
from ima_tui.core.text import folded, nearest, one_line

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

LARGEST = 1024 * 1024
_GUARDED = frozenset(setting.table for setting in SETTINGS if setting.guards)
"""Tables in which an unknown name stops the program."""
_TABLES = frozenset(setting.table for setting in SETTINGS)


@dataclass(frozen=True, slots=True)
class Written:
    """Parsed content of the file.

    `values`: known settings by `table.key`, unchecked; `keys`: the `[keys]` table by binding id;
    `projects`: limits by folded project name;
    `warnings`: a sentence for each unknown name.
    """

    path: Path
    values: Mapping[str, object] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, ProjectLimits] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def place(self, name: str) -> str:
        """Return `config.toml:12`, for error messages."""
        line = self.lines.get(name)
        return f"{self.path}:{line}" if line else str(self.path)


def read(path: Path) -> Written:
    """Parse the file; empty if it does not exist.

    Raises `UsageError` if it can't be read as TOML.
    """
    text = _text(path)
    if text is None:
        return Written(path)
    import tomllib

    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(path, error) from error
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, a deep list
        raise _broken(path, i18n.say("config.too_much")) from error
    lines = line_numbers(text)
    keys = keymap(tables.pop("keys", {}), path)
    limits = schema.parse(tables.pop(schema.TABLE, {}), str(path))
    flat: dict[str, object] = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            flat[key] = value
    unknown = [name for name in flat if name not in BY_NAME]
    values = {name: value for name, value in flat.items() if name in BY_NAME}
    found = Written(path, values, keys, limits, lines)
    _stop_at_guards(found, tables)
    warnings = tuple(_unknown(found.place(name), name) for name in unknown)
    return Written(path, values, keys, limits, lines, warnings)


def _text(path: Path) -> str | None:
    try:
        return atomic_file.read_small(path, LARGEST)[0].decode(
            "utf-8-sig"
        )  # some editors begin with a mark
    except OSError as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        if missing and not _leads_nowhere(path):
            return None
        reason = i18n.reason(error)
        raise UsageError("error.config_unreadable", path=str(path), reason=reason) from error
    except UnicodeDecodeError as error:
        raise _broken(path, i18n.say("config.not_utf8")) from error


def _leads_nowhere(path: Path) -> bool:
    """Tell whether a symbolic link on the way is broken: limits written behind it exist."""
    return any(part.is_symlink() and not part.exists() for part in (path, *path.parents))


def _broken(path: Path, reason: object) -> UsageError:
    return UsageError("error.config_broken", path=str(path), reason=one_line(reason, 200))


_TABLE = r"\s*\[\s*([\w.-]+)\s*\]"
_KEY = r"\s*([\w.-]+)\s*="


def line_numbers(text: str) -> dict[str, int]:
    """Map `table.key` to its line, counted from 1.

    tomllib gives no line numbers. Quoted names and multi-line strings may be missed or mistaken;
    then only the line in a message is wrong or missing.
    """
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := re.match(_TABLE, line):
            table = head[1] + "."
        elif key := re.match(_KEY, line):
            found.setdefault(table + key[1], number)
    return found


def keymap(table: object, source: Path) -> dict[str, str]:
    """Flatten the `[keys]` table to binding ids.

    `queue.stop = "S"` and `"queue.stop" = ["S", "f6"]` are both accepted; "" removes an action's
    keys.
    """
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


def _stop_at_guards(written: Written, tables: Mapping[str, object]) -> None:
    """Raise `UsageError` at the first misspelt or misplaced name of a guarding setting.

    A warning would come too late: points are spent meanwhile.
    """
    for name, value in _leaves(tables):
        if name in BY_NAME:
            continue
        near = nearest_guard(name)
        if near is None and _is_amount(value) and re.search(_MONEY, folded(name)):
            near = "spending.per_day" if re.search(_DAY, folded(name)) else "spending.per_job"
        if near is not None:
            raise UsageError(
                "error.config_guard",
                path=one_line(written.place(name), 300),
                name=one_line(name, 60),
                near=near,
            )


_MONEY = (
    r"budget|credit|points|spend|cost|money|quota|price|limit|ceiling|above|threshold"
    r"|(?:per|each|every|a|max)[ _-]?(?:job|day|week|month|session)|daily|weekly|monthly"
    r"|积分|预算|限额|额度|上限|花费|消费|费用"
)
"""Words of limits under names that are like none of ours: `max_credits = 5`."""
_DAY = r"day|daily|每日|每天|日限|单日"


def _is_amount(value: object) -> bool:
    """Tell a number, also one that was written as text."""
    return isinstance(value, int | float) or (isinstance(value, str) and value.strip().isdigit())


def _leaves(tables: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield every name in the file, at any depth, and its value; an empty table is one, too."""
    pending: list[tuple[str, object]] = [("", tables)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, Mapping) and (value or not name):
            inner = [(f"{name}.{key}" if name else key, item) for key, item in value.items()]
            pending += reversed(inner)
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            pending += [(f"{name}[]", item) for item in reversed(value)]
        elif not (name in _TABLES and value == {}):  # `config init` comments all of it out
            yield name, value


def nearest_guard(name: str) -> str | None:
    """Return the guarding setting that an unknown `name` seems to mean, or None."""
    from difflib import get_close_matches

    plain = folded(name).replace("-", "_").replace("[]", "")
    top, key = plain.partition(".")[0], plain.rpartition(".")[2]
    guards: dict[str, str] = {}
    for setting in SETTINGS:
        if setting.guards:  # of a key in two tables, the one of this table, else the first
            own = setting.name.partition(".")[0] == top
            guards[setting.key] = setting.name if own else guards.get(setting.key, setting.name)
    close = get_close_matches(key, guards, 1, cutoff=0.72)
    if close:
        return guards[close[0]]
    sections = get_close_matches(top, _GUARDED, 1, cutoff=0.75)
    sections += [each for each in _GUARDED if len(top) > 2 and each.startswith(top)]
    if not sections:
        return None
    among = [each for each in guards.values() if each.startswith(f"{sections[0]}.")]
    return get_close_matches(plain, among, 1, cutoff=0.0)[0]


def _unknown(place: str, name: str) -> str:
    near = nearest(name, sorted(BY_NAME), 1)
    values = {"path": one_line(place, 300), "name": one_line(name, 60)}
    if near:
        return i18n.say("warning.config_unknown_near", near=near[0], **values)
    return i18n.say("warning.config_unknown", **values)


# -------------------------------------------------------------------------------------- changes


def put(path: Path, name: str, value: Raw) -> None:
    """Set `name` (`table.key`, or a bare key) and keep comments and order.

    Raises `UsageError` for an invalid value, invalid TOML or an unwritable file.
    """
    setting = _setting(name)
    value = checked(setting, value, name)
    document = _document(path)
    owner = _table(document, setting.tables, path)
    owner[setting.key] = list(value) if isinstance(value, tuple) else value
    _write(path, document)


def drop(path: Path, name: str) -> bool:
    """Remove a value, so that the default applies. Returns False if it was not in the file."""
    setting = _setting(name)
    document = _document(path)
    owner = _table(document, setting.tables, path)
    if setting.key not in owner:
        return False
    del owner[setting.key]
    _write(path, document)
    return True


def _setting(name: str) -> Setting:
    return schema.setting_of(name) or BY_NAME[name]


def _document(path: Path) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(_text(path) or "")
    except (TOMLKitError, RecursionError) as error:
        raise _broken(path, error) from error


def _table(document: TOMLDocument, names: Sequence[str], path: Path) -> TOMLDocument | Table:
    """Return the table of these names, one inside the other; missing ones are added."""
    import tomlkit

    owner: TOMLDocument | Table = document
    for depth, name in enumerate(names, 1):
        if name not in owner:
            owner[name] = tomlkit.table(is_super_table=depth < len(names))
        inner = owner[name]
        if not isinstance(inner, dict):  # `look = 3`
            raise _broken(path, f"[{'.'.join(names)}]")
        owner = cast("Table", inner)
    return owner


def _write(path: Path, document: TOMLDocument) -> None:
    import tomlkit

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_file.replace(path, tomlkit.dumps(document).encode())
    except OSError as error:
        raise UsageError(
            "error.config_unwritable", path=str(path), reason=i18n.reason(error)
        ) from error


# ----------------------------------------------------------------------------------- the example


def example() -> str:
    """Return config.example.toml: every setting commented out, with its description and default."""
    from ima_tui.i18n import en

    lines = [
        "# ima-tui settings.",
        "# Flags and environment variables take precedence over this file.",
        "",
    ]
    table = ""
    for setting in SETTINGS:
        if setting.table != table:
            table = setting.table
            lines += [f"[{table}]", ""]
        about = en.TEXTS[f"setting.{setting.name}"].format()  # {{ }} in a text are plain braces
        lines.append(f"# {about}")
        if setting.choices:
            lines.append(f"# One of: {setting.allowed}")
        if setting.environment:
            lines.append(f"# Environment: {setting.environment}.")
        lines += [f"# {setting.key} = {toml_value(setting.default)}", ""]
    lines += [
        "[projects]",
        "",
        f"# {en.TEXTS['setting.projects']}",
        '# "Spring campaign" = { per_day = 500, per_month = 5000 }',
        "",
        "[keys]",
        "",
        "# Other keys for an action, by its ID; docs/keys.md lists all actions.",
        '# "queue.stop" = "S"',
        '# "app.palette" = "ctrl+p,f10"',
        "",
    ]
    return "\n".join(lines)


def toml_value(value: Raw) -> str:
    """Format a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, int) else f'"{value}"'
