"""What a stream of bytes does to a terminal, as shapes that two runs can be compared by."""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    r"(?P<csi>\x1b\[[<-?]?[0-9;:]*[ -/]*[@-~])"
    r"|(?P<osc>\x1b\][^\x07\x1b]*(?:\x07|\x1b\\))"
    r"|(?P<string>\x1b[PX^_].*?(?:\x1b\\|$))"
    r"|(?P<short>\x1b[ -/]*[0-~])"
    r"|(?P<bare>\x1b)"
    r"|(?P<control>[\x00-\x09\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|(?P<hidden>[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f])",
    re.DOTALL,
)


def shapes(received: bytes) -> set[str]:
    """Each kind of escape sequence, control and invisible character in the stream, numbers left
    out. Raises `UnicodeDecodeError` for bytes that no terminal was promised."""
    return {_shape(found) for found in _SEQUENCES.finditer(received.decode("utf-8"))}


def _shape(found: re.Match[str]) -> str:
    text = found[0]
    if found.lastgroup == "csi":
        body = re.sub(r"[0-9;:]+", "#", text[2:])
        if body in ("#h", "#l", "?#h", "?#l", "#t", "#n", "?#n", "#i"):
            return text  # modes, titles, reports: there each number is a deed of its own
        return f"CSI {body}"
    if found.lastgroup == "osc":
        return f"OSC {re.split(r'[;]', text[2:])[0]}"
    if found.lastgroup == "string":
        return f"string {text[1]}"
    return repr(text)
