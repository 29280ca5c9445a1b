"""Pages about the server itself: who may read the figures, what the beacon and the demonstration say."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import brotli
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from collector.operations import Health, operations
from collector.sections import Metrics, Server, SiteSection
from collector.settings import Settings
from ingest.boundary.airlock import Airlock
from ingest.boundary.proxies import TrustedProxies
from ingest.counters.journal import Journal
from ingest.counters.ledger import Ledger
from ingest.hits import beacon
from ingest.store.client import Connector, Target
from ingest.store.spool import Spool
from ingest.store.writer import Writer

CLIENT = ("127.0.0.1", 4711)


@pytest.fixture
def health(tmp_path: Path) -> Iterator[Health]:
    journal = Journal(tmp_path / "journal")
    journal.rewrite([])
    spool = Spool(tmp_path / "spool", 1_000)
    connector = Connector(Target(path=tmp_path / "data"), memory=1 << 30, scratch=tmp_path)
    writer = Writer(connector, spool, "a", deliver=lambda arrive: arrive())
    yield Health(Ledger(journal, lambda _: None, itertools.count(1)), writer, spool, journal)
    journal.close()


def visit(health: Health | None, settings: Settings | None = None, client: tuple[str, int] = CLIENT) -> TestClient:
    rest = Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("a page"))])
    app = operations(settings or Settings(), health, rest)
    return TestClient(Airlock(app, TrustedProxies(["127.0.0.1/32"])), client=client)


def test_health_and_readiness(health: Health) -> None:
    client = visit(health)
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"ready": True, "store": "there", "batches_waiting": 0, "spool_bytes": 0}


def test_who_cannot_acknowledge_is_up_but_not_ready(health: Health) -> None:
    full = Ledger(health.journal, lambda _: None, itertools.count(1), is_full=lambda: True)
    client = visit(replace(health, ledger=full))
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json()["ready"] is False
    assert "logless_full 1\n" in client.get("/metrics").text


def test_figures_are_in_the_text_format_of_prometheus(health: Health) -> None:
    answer = visit(health).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert answer.text.endswith("\n")
    assert len(lines) == 3 * len(health.figures())
    for help_line, kind, value in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        name = value.split()[0]
        assert help_line.startswith(f"# HELP {name} ")
        assert kind == f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"
        assert value.split()[1].isdigit()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_without_a_token_this_machine_may_read_the_figures(health: Health, address: str) -> None:
    assert visit(health, client=(address, 1)).get("/metrics").status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "2001:db8::1", "", "unknown"])
def test_without_a_token_no_other_may(health: Health, address: str) -> None:
    answer = visit(health, client=(address, 1)).get("/metrics", headers={"authorization": "Bearer "})
    assert answer.status_code == 403
    assert "logless_" not in answer.text


def test_who_comes_through_a_proxy_on_this_machine_is_not_this_machine(health: Health) -> None:
    assert visit(health).get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 403
    assert visit(health).get("/metrics", headers={"x-forwarded-for": "127.0.0.1, 203.0.113.9"}).status_code == 403


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("Bearer s3cret", 200),
        ("Bearer s3cre", 403),
        ("Bearer s3crets", 403),
        ("Bearer \xfc", 403),
        ("", 403),
        ("Basic x", 403),
    ],
)
def test_with_a_token_only_its_bearer_may_from_wherever(health: Health, given: str, status: int) -> None:
    settings = Settings(metrics=Metrics(token="s3cret"))
    for client in (CLIENT, ("203.0.113.9", 1)):
        headers = {"authorization": given.encode("latin-1")} if given else {}
        assert visit(health, settings, client).get("/metrics", headers=headers).status_code == status  # type: ignore[arg-type]


NAMES = ("logless.js", "logless.core.js", "logless.mjs", "logless.d.ts")


@pytest.mark.parametrize("name", NAMES)
def test_every_file_of_the_beacon_is_open_to_every_page(health: Health, name: str) -> None:
    answer = visit(health).get(f"/js/{name}")
    assert answer.content == (Path(beacon.__file__).parent / name).read_bytes()
    kind = "application/typescript" if name.endswith(".d.ts") else "text/javascript"
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get("x-typescript-types") == ("/js/logless.d.ts" if name.endswith(".mjs") else None)
    assert not {"set-cookie", "last-modified"} & set(answer.headers)


def test_the_beacon_is_sent_again_only_when_it_has_changed(health: Health) -> None:
    client = visit(health)
    tag = client.get("/js/logless.js").headers["etag"]
    assert tag == visit(health, client=("203.0.113.9", 1)).get("/js/logless.js").headers["etag"], "the same for all"
    assert len({client.get(f"/js/{name}").headers["etag"] for name in NAMES}) == len(NAMES)
    for given in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = client.get("/js/logless.js", headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["cache-control"]) == (tag, "public, max-age=86400")
    for given in ("", '"x"', tag[:-2] + '"', f"W/{tag}"):
        assert client.get("/js/logless.js", headers={"if-none-match": given}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("BR;q=0.1", "br"), ("br;q=0, gzip;q=1.0", "gzip"),
        ("br; q=0.000", None), ("identity", None), ("", None), ("brotli", None),
    ],
)  # fmt: skip
def test_the_beacon_is_packed_as_the_browser_takes_it(health: Health, accepted: str, coding: str | None) -> None:
    with visit(health).stream("GET", "/js/logless.js", headers={"accept-encoding": accepted}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "accept-encoding"
    assert int(answer.headers["content-length"]) == len(sent)
    assert (len(sent) < 1_250) == (coding is not None)
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(sent) == beacon.script()


def test_the_beacon_is_where_the_configuration_puts_it(health: Health) -> None:
    client = visit(health, Settings(server=Server(beacon_path="/a/b.js")))
    assert client.get("/a/b.js").content == beacon.script()
    assert client.get("/a/b.core.js").content == beacon.script_core()
    assert client.get("/a/b.mjs").headers["x-typescript-types"] == "/a/b.d.ts"
    assert client.get("/js/logless.js").text == "a page"
    assert visit(health, Settings(server=Server(beacon_path="/b"))).get("/b.core.js").content == beacon.script_core()


def test_the_beacon_knows_where_the_configuration_puts_the_endpoint(health: Health) -> None:
    client = visit(health, Settings(server=Server(event_path="/x/e")))
    for name in NAMES[:3]:
        built = (Path(beacon.__file__).parent / name).read_bytes()
        assert built.count(b'"/api/event"') == 1
        assert client.get(f"/js/{name}").content == built.replace(b'"/api/event"', b'"/x/e"')


def test_pages_of_the_demonstration_obey_the_policy_that_they_ask_of_others(health: Health) -> None:
    client = visit(health, Settings(site=[SiteSection(id="demo", demonstration=True)]))
    page = client.get("/demo/")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    again = client.get("/demo/", headers={"if-none-match": page.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["content-security-policy"] == policy
    assert client.get("/demo/../../settings.py").status_code != 200 or client.get("/demo/../x").text == "a page"
    assert client.get("/demo/%2e%2e/%2e%2e/settings.py").status_code == 404


def test_there_is_no_demonstration_where_no_site_is_one(health: Health) -> None:
    assert visit(health, Settings(site=[SiteSection(id="a.example")])).get("/demo/").text == "a page"


def test_a_replay_has_neither_health_nor_pages() -> None:
    client = TestClient(operations(Settings(), None, None))
    assert {client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics", "/js/logless.js", "/")} == {
        404
    }
