"""Proxies, certificates and plain http: what the environment says is followed or named."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ima_tui.api import exchange, network, service
from ima_tui.api.client import ImaClient
from ima_tui.core.domain import TaskType
from ima_tui.core.errors import Misconfigured, Unreachable, UsageError
from ima_tui.i18n import explain

API = "https://api.imastudio.com"
KEY = "ima_network_0001"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in (
            *network.CERTIFICATE_FILES,
            network.CERTIFICATE_FOLDER,
        ):
            monkeypatch.delenv(name)
    exchange._issuers.clear()


# ------------------------------------------------------------------------------- settings

UNUSABLE = {
    "foo://127.0.0.1:1": "error.proxy_kind",
    "socks4://127.0.0.1:1080": "error.proxy_kind",
    "://": "error.proxy_kind",
    "http://proxy.example:99999": "error.proxy_address",
    "http://proxy.example:port": "error.proxy_address",
    "http://": "error.proxy_address",
    "http:/proxy.example:8080": "error.proxy_address",
    "proxy example:8080": "error.proxy_address",
    '"http://proxy.example:8080"': "error.proxy_kind",
    "http://[::1": "error.proxy_address",
    "http://proxy.example:0": "error.proxy_address",
    "http://wpad.example/proxy.pac": "error.proxy_address",
}


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("value", UNUSABLE)
def test_a_proxy_that_can_t_be_used_is_named_by_its_variable(variable: str, value: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        network.proxy_for(API, {variable: value})
    assert caught.value.key == UNUSABLE[value]
    assert caught.value.exit_code == 2
    assert explain(caught.value).count(variable) == 2  # what is wrong, and what to do


def test_a_password_is_not_shown() -> None:
    for value in ("http://jane:hun@ter2@proxy.example:99999", "jane:hunter2@proxy.example:99999"):
        with pytest.raises(Misconfigured) as caught:
            network.proxy_for(API, {"HTTPS_PROXY": value})
        assert "ter2" not in explain(caught.value)
        assert "proxy.example" in explain(caught.value)
    found = network.proxy_for(API, {"HTTPS_PROXY": "http://jane:hunter2@proxy.example:8080"})
    assert found is not None
    assert found.shown == "proxy.example:8080"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"https_proxy": "proxy.example:8080"}, "http://proxy.example:8080"),
        ({"HTTPS_PROXY": " http://proxy.example:8080/ "}, "http://proxy.example:8080"),
        ({"ALL_PROXY": "socks5://127.0.0.1:7890"}, "socks5://127.0.0.1:7890"),
        ({"all_proxy": "socks://127.0.0.1:7890/"}, "socks5h://127.0.0.1:7890"),
        ({"HTTPS_PROXY": "http://a.example:1", "ALL_PROXY": "foo://"}, "http://a.example:1"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://a.example:1"}, ""),
        ({"HTTP_PROXY": "foo://"}, ""),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, "http://[::1]:3128"),
        ({}, ""),
    ],
)
def test_the_proxy_that_the_environment_names_is_used(environ: dict[str, str], url: str) -> None:
    found = network.proxy_for(API, environ)
    assert (found.url.rstrip("/") if found else "") == url


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", API, True),
        ("imastudio.com", API, True),
        (".imastudio.com", API, True),
        ("*.imastudio.com", API, True),
        ("api.imastudio.com:443", API, True),
        ("api.imastudio.com:8443", API, False),
        ("API.IMASTUDIO.COM", API, True),
        ("studio.com", API, False),
        ("a.example , api.imastudio.com", API, True),
        ("a.example api.imastudio.com", API, True),
        (" ,, ", API, False),
        ("10.0.0.0/8", "https://10.1.2.3/x", True),
        ("10.0.0.0/8", "https://11.1.2.3/x", False),
        ("10.1.2.3", "https://10.1.2.3/x", True),
        ("10.*", "https://10.1.2.3/x", True),
        ("10.1.2.3:443", "https://10.1.2.3/x", True),
        ("2001:db8::/32", "https://[2001:db8::5]/x", True),
        ("2001:db8::5", "https://[2001:DB8:0::5]/x", True),
        ("[2001:db8::5]", "https://[2001:db8::5]/x", True),
        ("[2001:db8::5]:8443", "https://[2001:db8::5]/x", False),
        ("<local>", "https://intranet/x", True),
        ("https://api.imastudio.com", API, True),
        ("https://api.imastudio.com/open", API, True),
        ("api.imastudio.com/", API, True),
        ('"a.example,.imastudio.com"', API, True),
        ("a.example|*.imastudio.com", API, True),
        ("[2001:db8::]/32", "https://[2001:db8::5]/x", True),
        ("10.0.0.0/8:8443", "https://10.1.2.3/x", False),
    ],
)
@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_no_proxy_in_every_form_people_have(
    no_proxy: str, url: str, direct: bool, variable: str
) -> None:
    environ = {"ALL_PROXY": "http://proxy.example:1", variable: no_proxy}
    assert (network.proxy_for(url, environ) is None) is direct


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]", "LOCALHOST", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_never_asked_through_a_proxy(host: str) -> None:
    for scheme in ("http", "https"):
        for variable in ("HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            for value in ("http://127.0.0.1:9", "foo://"):
                assert network.proxy_for(f"{scheme}://{host}:8080/x", {variable: value}) is None
    assert network.proxy_for("https://127.0.0.1.example", {"ALL_PROXY": "http://a.example:1"})


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
def test_certificates_that_can_t_be_used_are_named_by_their_variable(
    variable: str, tmp_path: Path
) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "fifo")
    cases = {
        tmp_path / "nowhere": "error.ca_missing",
        tmp_path / "empty": "error.ca_invalid",
        garbage / "below": "error.ca_missing",
    }
    if variable != "SSL_CERT_DIR":
        cases |= dict.fromkeys((garbage, tmp_path / "fifo"), "error.ca_invalid")
        cases[Path(os.devnull)] = "error.ca_invalid"
    for path, key in cases.items():
        with pytest.raises(Misconfigured) as caught:
            network.certificates({variable: str(path)})
        assert caught.value.key == key, path
        assert variable in explain(caught.value)
        assert str(path) in explain(caught.value)


def test_plain_http_beyond_this_machine_is_refused_before_anything_is_sent() -> None:
    elsewhere, here = "http://api.example", "http://127.0.0.1:1"
    for base, upload in ((elsewhere, here), (here, elsewhere), ("http://127.0.0.1.example", here)):
        with pytest.raises(UsageError):
            ImaClient(key=KEY, base_url=base, upload_url=upload)


# ------------------------------------------------------------------------------ connecting


@asynccontextmanager
async def listening(
    answers: list[bytes] | None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port that says one of `answers` after each read, and hangs up; and all that it read."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for answer in answers or []:
                heard.append(await reader.read(65536))
                writer.write(answer)
                await writer.drain()
        except (OSError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


async def asked(payload: bool = False) -> Unreachable:
    client = ImaClient(key=KEY, base_url=API, upload_url=API)
    try:
        asking = client.create({"n": 1}) if payload else client.products(TaskType.TEXT_TO_IMAGE)
        with pytest.raises(Unreachable) as caught:
            await asking
        return caught.value
    finally:
        await client.aclose()


async def test_socks_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"
    async with listening([b"\x05\x00", refused]) as (port, heard):
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{port}")
        problem = await asked()
    assert heard[0][:1] == b"\x05"
    assert b"api.imastudio.com" in heard[1]  # resolved by the proxy, as it has to be
    assert problem.key == "error.proxy_refused"


@pytest.mark.parametrize(
    ("scheme", "answers", "key"),
    [
        ("http", [b"HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n"], "error.proxy_password"),
        ("http", [b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"], "error.proxy_refused"),
        ("http", [b""], "error.proxy_refused"),
        ("http", [b"\x05\xff"], "error.proxy_refused"),
        ("http", [b"HTTP/1.1 200 OK\r\n\r\n", b"no TLS at all"], "error.tls_none"),
        ("socks5", [b"HTTP/1.1 400 Bad\r\n\r\n"], "error.proxy_refused"),
        ("socks5", [b""], "error.proxy_refused"),
        ("https", [b"no TLS at all"], "error.tls_none"),
    ],
)
async def test_a_proxy_in_the_way_never_makes_an_order_unknown(
    scheme: str, answers: list[bytes], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing left the proxy, so nothing was charged: `Unreachable`, never `Lost`."""
    async with listening(answers) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{port}")
        problem = await asked(payload=True)
    assert problem.key == key
    assert problem.exit_code == 6


