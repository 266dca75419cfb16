"""The download guard: 60 hostile addresses and 200 hostile names; no private connection, no file
outside the folder."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from fakes import PNG, any_order

from ima_tui.api import client, service, url_guard
from ima_tui.api.service import Downloader, DownloadError
from ima_tui.api.url_guard import public
from ima_tui.core.domain import Job, Media, State
from ima_tui.core.errors import Malformed
from ima_tui.runner import result_files

PUBLIC, PUBLIC_TOO = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"
NAMES = {
    "cdn.example": [PUBLIC],
    "both.example": [PUBLIC, PUBLIC_TOO],
    "private.example": ["10.0.0.7"],
    "mixed.example": [PUBLIC, "192.168.1.1"],
    "mixed6.example": [PUBLIC, "fd00::1"],
    "meta.example": ["169.254.169.254"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "nat64-good.example": ["64:ff9b::5db8:d822"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "zone.example": ["fe80::1%eth0"],
    "empty.example": [],
    "odd.example": ["not an address"],
    "multicast.example": ["224.0.0.1"],
}

HOSTILE = (
    # other schemes, and none
    "http://cdn.example/a", "ftp://cdn.example/a", "file:///etc/passwd", "data:image/png,x",
    "javascript:alert(1)", "//cdn.example/a", "cdn.example/a", "", " ", "https://", "https:///a",
    # forms of 127.0.0.1
    "https://127.0.0.1/a", "https://127.1/a", "https://2130706433/a", "https://0x7f000001/a",
    "https://0x7f.1/a", "https://0177.0.0.1/a", "https://127.0.0.1./a", "https://localhost/a",
    "https://localhost./a", "https://LOCALHOST/a", "https://0/a", "https://0.0.0.0/a",
    "https://①②⑦.0.0.1/a", "https://127。0。0。1/a",
    # private, shared, link-local, multicast, reserved
    "https://10.1.2.3/a", "https://172.16.0.1/a", "https://192.168.0.1/a", "https://100.64.0.1/a",
    "https://169.254.169.254/latest/meta-data", "https://2852039166/latest", "https://224.0.0.1/a",
    "https://240.0.0.1/a", "https://255.255.255.255/a", "https://198.18.0.1/a",
    # IPv6
    "https://[::1]/a", "https://[::]/a", "https://[::ffff:127.0.0.1]/a", "https://[::127.0.0.1]/a",
    "https://[64:ff9b::7f00:1]/a", "https://[64:ff9b:1::1]/a", "https://[fe80::1]/a",
    "https://[fe80::1%25eth0]/a", "https://[fd00::1]/a", "https://[fec0::1]/a",
    "https://[2002:7f00:1::]/a", "https://[2001:0:7f00:1::]/a", "https://[ff02::1]/a",
    "https://[::1/a",
    # who is meant by it
    "https://user@cdn.example/a", "https://user:pw@cdn.example/a", "https://cdn.example@10.0.0.1/a",
    "https://cdn.example\\@10.0.0.1/a", "https://cdn.example%40private.example/a",
    "https://cdn.example:22/a", "https://cdn.example:0/a", "https://cdn.example:99999/a",
    "https://cdn example/a", "https://cdn.example\r\nHost: private.example/a",
    "https://-.example/a", "https://" + "a." * 3000 + "example/" + "b" * 9000,
    # what the names resolve to
    "https://private.example/a", "https://mixed.example/a", "https://mixed6.example/a",
    "https://meta.example/a", "https://nat64.example/a", "https://mapped.example/a",
    "https://zone.example/a", "https://empty.example/a", "https://odd.example/a",
    "https://multicast.example/a", "https://nobody.example/a", "https://bücher.example/a",
)  # fmt: skip


@dataclass
class Internet:
    """A resolver and a network of our own, which notes every connection that is made."""

    answers: dict[str, Callable[[httpx.Request], httpx.Response]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=lambda: dict(NAMES))
    connections: list[str] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        if host in self.names:
            return self.names[host]
        if host.rstrip(".").endswith(".example"):
            raise OSError("no such name")
        return await url_guard.resolve(
            host, port
        )  # localhost, and what the system takes for numbers

    def transport(self) -> httpx.MockTransport:
        def handle(request: httpx.Request) -> httpx.Response:
            self.connections.append(request.url.host)
            self.requests.append(request)
            answer = self.answers.get(request.headers["Host"].partition(":")[0])
            return answer(request) if answer else httpx.Response(200, content=PNG)

        return httpx.MockTransport(handle)

    @property
    def private(self) -> list[str]:
        return [host for host in self.connections if not public(host)]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def internet() -> Internet:
    return Internet()


@asynccontextmanager
async def downloading(internet: Internet) -> AsyncIterator[Downloader]:
    made = Downloader(resolver=internet.resolve, transport=internet.transport())
    try:
        yield made
    finally:
        await made.aclose()


def leads_to(url: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(302, headers={"Location": url})


def test_the_table_is_as_long_as_promised() -> None:
    assert len(set(HOSTILE)) >= 60


async def test_no_hostile_address_is_connected_to(internet: Internet, tmp_path: Path) -> None:
    async with downloading(internet) as made:
        for url in HOSTILE:
            try:
                await made.fetch(url, tmp_path / "a.part")
            except DownloadError as error:
                caught = error
            else:
                pytest.fail(f"fetched {url!r}")
            assert caught.key in ("error.link_refused", "error.download_unreachable"), url
    assert internet.connections == []
    assert list(tmp_path.iterdir()) == []


async def test_no_redirect_leads_to_one(internet: Internet, tmp_path: Path) -> None:
    async with downloading(internet) as made:
        for url in HOSTILE:
            if not url.isascii() or not url.isprintable() or url.startswith(("//cdn", "cdn", " ")):
                continue  # no header can say it, or it is a harmless path below the first
            internet.answers["cdn.example"] = leads_to(url)
            with pytest.raises(DownloadError):
                await made.fetch("https://cdn.example/start", tmp_path / "a.part")
    assert internet.private == []
    assert list(tmp_path.iterdir()) == []


async def test_nothing_reaches_a_listener_on_this_machine(tmp_path: Path) -> None:
    """The same table with the system's own resolver and network: nobody knocks."""
    knocks = 0

    def knock(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal knocks
        knocks += 1
        writer.close()

    server = await asyncio.start_server(knock, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = Downloader()
    forms = ("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "0",
             "[::ffff:127.0.0.1]", "[::1]", "127.0.0.1.", "①②⑦.0.0.1")  # fmt: skip
    async with server:
        for host in forms:
            with pytest.raises(DownloadError):
                await made.fetch(f"https://{host}:{port}/a", tmp_path / "a.part")
        await made.aclose()
    assert knocks == 0


async def test_a_resolver_that_changes_its_mind_is_asked_once(
    internet: Internet, tmp_path: Path
) -> None:
    answers = itertools.chain([[PUBLIC]], itertools.repeat(["127.0.0.1"]))

    async def rebinding(host: str, port: int) -> list[str]:
        internet.resolved.append(host)
        return next(answers)

    made = Downloader(resolver=rebinding, transport=internet.transport())
    await made.fetch("https://rebind.example/a", tmp_path / "a.part")
    assert internet.resolved == ["rebind.example"]
    assert internet.connections == [PUBLIC]
    with pytest.raises(DownloadError):  # the second time it is judged anew
        await made.fetch("https://rebind.example/a", tmp_path / "a.part")
    assert internet.connections == [PUBLIC]
    await made.aclose()


async def test_the_connection_goes_to_the_address_that_was_checked(
    internet: Internet, tmp_path: Path
) -> None:
    internet.names["xn--bcher-kva.example"] = [PUBLIC]
    async with downloading(internet) as made:
        for host in ("cdn.example", "bücher.example"):
            assert await made.fetch(f"https://{host}/a?b=c", tmp_path / "a.part") == len(PNG)
    plain, idn = internet.requests
    assert str(plain.url) == f"https://{PUBLIC}/a?b=c"
    assert plain.headers["Host"] == "cdn.example"
    assert plain.extensions["sni_hostname"] == "cdn.example"
    assert plain.headers["Connection"] == "close"
    assert idn.headers["Host"] == idn.extensions["sni_hostname"] == "xn--bcher-kva.example"


async def test_the_next_checked_address_is_tried_when_one_is_dead(
    internet: Internet, tmp_path: Path
) -> None:
    def dead_first(request: httpx.Request) -> httpx.Response:
        if request.url.host == PUBLIC:
            raise httpx.ConnectError("dead")
        return httpx.Response(200, content=PNG)

    internet.answers["both.example"] = dead_first
    async with downloading(internet) as made:
        await made.fetch("https://both.example/a", tmp_path / "a.part")
    assert internet.connections == [PUBLIC, PUBLIC_TOO]


async def test_a_public_address_behind_nat64_is_public(internet: Internet, tmp_path: Path) -> None:
    async with downloading(internet) as made:
        await made.fetch("https://nat64-good.example/a", tmp_path / "a.part")
    assert internet.connections == ["64:ff9b::5db8:d822"]


async def test_a_chain_of_redirects_ends(internet: Internet, tmp_path: Path) -> None:
    internet.answers["cdn.example"] = leads_to("https://cdn.example/again")
    async with downloading(internet) as made:
        with pytest.raises(DownloadError) as caught:
            await made.fetch("https://cdn.example/a", tmp_path / "a.part")
    assert caught.value.key == "error.link_refused"
    assert len(internet.connections) == service.MOST_REDIRECTS


async def test_what_announces_itself_too_large_is_not_begun(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LARGEST", len(PNG) - 1)
    async with downloading(internet) as made:
        with pytest.raises(DownloadError) as caught:
            await made.fetch("https://cdn.example/a", tmp_path / "a.part")
    assert caught.value.key == "error.too_large"
    assert not (tmp_path / "a.part").exists()


async def test_what_grows_too_large_without_saying_so_is_left(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(service.CHUNK)

    monkeypatch.setattr(service, "LARGEST", 3 * service.CHUNK)
    internet.answers["cdn.example"] = lambda _: httpx.Response(200, content=endless())
    async with downloading(internet) as made:
        with pytest.raises(DownloadError) as caught:
            await made.fetch("https://cdn.example/a", tmp_path / "a.part")
    assert caught.value.key == "error.too_large"


async def test_what_ends_before_it_said_is_broken(internet: Internet, tmp_path: Path) -> None:
    async def short() -> AsyncIterator[bytes]:
        yield b"half"

    headers = {"Content-Length": "8"}
    internet.answers["cdn.example"] = lambda _: httpx.Response(
        200, headers=headers, content=short()
    )
    async with downloading(internet) as made:
        with pytest.raises(DownloadError) as caught:
            await made.fetch("https://cdn.example/a", tmp_path / "a.part")
    assert caught.value.key == "error.download_broken"


async def test_a_public_address_itself_is_asked_without_a_name(
    internet: Internet, tmp_path: Path
) -> None:
    async with downloading(internet) as made:
        await made.fetch(f"https://{PUBLIC}/a", tmp_path / "a.part")
        await made.fetch(f"https://[{PUBLIC_TOO}]:8443/a", tmp_path / "a.part")
    assert internet.connections == [PUBLIC, PUBLIC_TOO]
    assert not any("sni_hostname" in request.extensions for request in internet.requests)
    assert internet.requests[1].headers["Host"] == f"[{PUBLIC_TOO}]:8443"


async def test_the_sandbox_is_asked_as_it_is(internet: Internet, tmp_path: Path) -> None:
    made = Downloader(
        sandbox="http://127.0.0.1:8765", resolver=internet.resolve, transport=internet.transport()
    )
    await made.fetch("http://127.0.0.1:8765/a", tmp_path / "a.part")
    for other in ("http://127.0.0.1:8766/a", "http://x@127.0.0.1:8765/a", "http://127.1:8765/a"):
        with pytest.raises(DownloadError):
            await made.fetch(other, tmp_path / "a.part")
    await made.aclose()
    assert internet.connections == ["127.0.0.1"]
    assert internet.resolved == []


async def test_a_name_that_never_resolves_does_not_hold_a_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def silent(_: str, __: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(url_guard, "RESOLVING", 0.01)
    with pytest.raises(url_guard.Unresolved):
        await url_guard.check("https://cdn.example/a", "", silent)


async def test_a_proxy_of_the_person_s_own_is_used_and_still_judged(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", "both.example")
    for name in ("cdn.example", "nobody.example"):  # the second only the proxy may know
        checked = await url_guard.check(f"https://{name}/a", "", internet.resolve)
        assert checked.proxy is not None
        assert (checked.proxy.url, checked.addresses) == ("http://proxy.example:3128", ())
    direct = await url_guard.check("https://both.example/a", "", internet.resolve)
    assert (direct.proxy, direct.addresses) == (None, (PUBLIC, PUBLIC_TOO))
    for url in ("https://private.example/a", "https://10.0.0.1/a"):
        with pytest.raises(url_guard.NotPublic):
            await url_guard.check(url, "", internet.resolve)


async def test_the_certificate_is_the_name_s_though_the_address_is_dialled(tmp_path: Path) -> None:
    """Real TLS: the handshake names the host, and its certificate is held to that name."""
    cert, key = self_signed("cdn.example", tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert, key)
    asked: list[str | None] = []
    serving.sni_callback = lambda _sock, name, _context: asked.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PNG) + PNG)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]
    trusted = ssl.create_default_context(cafile=cert)

    class Rerouted(httpx.AsyncHTTPTransport):
        """The public address stands for our own server; all else is the network's."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.url.host == PUBLIC
            request.url = request.url.copy_with(host="127.0.0.1", port=port)
            return await super().handle_async_request(request)

    async def resolver(_: str, __: int) -> list[str]:
        return [PUBLIC]

    async with server:
        made = Downloader(resolver=resolver, transport=Rerouted(verify=trusted))
        assert await made.fetch("https://cdn.example/a", tmp_path / "a.part") == len(PNG)
        with pytest.raises(DownloadError):  # another name: the certificate is not its own
            await made.fetch("https://other.example/a", tmp_path / "b.part")
        await made.aclose()
    assert asked == ["cdn.example", "other.example"]


def self_signed(name: str, folder: Path) -> tuple[str, str]:
    """Paths of a certificate for `name` and of its key."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(cert_file), str(key_file)


# ------------------------------------------------------------------------------------ uploads


@pytest.mark.parametrize(
    "ful", ["https://10.0.0.1/put", "https://169.254.169.254/", "https://[::1]/", "https://u@x/"]
)
async def test_a_file_is_uploaded_to_public_hosts_only(ful: str) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, json={"code": 0, "data": {"ful": ful, "fdl": "https://x/y"}})

    made = client.ImaClient(
        key="ima_test_0001",
        base_url="https://api.example",
        upload_url="https://upload.example",
        transport=httpx.MockTransport(handle),
    )
    with pytest.raises(Malformed):
        await made.upload(PNG, mime="image/png", suffix="png")
    await made.aclose()
    assert asked == ["upload.example"]


# -------------------------------------------------------------------------------------- names

PIECES = (
    "..", "../..", "/", "\\", "..\\..", "/etc/passwd", "~", "~root", "$(id)", "`id`", "a\0b",
    "a\nb", "\x1b[31m", "\u202egnp.exe", "CON", "NUL.", "-rf", "--help", ".hidden", "a:b",
    "%2e%2e%2f", "\udcff", "😀" * 90, "x" * 4000, "|sh", ";reboot", "*", "?", "'", '"',
)  # fmt: skip


def hostile_names() -> list[str]:
    pairs = (f"{a}{b}" for a, b in itertools.product(PIECES, PIECES))
    return list(dict.fromkeys((*PIECES, *itertools.islice(pairs, 0, None, 4))))


async def test_two_hundred_hostile_names_stay_in_the_folder(
    internet: Internet, tmp_path: Path
) -> None:
    """Names of models and tasks, of the address and of the headers: none of them names a file."""
    names = hostile_names()
    assert len(names) >= 200
    folder = tmp_path / "results"
    folder.mkdir()
    job = Job(7, any_order(), State.FETCHING, 1_700_000_000.0, 0.0, task_id="task")

    def named(name: str) -> Callable[[httpx.Request], httpx.Response]:
        raw = name.encode("utf-8", "surrogateescape").replace(b"\r", b"").replace(b"\n", b"")
        headers = [(b"Content-Disposition", b'attachment; filename="' + raw + b'"')]
        return lambda _: httpx.Response(200, headers=headers, content=PNG)

    async with downloading(internet) as made:
        for number, name in enumerate(names):
            order = replace(job.order, model_name=name)
            each = replace(job, id=number, task_id=name, order=order)
            internet.answers["cdn.example"] = named(name)
            part = result_files.part_path(folder, each, 1)
            await made.fetch(f"https://cdn.example/{number}/..%2f..%2fowned.sh", part)
            media = Media("https://cdn.example/a", format=name[:40])
            final = result_files.settle(part, each, 1)
            result_files.sidecar(final, each, media, True)
            assert final.parent == folder
            assert final.suffix == ".png"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert all(path.is_file() and path.resolve().parent == folder for path in folder.iterdir())
    assert internet.private == []


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert public(address)
    assert not public(f"x{ip_address(address)}")
