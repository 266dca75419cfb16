"""HTTP transports: proxies, NO_PROXY and TLS certificates from the environment.

Every client is built from `transport`, so the rules hold everywhere: loopback addresses never use a
proxy, unusable settings are named, TLS is always verified.
"""

from __future__ import annotations

import os
import re
import ssl
import stat
import sys
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from ima_tui.config.loader import is_loopback
from ima_tui.core.errors import Misconfigured
from ima_tui.core.records import dataclass
from ima_tui.core.text import one_line

KINDS = {
    "http": "http",
    "https": "https",
    "socks5": "socks5",
    "socks5h": "socks5h",
    "socks": "socks5h",  # as written by GNOME's settings
}
"""Proxy schemes as users write them, and their names in httpx."""
SYSTEM = "the system's proxy settings"
CERTIFICATE_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
CERTIFICATE_FOLDER = "SSL_CERT_DIR"
LARGEST_BUNDLE = 32 * 1024 * 1024
PORTS = {"http": 80, "https": 443}

_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?")
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
"""Names that OpenSSL looks for in a folder of certificates."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A usable proxy, and the variable that names it."""

    variable: str
    url: str

    @property
    def shown(self) -> str:
        """Host and port, without user name and password."""
        return one_line(urlsplit(self.url).netloc.rpartition("@")[2], 120)


# --------------------------------------------------------------------------------- proxies


def proxy_for(url: str, environ: Mapping[str, str] | None = None) -> Proxy | None:
    """Return the proxy for requests to `url`; None for a direct connection.

    Raises `Misconfigured`, naming the variable, when its value is unusable.
    """
    env = os.environ if environ is None else environ
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if is_loopback(url) or not host:
        return None
    variable, written = _named(parts.scheme, env)
    if not written and environ is None:
        variable, written = _of_the_system(parts.scheme, host, env)
    if not written or bypasses(_variable("no_proxy", env)[1], host, _port(url)):
        return None
    return _usable(variable, written)


def _port(url: str) -> int:
    parts = urlsplit(url)
    try:
        return parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return 0


def _variable(name: str, env: Mapping[str, str]) -> tuple[str, str]:
    """Look up a variable, lower case first as in curl and Python.

    An empty one disables the other.
    """
    for each in (name, name.upper()):
        if each in env:
            return each, env[each].strip()
    return name, ""


def _named(scheme: str, env: Mapping[str, str]) -> tuple[str, str]:
    found = _variable(f"{scheme}_proxy", env)
    return found if found[1] else _variable("all_proxy", env)


def _of_the_system(scheme: str, host: str, env: Mapping[str, str]) -> tuple[str, str]:
    """Return the proxy of macOS's system settings, used only where no variable names one."""
    if sys.platform != "darwin" or any(name.lower().endswith("_proxy") for name in env):
        return "", ""
    named = getproxies().get(scheme, "")
    return (SYSTEM, named) if named and not proxy_bypass(host) else ("", "")


def _usable(variable: str, written: str) -> Proxy:
    text = written if "://" in written else f"http://{written}"
    scheme, _, rest = text.partition("://")
    kind = KINDS.get(scheme.lower())
    if kind is None:
        shown = one_line(scheme, 40) or "—"
        raise Misconfigured("error.proxy_kind", variable=variable, kind=shown)
    try:
        url = httpx.URL(f"{kind}://{rest}")
        good = url.port is None or 0 < url.port < 65_536
        good = good and url.path in ("", "/") and not (url.query or url.fragment)
        good = good and bool(_HOST.fullmatch(url.host) or ":" in url.host)
    except (httpx.InvalidURL, ValueError):
        good = False
    if not good:
        shown = one_line(f"{scheme}://{rest.rpartition('@')[2]}", 80)
        raise Misconfigured("error.proxy_address", variable=variable, value=shown)
    if kind.startswith("socks") and find_spec("socksio") is None:
        raise Misconfigured("error.proxy_socks", variable=variable)
    return Proxy(variable, str(url))