async def test_a_proxy_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://jane:hunter2@127.0.0.1:9")
    problem = await asked()
    assert problem.key == "error.proxy_down"
    said = explain(problem)
    assert "https_proxy" in said
    assert "127.0.0.1:9" in said
    assert "hunter2" not in said


@pytest.fixture(scope="module")
def corporate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate by an authority that nobody knows, and a self-signed one."""
    folder = tmp_path_factory.mktemp("tls")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-nodes", "-days", "2"]
    root = ["-keyout", "root.key", "-out", "root.pem", "-subj", "/O=ACME/CN=ACME Inspection CA"]
    alone = ["-keyout", "self.key", "-out", "self.pem", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    model = ["-keyout", "leaf.key", "-out", "leaf.pem", "-subj", "/CN=localhost", *names]
    model += ["-CA", "root.pem", "-CAkey", "root.key"]
    for words in (root, [*alone, *names], model):
        subprocess.run([*make, *words], cwd=folder, check=True, capture_output=True)
    return folder


def shown_by(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def test_no_tls_secrets_are_written_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for named in (tmp_path / "keys", tmp_path / "no folder" / "keys"):
        monkeypatch.setenv("SSLKEYLOGFILE", str(named))
        trusted = network.certificates()
        assert trusted.keylog_filename is None
        assert (trusted.verify_mode, trusted.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert trusted.cert_store_stats()["x509_ca"] > 50


async def test_an_intercepted_connection_names_who_issued_its_certificate(
    corporate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening([b""], shown_by(corporate, "leaf")) as (port, heard):
        seen = await service.look(f"https://localhost:{port}", lambda: 0.0)
        assert seen.problem is not None
        assert seen.problem.key == "error.tls_issuer"
        assert "ACME Inspection CA" in explain(seen.problem)
        assert "SSL_CERT_FILE" in explain(seen.problem)
        assert not any(heard)  # not one byte of a request, also for the look at the issuer
        monkeypatch.setenv("SSL_CERT_FILE", str(corporate / "root.pem"))
        trusted = await service.look(f"https://localhost:{port}", lambda: 0.0)
        assert trusted.problem is not None
        assert trusted.problem.key == "error.unreachable"  # it hung up, after the handshake
        assert heard[-1].startswith(b"GET / ")


async def test_a_self_signed_certificate_is_named_as_such(corporate: Path) -> None:
    async with listening([b""], shown_by(corporate, "self")) as (port, heard):
        seen = await service.look(f"https://localhost:{port}", lambda: 0.0)
        name = await service.look(f"https://127.0.0.1:{port}", lambda: 0.0)
    assert seen.problem is not None
    assert seen.problem.key == "error.tls_self_signed"
    assert name.problem is not None
    assert name.problem.key == "error.tls_self_signed"
    assert not any(heard)


def test_an_issuer_is_read_from_anything_without_harm(corporate: Path) -> None:
    whole = ssl.PEM_cert_to_DER_cert((corporate / "leaf.pem").read_text())
    assert exchange.issuer_of(whole) == "ACME Inspection CA"
    for cut in range(0, len(whole), 7):
        exchange.issuer_of(whole[:cut])
        exchange.issuer_of(whole[:cut] + b"\xff" * 9 + whole[cut:])
