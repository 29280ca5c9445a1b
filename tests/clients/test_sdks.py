"""The real SDKs against a real server: airlock, crash endpoint, ledger."""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
import socket
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from clients.sdk import Outcome, install_node, run_node, run_python
from ingest.app import App, Apps, Consent
from ingest.body import read_body
from ingest.boundary.airlock import Airlock
from ingest.boundary.proxies import TrustedProxies
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import CRASH, LOSS, REFUSED, SESSION, SESSION_METRICS
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Ledger
from ingest.crashes.encoding import Limits, decode
from ingest.crashes.endpoint import CrashEndpoint
from ingest.crashes.envelope import Envelope, read_envelope

KEY = "0123456789abcdef0123456789abcdef"
LIMITS = Limits(compressed=1 << 20, decompressed=1 << 20)


@dataclass
class Collector:
    """A server on loopback with one app that takes reports with consent only."""

    app: App = field(default_factory=lambda: App(6, "shop", KEY))
    port: int = 0
    wire: list[str] = field(default_factory=list)  # the types of all items that arrived

    def __post_init__(self) -> None:
        self.apps = Apps()
        self.replace(self.app)
        self.ledger = Ledger(Unjournaled(), lambda _batch: None, itertools.count(1))
        endpoint = CrashEndpoint(self.apps, self.ledger, DayKeys(), time.time, LIMITS)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            body = await read_body(receive, LIMITS.compressed)
            assert isinstance(body, bytes)
            self.wire.extend(_types(scope, body))

            async def again() -> dict[str, Any]:
                return {"type": "http.request", "body": body}

            await endpoint(scope, again, send)

        self.asgi = Airlock(serve, TrustedProxies([]))

    def replace(self, app: App) -> None:
        self.apps.replace([app])

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@127.0.0.1:{self.port}/6"

    def cells(self) -> dict[tuple[str, str], int]:
        """Return the named counts by attribute and value: there is one group at most."""
        counted = [(key, amounts[0]) for _, key, amounts in self.ledger.unwritten(self.app.owner) if key[0] == CRASH]
        assert len({key[1] for key, _ in counted}) <= 1
        return {(key[2], key[3]): amount for key, amount in counted}

    def refusals(self) -> dict[str, int]:
        return {key[1]: n[0] for _, key, n in self.ledger.unwritten(self.app.owner) if key[0] == REFUSED}

    def sessions(self, release: str) -> dict[str, int]:
        """Return the amounts of a release's sessions that are not zero."""
        found: Counter[str] = Counter()
        for _, key, amounts in self.ledger.unwritten(self.app.owner):
            if key == (SESSION, release):
                found.update(dict(zip(SESSION_METRICS, amounts, strict=True)))
        return {name: amount for name, amount in found.items() if amount}

    def losses(self) -> dict[tuple[str, str], int]:
        return {(key[1], key[2]): n[0] for _, key, n in self.ledger.unwritten(self.app.owner) if key[0] == LOSS}

    def stack(self) -> dict[str, Any]:
        (exemplar,) = self.ledger.exemplars(self.app.owner).values()
        stack: dict[str, Any] = json.loads(exemplar.stack)
        return {**stack, "title": (exemplar.type, exemplar.function)}


