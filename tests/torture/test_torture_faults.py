"""The twelve fault points of a create, a hundred seeds each. After each the job is in exactly the
state it must be in, the service has counted exactly the creates and charges that it must have, and
nothing is ever sent again that may have been accepted.

| | the fault | here | must end as |
| --- | --- | --- | --- |
| 1 | refused with a code | `flat-no` | failed, nothing charged |
| 2 | no connection | `no-door` | sent when the way is back; a script fails |
| 3 | TLS that is not trusted | `no-tls` | the same; the other side hears nothing |
| 4 | reset before the body | `reset-early` | unknown: it can't be proved |
| 5 | reset after the body | `reset-late` | unknown |
| 6 | the answer is lost | `lost-reset`, `lost-fin` | unknown, charged once |
| 7 | 500 with a code | `coded-once`, `coded-always` | a lighter try, at most three in all |
| 8 | 500 without a code | `plain-500-before`, `-after` the charge | unknown |
| 9 | 502 | `gateway-before`, `-after` | unknown |
| 10 | broken JSON | `broken-half`, `broken-end` | unknown, charged once |
| 11 | a hang | `hang-before`, `-after` | unknown |
| 12 | a kill | `test_torture_kill`, `creates` | unknown, or never sent |

Variants take turns by the seed; a `calm` job beside them shows that nothing else is disturbed.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from mortal import CREATE, KEY, Plan, SharedClock, Wish, order_of, settings_of, to_the_end
from nursery import PNG, playground
from verdict import promises

from ima_tui.core.domain import Job
from ima_tui.sandbox import tasks
from ima_tui.sandbox.server import Sandbox, running_sandbox
from ima_tui.studio.studio import open_studio

RATE = 1000.0
SEEDS = 100
AT_ONCE = 8
HANG = 0.3
UNTRUSTED = Path(__file__).with_name("untrusted.pem")

SCENARIO = """
[server]
balance = 100000000
timeout_s = 0
""" + "".join(
    f'[[fault]]\nendpoint = "create"\nprompt_contains = "{words}"\n{rest}\n'
    for words, rest in {
        "flat-no": 'kind = "refuse"\ncode = 4014',
        "reset-late": 'kind = "reset_after_body"',
        "lost-reset": 'kind = "lose_answer"\nclose = "reset"',
        "lost-fin": 'kind = "lose_answer"\nclose = "fin"',
        "coded-always": 'kind = "refuse"\ncode = 500',
        "plain-500-before": 'kind = "status"\nstatus = 500',
        "plain-500-after": 'kind = "status"\nstatus = 500\nwhen = "after"',
        "gateway-before": 'kind = "status"\nstatus = 502',
        "gateway-after": 'kind = "status"\nstatus = 502\nwhen = "after"',
        "broken-half": 'kind = "truncate"\nkeep = 0.5',
        "broken-end": 'kind = "truncate"\nkeep = 0.98',
        "hang-before": 'kind = "hang"',
        "hang-after": 'kind = "hang"\nwhen = "after"',
        **{
            f"seed {seed:03} coded-once": 'kind = "status"\nstatus = 500\ncode = 500\ntimes = 1'
            for seed in range(SEEDS)
        },
    }.items()
)


@dataclass(frozen=True)
class Must:
    """How it has to end: the state, the creates that the service saw, and what was charged."""

    state: str
    creates: int
    charged: int
    kind: str = ""


DONE = Must("done", 1, 1)
UNREACHABLE = Must("failed", 0, 0, "error.unreachable")
SELF_SIGNED = Must("failed", 0, 0, "error.tls_self_signed")
LOST = Must("unknown", 1, 0, "error.lost")
LOST_AND_CHARGED = Must("unknown", 1, 1, "error.lost")


def table(seed: int, patient: bool) -> dict[str, Must]:
    """The faults of one seed, each in one of its variants."""
    late = seed % 2 == 0
    no_way = DONE if patient else UNREACHABLE  # a script gives up; a screen waits for the network
    lost = LOST_AND_CHARGED if late else LOST
    when = "after" if late else "before"
    return {
        "calm": DONE,
        "flat-no": Must("failed", 1, 0, "error.subscription"),
        "no-tls": DONE if patient else SELF_SIGNED,
        "reset-early": Must("unknown", 0, 0, "error.lost"),
        "reset-late": LOST,
        "lost-reset" if late else "lost-fin": LOST_AND_CHARGED,
        "coded-once" if late else "coded-always": (
            Must("done", 2, 1) if late else Must("failed", 3, 0, "error.too_heavy")
        ),
        f"plain-500-{when}": lost,
        f"gateway-{when}": lost,
        "broken-half" if late else "broken-end": LOST_AND_CHARGED,
        f"hang-{when}": lost,
        "no-door": no_way,
    }


class Traps:
    """Doors that break a request before the service can see it; creates are led to them.

    What the client does with the answer is its own: the request leaves through real sockets.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: Counter[str] = Counter()
        self.spoken_to = 0
        self._plain = httpx.AsyncClient.send
        self._ports: dict[str, int] = {}
        traps = self

        async def send(
            client: httpx.AsyncClient, request: httpx.Request, **more: Any
        ) -> httpx.Response:
            if request.url.path.endswith(CREATE):
                traps.lead(request)
            return await traps._plain(client, request, **more)

        monkeypatch.setattr(httpx.AsyncClient, "send", send)

    def lead(self, request: httpx.Request) -> None:
        prompt = json.loads(request.content)["parameters"][0]["parameters"]["prompt"]
        self.sent[prompt] += 1
        fault = prompt.split()[2]
        if fault.startswith("hang"):
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": HANG}
        if fault == "reset-early":
            request.url = request.url.copy_with(port=self._ports["reset"])
        seed = int(prompt.split()[1])
        back = seed % 2 == 0 and self.sent[prompt] > 1 + seed % 3  # then the way is free again
        if fault == "no-tls" and not back:
            request.url = request.url.copy_with(scheme="https", port=self._ports["tls"])
        if fault == "no-door" and not back:
            request.url = request.url.copy_with(port=self._ports["closed"])

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(UNTRUSTED)
        tls = await asyncio.start_server(self._overhear, "127.0.0.1", 0, ssl=context)
        rude = await asyncio.start_server(_reset, "127.0.0.1", 0)
        shut = await asyncio.start_server(_reset, "127.0.0.1", 0)
        for name, server in (("tls", tls), ("reset", rude), ("closed", shut)):
            self._ports[name] = server.sockets[0].getsockname()[1]
        shut.close()  # nobody listens there any more
        async with tls, rude:
            yield

    async def _overhear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.spoken_to += 1  # a client that does not trust us must not get that far
        writer.close()


