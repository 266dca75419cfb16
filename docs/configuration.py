"""Writes docs/configuration.md and config.example.toml: every setting, read off the code.

make configuration
"""

from __future__ import annotations

from pathlib import Path

from ima_tui import i18n
from ima_tui.config import toml_file
from ima_tui.config.schema import SETTINGS

PATH = Path(__file__).with_name("configuration.md")
EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
HEAD = """# Every setting

Written by `make configuration` from the program itself. The order is: flag, environment variable,
config.toml (`ima-tui config path`), default. `ima-tui config show` lists the values in use and
their sources.

```
ima-tui config init                    # a file with every setting, commented out
ima-tui config set queue.running 12    # comments and order stay
ima-tui config unset queue.running
```

On the screens: Prefs (5), then `]`. Limits that you change there (`spending`, `agents`) apply from
the next job on.

For an unknown name ima-tui suggests the nearest one; for a wrong value it names the line and uses
the default. Settings that protect your points and your key (`spending`, `agents`, `network`,
marked ●) are stricter: with a wrong value ima-tui does not start, because a default could cost
points. `NO_COLOR` (any value) turns colors off. For keys see [keys.md](keys.md)."""

PROJECTS = """
```toml
[projects."Spring campaign"]
per_day = 500
per_month = 5000
```

A job that would go over one of them waits for your approval (`jobs send`, or `a` in Queue). From
80% on, commands say so at their end; `ima-tui jobs report` lists all limits. Also
`ima-tui config set "projects.Spring campaign.per_day" 500`."""


def page() -> str:
    """The whole of docs/configuration.md."""
    i18n.use("en")
    lines = [HEAD]
    table: str | None = None
    for setting in SETTINGS:
        if setting.table != table:
            table = setting.table
            title = f"[{table}]" if table else "At the top"
            heads = "| setting | default | allowed | what it is for |"
            lines += ["", f"## {title}", "", heads, "| --- | --- | --- | --- |"]
        name = f"`{setting.key}`" + (" ●" if setting.guards else "")
        about = setting.about
        if setting.environment:
            about += f" Environment: `{setting.environment}`."
        default = toml_file.toml_value(setting.default)
        allowed = setting.allowed.replace("|", "\\|")
        lines.append(f"| {name} | `{default}` | {allowed} | {about} |")
    lines += ["", "## [projects]", "", i18n.say("setting.projects"), PROJECTS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(page(), "utf-8")
    EXAMPLE.write_text(toml_file.example(), "utf-8")