def bypasses(no_proxy: str, host: str, port: int) -> bool:
    """Tell whether `no_proxy` excludes `host` from the proxy.

    Entries are separated by commas, semicolons, bars or blanks: `*`, names (with all subdomains,
    with or without `.` or `*.` in front), addresses, CIDR networks, URLs, each optionally with a
    port. Quotes, as left by files of `NAME="value"` lines, are ignored.
    """
    plain = host.strip("[]").rstrip(".").lower()
    entries = re.split(r"[\s,;|\"']+", no_proxy.lower())
    return any(_covers(entry, plain, port) for entry in entries if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "<local>":
        return "." not in host and ":" not in host
    entry = entry.partition("://")[2] or entry
    head, _, behind = entry.partition("/")
    name, wanted = _split_port(entry if behind[:1].isdecimal() else head)
    if wanted is not None and wanted != port:
        return False
    if name == "*":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return _covers_name(name, host)
    try:
        return address in ip_network(name, strict=False)
    except (ValueError, TypeError):
        return "*" in name and fnmatchcase(host, name)


def _covers_name(name: str, host: str) -> bool:
    bare = name.lstrip("*.").rstrip(".")
    if "*" in bare:
        return fnmatchcase(host, bare)
    return bool(bare) and (host == bare or host.endswith(f".{bare}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    """Split off a port: `[::1]:80`, `host:80`; an IPv6 address without brackets has none."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        if rest.startswith("/"):
            return name + rest, None
        rest = rest.removeprefix(":")
    elif entry.count(":") == 1:
        name, _, rest = entry.partition(":")
    else:
        return entry, None
    return name, int(rest) if rest.isascii() and rest.isdecimal() and len(rest) < 6 else None


# ---------------------------------------------------------------------------- certificates


def certificates(environ: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """Return the TLS context: certificates named by a variable, else certifi's.

    Reads files: call it off the event loop. Raises `Misconfigured`, naming the variable.
    """
    env = os.environ if environ is None else environ
    for variable in CERTIFICATE_FILES:
        if named := env.get(variable, "").strip():
            return _from_file(variable, named)
        if variable == "SSL_CERT_FILE" and (folders := env.get(CERTIFICATE_FOLDER, "").strip()):
            return _from_folders(CERTIFICATE_FOLDER, folders)
    import certifi

    return _trusting(cafile=certifi.where())


def _trusting(cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
    """Return a verifying context.

    It ignores SSLKEYLOGFILE: with that file others could read the API key from recorded traffic,
    and every request would fail where it can't be written.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile, capath)
    return context


def _from_file(variable: str, named: str) -> ssl.SSLContext:
    path = Path(named)
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode) and variable != "SSL_CERT_FILE":
            return _from_folders(variable, named)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_BUNDLE:
            raise _bad("error.ca_invalid", variable, named)
        path.open("rb").close()
        return _trusting(cafile=named)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _bad("error.ca_missing", variable, named) from error
    except (ssl.SSLError, ValueError) as error:  # no certificates, or not a path
        raise _bad("error.ca_invalid", variable, named) from error
    except OSError as error:
        raise _bad("error.ca_unreadable", variable, named) from error


def _from_folders(variable: str, named: str) -> ssl.SSLContext:
    """Load folders; OpenSSL accepts several and looks certificates up by hash on demand."""
    problem = "error.ca_missing"
    for folder in filter(None, named.split(os.pathsep)):
        try:
            if any(_HASHED.fullmatch(name) for name in os.listdir(folder)):  # noqa: PTH208
                return _trusting(capath=named)
            problem = "error.ca_invalid"
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError):
            problem = "error.ca_unreadable"
    raise _bad(problem, variable, named)


def _bad(key: str, variable: str, named: str) -> Misconfigured:
    return Misconfigured(key, variable=variable, path=one_line(named, 200))


# ------------------------------------------------------------------------------ connecting


class _ProxiedExchange:
    """Tells from httpcore's trace events whether a request left the proxy."""

    def __init__(self, inner: Callable[[str, dict[str, Any]], Awaitable[None]] | None) -> None:
        self.sent = False
        self._inner = inner

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        if name.endswith("send_request_headers.started"):
            if info["request"].method == b"CONNECT":
                return  # this one is for the proxy and holds nothing of ours
            self.sent = True
        if self._inner is not None:
            await self._inner(name, info)


class Transport(httpx.AsyncHTTPTransport):
    """httpx transport that raises `ProxyError` for an exchange that never left the proxy.

    Otherwise a broken tunnel would look like a request whose response was lost.
    """

    def __init__(self, proxy: Proxy | None, trusted: ssl.SSLContext, limits: httpx.Limits) -> None:
        self._proxied = proxy is not None
        super().__init__(
            verify=trusted,
            proxy=httpx.Proxy(proxy.url, ssl_context=_for_proxy(proxy, trusted)) if proxy else None,
            limits=limits,
            trust_env=False,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, through the proxy if there is one."""
        if not self._proxied:
            return await super().handle_async_request(request)
        exchange = _ProxiedExchange(request.extensions.get("trace"))
        request.extensions = {**request.extensions, "trace": exchange.trace}
        try:
            return await super().handle_async_request(request)
        except (httpx.ConnectError, httpx.ProxyError):
            raise
        except httpx.TransportError as error:
            if exchange.sent:
                raise
            raise httpx.ProxyError(type(error).__name__) from error
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "socksio":
                raise
            raise httpx.ProxyError("no SOCKS proxy") from error  # httpcore does not map these


def _for_proxy(proxy: Proxy, trusted: ssl.SSLContext) -> ssl.SSLContext | None:
    return trusted if proxy.url.startswith("https:") else None


def transport(
    proxy: Proxy | None, *, secure: bool, limits: httpx.Limits | None = None
) -> Transport:
    """Build a transport.

    `secure`: TLS is used, so certificates are loaded. Reads files: call it off the event loop.
    Raises `Misconfigured`.
    """
    # without TLS the certificates need not be read: this context trusts nobody
    trusted = certificates() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return Transport(proxy, trusted, limits or httpx.Limits())


def transport_to(url: str, limits: httpx.Limits | None = None) -> Transport:
    """Build the transport for requests to `url`. Raises `Misconfigured`."""
    return transport(proxy_for(url), secure=url.startswith("https:"), limits=limits)
