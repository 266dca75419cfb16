"""Themes, their tokens, and the styles that widgets draw with.

Style sheets say `$muted`, `$rule` …; widgets on the Line API ask `style(theme, "muted", "raised")`.

`path`: the style sheets are beside the package in a checkout, inside it once installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from ima_tui.core.records import dataclass

DARK = "ima-dark"
LIGHT = "ima-light"
COARSE = "-256"
"""Ends the name of a theme's twin for 256 colours. Its colours are ones that such terminals have:
near-black blues would else come out as plain blue."""
FEW = "-16"
"""The same for 16 colours, or fewer."""
_TWINS = {256: COARSE, 16: FEW}


@dataclass(frozen=True, slots=True)
class ThemeTokens:
    """Every colour there is. Grounds are what text stands on; the rest stands on them."""

    background: str
    surface: str
    raised: str
    rule: str
    text: str
    muted: str
    accent: str
    ok: str
    warn: str
    bad: str
    info: str
    image: str
    video: str
    music: str
    speech: str


GROUNDS = ("background", "surface", "raised")

TOKENS = {
    DARK: ThemeTokens(
        background="#12141c",
        surface="#181b25",
        raised="#1f2330",
        rule="#2b3040",
        text="#d9dce8",
        muted="#858da3",
        accent="#8f83f7",
        ok="#86d993",
        warn="#e6c46c",
        bad="#f07b80",
        info="#78a9ff",
        image="#78a9ff",
        video="#f28fad",
        music="#e6b673",
        speech="#6fd6c4",
    ),
    LIGHT: ThemeTokens(
        background="#f8f8fb",
        surface="#f0f0f5",
        raised="#e4e5ee",
        rule="#ccced9",
        text="#1f2330",
        muted="#5a6178",
        accent="#5a48d6",
        ok="#1f6b33",
        warn="#785200",
        bad="#b3262f",
        info="#1f56b8",
        image="#1f56b8",
        video="#a82a5c",
        music="#8a4b08",
        speech="#0b675b",
    ),
    DARK + COARSE: ThemeTokens(
        background="#121212",
        surface="#1c1c1c",
        raised="#262626",
        rule="#444444",
        text="#dadada",
        muted="#949494",
        accent="#af87ff",
        ok="#87d787",
        warn="#d7d75f",
        bad="#ff8787",
        info="#87afff",
        image="#87afff",
        video="#ff87af",
        music="#ffaf5f",
        speech="#5fd7d7",
    ),
    LIGHT + COARSE: ThemeTokens(
        background="#ffffff",
        surface="#f8f8f8",
        raised="#eeeeee",
        rule="#bcbcbc",
        text="#1c1c1c",
        muted="#4e4e4e",
        accent="#5f00d7",
        ok="#005f00",
        warn="#5f5f00",
        bad="#af0000",
        info="#005faf",
        image="#005faf",
        video="#af005f",
        music="#875f00",
        speech="#005f5f",
    ),
    DARK + FEW: ThemeTokens(
        background="#000000",
        surface="#000000",
        raised="#0000aa",
        rule="#555555",
        text="#ffffff",
        muted="#aaaaaa",
        accent="#ff55ff",
        ok="#55ff55",
        warn="#ffff55",
        bad="#ff5555",
        info="#55ffff",
        image="#55ffff",
        video="#ff55ff",
        music="#ffff55",
        speech="#55ff55",
    ),
    LIGHT + FEW: ThemeTokens(
        background="#ffffff",
        surface="#ffffff",
        raised="#55ffff",
        rule="#aaaaaa",
        text="#000000",
        muted="#0000aa",
        accent="#aa00aa",
        ok="#0000aa",
        warn="#aa00aa",
        bad="#aa0000",
        info="#0000aa",
        image="#0000aa",
        video="#aa0000",
        music="#aa00aa",
        speech="#0000aa",
    ),
}


def variables(tokens: ThemeTokens) -> dict[str, str]:
    """What style sheets may name, and Textual's own names turned to our tokens."""
    own = asdict(tokens)
    taken_by_textual = ("background", "surface", "text", "accent")
    return {name: own[name] for name in own if name not in taken_by_textual} | {
        "text": tokens.text,
        "text-muted": tokens.muted,
        "text-disabled": tokens.muted,
        "foreground-muted": tokens.muted,
        "block-cursor-foreground": tokens.text,
        "block-cursor-background": tokens.raised,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-foreground": tokens.text,
        "block-cursor-blurred-background": tokens.raised,
        "block-cursor-blurred-text-style": "none",
        "block-hover-background": tokens.surface,
        "border": tokens.accent,
        "border-blurred": tokens.rule,
        "scrollbar": tokens.rule,
        "scrollbar-hover": tokens.muted,
        "scrollbar-active": tokens.accent,
        "scrollbar-background": tokens.background,
        "scrollbar-background-hover": tokens.background,
        "scrollbar-background-active": tokens.background,
        "scrollbar-corner-color": tokens.background,
        "input-cursor-background": tokens.accent,
        "input-cursor-foreground": tokens.background,
        "input-selection-background": tokens.rule,
        "input-selection-foreground": tokens.text,
        "screen-selection-background": tokens.rule,
        "screen-selection-foreground": tokens.text,
    }


