"""The colours: two themes of one set of tokens, and the styles that widgets of ours draw with.

Style sheets say `$muted`, `$rule` …; widgets on the Line API ask `style(theme, "muted", "raised")`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

from rich.style import Style
from textual.theme import Theme

DARK = "ima-dark"
LIGHT = "ima-light"
COARSE = "-256"
"""Ends the name of a theme's twin for 256 colours and fewer. Its colours are ones that such
terminals have: near-black blues would else come out as plain blue."""


@dataclass(frozen=True, slots=True)
class Tokens:
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
    DARK: Tokens(
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
    LIGHT: Tokens(
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
    DARK + COARSE: Tokens(
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
    LIGHT + COARSE: Tokens(
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
}


def variables(tokens: Tokens) -> dict[str, str]:
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
    """The themes to register; their names are `DARK` and `LIGHT`."""
    return tuple(
        Theme(
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
            dark=name.startswith(DARK),
            variables=variables(tokens),
        )
        for name, tokens in TOKENS.items()
    )


def known(name: str, *, coarse: bool = False) -> str:
    """The theme to use for `name`: the dark one for a name that is none of ours; `light` will do.
    `coarse`: the terminal has 256 colours or fewer."""
    plain = name.removesuffix(COARSE)
    ours = plain if plain in TOKENS else LIGHT if plain == "light" else DARK
    return ours + COARSE if coarse else ours


@cache
def style(theme: str, role: str, ground: str = "background") -> Style:
    """The style of a role (a token's name, or `strong`, `title`, `link`) on a ground.

    `image:words` is that role underlined, as words of the wish that gave something; `image:here`
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
