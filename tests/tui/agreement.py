"""What footer, help and palette say of one screen, held against each other."""

from __future__ import annotations

from textual.screen import Screen

from ima_tui.tui.keys import actions
from ima_tui.tui.shell import palette
from ima_tui.tui.shell.help import HelpScreen


async def said_alike(screen: Screen[object]) -> None:
    """The footer is part of the help, and the help is the palette."""
    known = actions.acts(screen)
    ids = {act.id for act in known}
    assert {act.id for act in actions.footer(known)} <= ids
    told = "\n".join(map(str, HelpScreen(known, "").columns()))
    assert all(act.long_words() in told and act.key_words() in told for act in known if act.keys)
    texts = [command.item().cells[0].text for command in palette.here(screen)]
    assert len(set(texts)) == len(texts)
    offered = {act.long_words() for act in known if palette.is_offered(act.sentence)}
    assert offered == set(texts), f"no do.… text (i18n/*/keys.py): {offered ^ set(texts)}"