def themes() -> tuple[Theme, ...]:
    """Our own themes, to be registered."""
    return tuple(_theme(name, TOKENS[name], name.startswith(DARK)) for name in OWN)


def _theme(name: str, tokens: ThemeTokens, dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=tokens.accent,
        secondary=tokens.info,
        warning=tokens.warn,
        error=tokens.bad,
        success=tokens.ok,
        accent=tokens.accent,
        foreground=tokens.text,
        background=tokens.background,
        surface=tokens.surface,
        panel=tokens.raised,
        dark=dark,
        variables=variables(tokens),
    )


OWN = tuple(TOKENS)


def adopted(foreign: Theme) -> Theme:
    """A theme of Textual's with all of our tokens: its colours, moved until they can be read."""
    found = foreign.to_color_system().generate()
    text = _hex(found["foreground"])
    # what is behind decides: a theme's panel may be too near to its text
    grounds = [_hex(found[name]) for name in ("background", "surface", "panel")]
    background = grounds[0]
    surface, raised = (_nearer(ground, background, text) for ground in grounds[1:])

    def role(name: str, ratio: float = 4.5) -> str:
        return _readable(_hex(found[name]), text, (background, surface, raised), ratio)

    tokens = ThemeTokens(
        background=background,
        surface=surface,
        raised=raised,
        rule=Color.parse(background).blend(Color.parse(text), 0.2).hex,
        text=_readable(text, text, (background, surface, raised), 7.0),
        muted=_readable(
            Color.parse(background).blend(Color.parse(text), 0.5).hex6,
            text,
            (background, surface, raised),
            4.5,
        ),
        accent=role("accent"),
        ok=role("success"),
        warn=role("warning"),
        bad=role("error"),
        info=role("primary"),
        image=role("primary"),
        video=role("error"),
        music=role("warning"),
        speech=role("success"),
    )
    TOKENS[foreign.name] = tokens
    return _theme(foreign.name, tokens, foreign.dark)


def _hex(colour: str) -> str:
    return Color.parse(colour).hex6


def _nearer(ground: str, background: str, text: str) -> str:
    """`ground`, moved to `background` until text can be read on it."""
    for step in range(11):
        moved = Color.parse(ground).blend(Color.parse(background), step / 10).hex6
        if contrast(text, moved) >= 7:
            return moved
    return background


def _readable(colour: str, text: str, grounds: Sequence[str], ratio: float) -> str:
    """`colour`, moved to the text's and then to white or black until it can be read."""
    ends = [text, "#ffffff" if luminance(grounds[0]) < 0.2 else "#000000"]
    for end in ends:
        for step in range(21):
            moved = Color.parse(colour).blend(Color.parse(end), step / 20).hex6
            if all(contrast(moved, ground) >= ratio for ground in grounds):
                return moved
    return ends[-1]


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in Color.parse(colour).normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def depth(color_system: str | None) -> int:
    """How many colours a terminal has, 0 for millions; rich's name for it."""
    return {"truecolor": 0, "256": 256}.get(color_system or "", 16)


def plain(name: str) -> str:
    """A theme's name as people know it."""
    return name.removesuffix(COARSE).removesuffix(FEW)


def known(name: str, *, colours: int = 0) -> str:
    """The theme to use for `name`: the dark one for a name that nobody knows; `light` will do.
    `colours` as `depth` gives them; below millions our own have twins."""
    wanted = plain(name)
    if colours != 16 and wanted in TOKENS and wanted not in (DARK, LIGHT):
        return wanted
    ours = LIGHT if wanted == "light" or wanted.endswith("-light") else DARK
    return ours + _TWINS.get(colours, "")


@cache
def style(theme: str, role: str, ground: str = "background") -> Style:
    """The style of a role (a token's name, or `strong`, `title`, `link`) on a ground.

    `image:words` is that role underlined, as words of the prompt that gave something; `image:here`
    is turned round: of these words the line under the cursor speaks.
    """
    tokens = TOKENS.get(theme, TOKENS[DARK])
    role, _, how = role.partition(":")
    colour, bold, underline = {
        "strong": (tokens.text, True, False),
        "title": (tokens.accent, True, False),
        "match": (tokens.accent, True, True),
        "link": (tokens.info, False, True),
    }.get(role) or (getattr(tokens, role), False, False)
    return Style(
        color=colour,
        bgcolor=getattr(tokens, ground),
        bold=bold or how == "here" or None,
        underline=underline or how == "words" or None,
        reverse=how == "here" or None,
    )


_PACKAGE = Path(__file__).resolve().parents[2]


@cache
def _folder() -> Path:
    installed = _PACKAGE / "styles"
    return installed if installed.is_dir() else _PACKAGE.parent / "styles"


LEAST_WIDE = 96
"""Columns from which on a screen may be wide, so that `wide.tcss` is needed."""


def path(name: str) -> Path:
    """The style sheet of `name`, a screen's module name or `app`."""
    return _folder() / f"{name}.tcss"