def _types(scope: Scope, body: bytes) -> list[str]:
    opened = decode(body, dict(scope["headers"]).get(b"content-encoding", b""), LIMITS)
    assert isinstance(opened, bytes)
    envelope = read_envelope(opened)
    assert isinstance(envelope, Envelope)
    return [item.type for item in envelope.items]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made.port = listener.getsockname()[1]
        config = uvicorn.Config(
            made.asgi, log_level="warning", access_log=False, proxy_headers=False, lifespan="off", server_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield made
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    problem = install_node(folder)
    if problem:
        pytest.skip(problem)
    return folder


def check_crash(collector: Collector, outcome: Outcome, *, file: str, release: str) -> None:
    """Check group, frames and release, and that nothing of bob's is there."""
    cells = collector.cells()
    assert cells["release", release] == 1
    assert cells["environment", "production"] == 1
    assert cells["stripped", "exception.value"] == 1
    assert cells["stripped", "user"] == 1
    stack = collector.stack()
    assert stack["title"] == ("PaymentError", "charge")
    frames = stack["exceptions"][-1]["frames"]
    assert [frame["function"] for frame in frames[-2:]] == ["checkout", "charge"]
    assert [frame["file"] for frame in frames[-2:]] == [file, file]
    assert all(frame["in_app"] and frame["line"] for frame in frames[-2:])
    assert outcome.said["answers"][0] == {"status": 200, "error": None}
    kept = json.dumps([sorted(map(str, cells)), stack])
    for secret in ("bob", "4111", "laptop", str(Path(__file__).parent), outcome.said["id"]):
        assert secret not in kept


def test_the_python_sdk_sends_a_crash(collector: Collector) -> None:
    outcome = run_python(collector.dsn)
    check_crash(collector, outcome, file="crash.py", release="shop@1.2.3")
    assert collector.stack()["platform"] == "python"


def check_nothing_unwanted_follows(collector: Collector, outcome: Outcome, *unwanted: str) -> None:
    """Check that the client went on measuring, and that once it had our answer none of it left the machine."""
    assert set(unwanted) <= set(outcome.said["tried"]), outcome.output
    after = collector.wire[collector.wire.index("event") + 1 :]
    assert set(after) <= {"client_report"}, collector.wire


def test_the_python_sdk_stops_what_is_not_wanted(collector: Collector) -> None:
    outcome = run_python(collector.dsn)
    check_nothing_unwanted_follows(collector, outcome, "transaction", "session")


WILLING = App(6, "shop", KEY, consent=Consent.OPT_OUT, sessions=True)


def test_the_python_sdk_counts_its_sessions_and_what_it_could_not_send(collector: Collector) -> None:
    """Also the control of what is held back: an app that wants sessions gets those that the same program sends."""
    collector.replace(WILLING)
    run_python(collector.dsn)
    assert "session" in collector.wire
    assert "transaction" not in collector.wire
    # One run in which an exception was captured, and one that began and sent no more; both of bob's.
    assert collector.sessions("shop@1.2.3") == {"sessions": 2, "errored": 1, "installs": 1}
    assert collector.losses() == {("error", "before_send"): 1}
    assert "bob" not in repr(list(collector.ledger.standing()))


def test_the_python_sdk_is_told_how_to_consent(collector: Collector) -> None:
    outcome = run_python(collector.dsn, consent="")
    assert outcome.said["answers"][0]["status"] == 403
    assert "set_tag('consent', 'given')" in outcome.said["answers"][0]["error"]
    assert not collector.cells()
    assert collector.refusals()["no_consent"] == 1


PACKS: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("coding", PACKS)
def test_a_body_in_chunks_is_one_submission(collector: Collector, coding: str) -> None:
    event = {"tags": {"consent": "given"}, "release": "shop@1.2.3", "exception": {"values": [{"type": "PaymentError"}]}}
    body = PACKS[coding](b'{}\n{"type":"event"}\n' + json.dumps(event).encode() + b"\n")
    connection = http.client.HTTPConnection("127.0.0.1", collector.port, timeout=20)
    chunks = (body[at : at + 7] for at in range(0, len(body), 7))
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}", **({"Content-Encoding": coding} if coding else {})}
    connection.request("POST", "/api/6/envelope/", chunks, headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("content-type")) == (200, "application/json")
    assert "86400:transaction" in (answer.getheader("x-sentry-rate-limits") or "")
    connection.close()
    assert collector.cells()["release", "shop@1.2.3"] == 1


@pytest.mark.node
def test_the_node_sdk_sends_a_crash(collector: Collector, node_modules: Path) -> None:
    outcome = run_node(collector.dsn, node_modules)
    check_crash(collector, outcome, file="crash.cjs", release="shop@1.2.3")
    assert collector.stack()["platform"] == "node"


@pytest.mark.node
def test_the_node_sdk_stops_what_is_not_wanted(collector: Collector, node_modules: Path) -> None:
    outcome = run_node(collector.dsn, node_modules)
    check_nothing_unwanted_follows(collector, outcome, "span", "session")


@pytest.mark.node
def test_the_node_sdk_counts_its_sessions_and_what_it_could_not_send(collector: Collector, node_modules: Path) -> None:
    collector.replace(WILLING)
    run_node(collector.dsn, node_modules)
    assert "session" in collector.wire
    assert "span" not in collector.wire[collector.wire.index("event") :]
    # The run of the process, in which an exception was captured, and one that the program began and ended itself.
    assert collector.sessions("shop@1.2.3") == {"sessions": 2, "errored": 1, "installs": 1}
    assert collector.losses() == {("error", "before_send"): 1}
    assert "bob" not in repr(list(collector.ledger.standing()))


@pytest.mark.node
def test_the_node_sdk_is_told_how_to_consent(collector: Collector, node_modules: Path) -> None:
    outcome = run_node(collector.dsn, node_modules, consent="")
    (refused,) = (answer for answer in outcome.said["answers"] if answer["status"] != 200)
    assert refused["status"] == 403
    assert "set_tag('consent', 'given')" in refused["error"]
    assert not collector.cells()
    assert collector.refusals()["no_consent"] == 1
