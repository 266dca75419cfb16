"""Writes docs/keys.md: every action that has a key, read off the bindings themselves.

make keys
"""

from __future__ import annotations

from pathlib import Path

from ima_tui import i18n
from ima_tui.i18n import say
from ima_tui.tui.keys.actions import key_name
from ima_tui.tui.shell import keymap_check

PATH = Path(__file__).with_name("keys.md")
HEAD = """# Every action and its keys

Written by `make keys` from the program itself. Give an action other keys in config.toml
(`ima-tui config path`), by its id; the footer, the help (`?`) and the palette (`ctrl+p`) follow:

```toml
[keys]
"queue.stop" = "S"
"app.palette" = "ctrl+p, f10"    # several keys
"queue.forget" = ""              # none
```

A letter as you type it (`S` is not `s`), or `enter`, `escape`, `space`, `tab`, `up`, `f6`,
`ctrl+s`, `alt+x`, `comma`. An unknown id or key, and a key that is already in use, are
reported at the start."""


def page() -> str:
    """The whole of docs/keys.md."""
    i18n.use("en")
    words = {
        str(binding.id): binding.description
        for owner in keymap_check.owners()
        for binding in keymap_check.bindings_of(owner)
    }
    lines = [HEAD]
    group = ""
    for name, keys in sorted(keymap_check.every_id().items()):
        head = name.partition(".")[0]
        if head != group:
            group = head
            lines += ["", f"## {group}", "", "| id | keys | does |", "| --- | --- | --- |"]
        shown = " ".join(f"`{key_name(key)}`" for key in keys)
        lines.append(f"| `{name}` | {shown} | {say(words[name])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(page(), "utf-8")
