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

Written by `make configuration` from the program itself. A flag wins over an environment variable,
that over config.toml (`ima-tui config path`), that over the default; `ima-tui config show` tells
what holds and why.

```
ima-tui config init                    # a file with every setting, commented out
ima-tui config set queue.running 12    # comments and order stay
ima-tui config unset queue.running
```

In the studio: place 5, then `s`. A name that nobody knows is told with the nearest one, a wrong
value with its line, and then the default holds. Not so for what guards points and your key
(`spending`, `network`, marked ●): there a wrong value stops the program with a word, because a
default could cost points. `NO_COLOR` (any value) takes the colours away; keys have [a page of
their own](keys.md)."""


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
        name = f"`{setting.attribute}`" + (" ●" if setting.guards else "")
        about = setting.about
        if setting.environment:
            about += f" Environment: `{setting.environment}`."
        default = toml_file.toml_value(setting.default)
        allowed = setting.allowed.replace("|", "\\|")
        lines.append(f"| {name} | `{default}` | {allowed} | {about} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(page(), "utf-8")
    EXAMPLE.write_text(toml_file.example(), "utf-8")