async def _reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(tasks, "render", lambda *_: PNG)
    context = httpx.create_ssl_context()
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: context)
    with running_sandbox(speed=RATE, scenario=SCENARIO) as running:
        yield running


async def one_seed(seed: int, folder: Path, url: str) -> tuple[Job, ...]:
    """Every fault once, side by side in one studio; its jobs at their ends."""
    patient = seed % 2 == 0
    place = folder / f"{seed:03}"
    place.mkdir()
    workflow = Plan(place, url, RATE, time.time())
    clock = SharedClock(RATE, workflow.origin)
    settings = replace(settings_of(workflow), cache=folder / "cache")
    async with open_studio(settings, clock=clock, key=KEY, for_screen=patient) as studio:
        await studio.begin()
        for fault in table(seed, patient):
            prompt = f"seed {seed:03} {fault} "
            wish = Wish(prompt, model_id="gemini-3.1-flash-image", chosen=(("size", "4K"),))
            await studio.jobs.submit(await order_of(studio, wish))
        async with asyncio.timeout(60):
            jobs = await to_the_end(studio)
    if seed % 10 == 0:  # and the next start does not try again either
        async with open_studio(settings, clock=clock, key=KEY, for_screen=True) as studio:
            await studio.begin()
            await asyncio.sleep(0.05)
            assert await studio.jobs.recent() == jobs
    return jobs


async def test_every_fault_ends_as_it_must_and_nothing_is_sent_twice(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    traps = Traps(monkeypatch)
    gate = asyncio.Semaphore(AT_ONCE)
    broken: list[str] = []
    runs = 0
    with playground() as name:
        folder = Path(name)

        async def guarded(seed: int) -> tuple[Job, ...]:
            async with gate:
                return await one_seed(seed, folder, sandbox.base_url)

        async with traps.open():
            everything = await asyncio.gather(*(guarded(seed) for seed in range(SEEDS)))
        service = sandbox.ledger()
        creates: dict[str, list[dict[str, Any]]] = {}
        for create in service["creates"]:
            creates.setdefault(create["prompt"].strip(), []).append(create)
        for seed, jobs in enumerate(everything):
            for job in jobs:
                runs += 1
                fault = job.order.prompt.split()[2]
                seen = creates.get(job.order.prompt.strip(), [])
                must = table(seed, seed % 2 == 0)[fault]
                charged = sum(create["charged"] > 0 for create in seen)
                kind = job.failure.kind if job.failure else ""
                was = Must(job.state.value, len(seen), charged, kind)
                if was != must:
                    broken.append(f"{job.order.prompt}: {was}, not {must}")
                if must.state == "unknown" and traps.sent[job.order.prompt] != 1:
                    broken.append(f"{job.order.prompt}: sent {traps.sent[job.order.prompt]} times")
            mine = [
                one for one in service["creates"] if one["prompt"].startswith(f"seed {seed:03}")
            ]
            counted = {"creates": mine, "violations": service["violations"]}
            counted["charges"] = sum(one["charged"] for one in mine)
            file = folder / f"{seed:03}" / "data" / "ledger.sqlite3"
            broken += promises(file, counted, {job.order.prompt for job in jobs})
    assert broken == []
    assert runs == (11 + 1) * SEEDS, "eleven faults and a calm job; the kill has a test of its own"
    assert traps.spoken_to == 0
    assert sum(count for prompt, count in traps.sent.items() if "no-tls" in prompt) >= 2 * SEEDS
