"""Checks of settings whose text has a form: addresses, name templates."""

from __future__ import annotations

from ipaddress import ip_address
from string import Formatter
from urllib.parse import urlsplit

from ima_tui.core.text import clean

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
