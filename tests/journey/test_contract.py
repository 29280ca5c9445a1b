"""The table of submissions in the design, row by row, as a client meets it."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import pytest
from backports import zstd
from running import BROWSER, KEY, Logless, running, wait_until
from speaking import Headers, Line, Reply, written

from ingest.counters.cells import REFUSED, UNKNOWN_OWNER, Refusal
from ingest.counters.journal import Counted, Journal

SECTIONS = f"""
[limits]
per_sender = 20
[[site]]
id = "example.org"
hosts = ["example.org"]
profile = "plain"
exclude = ["/account/*"]
own_networks = ["93.184.0.0/16"]
[[app]]
id = 6
name = "desktop"
key = "{KEY}"
profile = "plain"
[[app]]
id = 7
name = "mobile"
key = "{KEY}"
profile = "plain"
consent = "opt-out"
"""
SITE, APP = "example.org", "app:6"
BODY, ENVELOPE = 64 << 10, 1 << 20
MARK = "".join(random.Random(4).choices("bcdfghjklmnpqrstvwxz", k=20))


@dataclass
class House:
    """A running server, a token to read it with, and addresses that nobody has used."""

    logless: Logless
    token: str
    used: int = 0

    def address(self) -> str:
        self.used += 1
        return f"81.2.{self.used // 250}.{self.used % 250 + 1}"

    def speak(self, request: bytes) -> Reply:
        with Line(self.logless.port) as line:
            return line.speak(request)

    def refusals(self, owner: str) -> Counter[str]:
        """Return refused submissions by reason; of sites and apps as the Stats API tells them."""
        if owner == UNKNOWN_OWNER:
            return self._refusals_of_nobody()
        name: dict[str, Any] = {"app_id": int(owner.removeprefix("app:"))} if owner != SITE else {"site_id": owner}
        rows = self.logless.query(self.token, **name, metrics=["refusals"], dimensions=["refusal:reason"])
        return Counter({row["dimensions"][0]: row["metrics"][0] for row in rows})

    def _refusals_of_nobody(self) -> Counter[str]:
        # What no owner can be named for is written when the day closes; until then the journal holds it.
        found: Counter[str] = Counter()
        for entry in Journal(self.logless.runtime / "journal").read():
            if isinstance(entry, Counted) and entry.owner == UNKNOWN_OWNER:
                for key, amounts in ((key, told) for told, keys in entry.groups for key in keys):
                    if key[0] == REFUSED:
                        found[key[1]] += amounts[0]
        return found

    def totals(self) -> tuple[int, ...]:
        views = self.logless.query(self.token, site_id=SITE, metrics=["visitors", "visits", "pageviews", "events"])
        reports = [self.logless.query(self.token, app_id=app, metrics=["reports"]) for app in (6, 7)]
        return (*views[0]["metrics"], *(rows[0]["metrics"][0] for rows in reports))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("contract"), SECTIONS) as logless:
        yield House(logless, logless.token())


def hit(house: House, body: bytes | None = None, headers: Headers = (), **fields: Any) -> bytes:
    """Write a submission of the beacon; fields that are None are left out."""
    made = {"n": "pageview", "d": SITE, "u": f"https://{SITE}/", **fields}
    content = json.dumps({name: value for name, value in made.items() if value is not None}).encode()
    given = {name.lower() for name, _ in headers}
    own = [("User-Agent", BROWSER), ("Content-Type", "text/plain"), ("X-Forwarded-For", house.address())]
    kept = [(name, value) for name, value in own if name.lower() not in given]
    return written("POST", "/api/event", [*kept, *headers], content if body is None else body)


def report(consent: str | None = "given", **fields: Any) -> dict[str, Any]:
    tags = {} if consent is None else {"consent": consent}
    return {"release": "app@1", "exception": {"values": [{"type": "Broken", "value": MARK}]}, "tags": tags, **fields}


def enveloped(event: object, kind: str = "event", header: str = "{}") -> bytes:
    return f'{header}\n{{"type":"{kind}"}}\n{json.dumps(event)}\n'.encode()


def crash(
    house: House, body: bytes, headers: Headers = (), *, app: int = 6, key: str | None = KEY, path: str = "envelope"
) -> bytes:
    auth = [("X-Sentry-Auth", f"Sentry sentry_key={key}, sentry_version=7")] if key is not None else []
    own = [("X-Forwarded-For", house.address()), *auth, *headers]
    return written("POST", f"/api/{app}/{path}/", own, body)


def chunked(size: int) -> bytes:
    chunk = b"%x\r\n" % (1 << 14) + (MARK.encode() * (1 << 10))[: 1 << 14] + b"\r\n"
    return chunk * (size >> 14) + b"0\r\n\r\n"


CHUNKED: Headers = [("Transfer-Encoding", "chunked")]
BOMB = 8 * ENVELOPE

REFUSED_ROWS: dict[str, tuple[Callable[[House], bytes], int, str, Refusal]] = {
    # hits
    "malformed JSON": (lambda h: hit(h, f'{{"n":"{MARK}"'.encode()), 400, UNKNOWN_OWNER, Refusal.BAD_JSON),
    "JSON that is nested too deep": (lambda h: hit(h, b'{"x":' + b"[" * 60_000), 400, UNKNOWN_OWNER, Refusal.BAD_JSON),
    "no JSON object": (lambda h: hit(h, f'"{MARK}"'.encode()), 400, UNKNOWN_OWNER, Refusal.BAD_FIELD),
    "a field of a wrong type": (lambda h: hit(h, u=[MARK]), 400, UNKNOWN_OWNER, Refusal.BAD_FIELD),
    "a field that is too long": (lambda h: hit(h, n=MARK * 10), 400, UNKNOWN_OWNER, Refusal.BAD_FIELD),
    "a missing field": (lambda h: hit(h, d=None, x=MARK), 400, UNKNOWN_OWNER, Refusal.BAD_FIELD),
    "props that are no flat object": (lambda h: hit(h, p={"a": [MARK]}), 400, UNKNOWN_OWNER, Refusal.BAD_FIELD),
    "over a hundred at once": (
        lambda h: hit(h, json.dumps([{"n": "x", "u": MARK, "d": SITE}] * 101).encode()),
        *(400, UNKNOWN_OWNER, Refusal.BAD_FIELD),
    ),
    "an unknown site": (lambda h: hit(h, d=MARK), 400, UNKNOWN_OWNER, Refusal.UNKNOWN_SITE),
    "a known and an unknown site": (lambda h: hit(h, d=f"{SITE},{MARK}"), 400, UNKNOWN_OWNER, Refusal.UNKNOWN_SITE),
    "another content type": (
        lambda h: hit(h, headers=[("Content-Type", f"text/{MARK}")]),
        *(415, UNKNOWN_OWNER, Refusal.BAD_TYPE),
    ),
    "a body over the limit": (lambda h: hit(h, b'"' + b"x" * BODY + b'"'), 413, UNKNOWN_OWNER, Refusal.TOO_LARGE),
    "a body over the limit, in chunks": (
        lambda h: hit(h, chunked(2 * BODY), CHUNKED),
        *(413, UNKNOWN_OWNER, Refusal.TOO_LARGE),
    ),
    "a body that says that it is endless": (
        lambda h: hit(h, b"x" * 5 * BODY, [("Content-Length", str(10**12))]),
        *(413, UNKNOWN_OWNER, Refusal.TOO_LARGE),
    ),
    # hits that are answered as if they had been counted
    "a bot": (lambda h: hit(h, headers=[("User-Agent", f"Googlebot/2.1 {MARK}")]), 202, SITE, Refusal.BOT),
    "no user agent": (lambda h: hit(h, headers=[("User-Agent", "")]), 202, SITE, Refusal.BOT),
    "a foreign host": (lambda h: hit(h, u=f"https://{MARK}.example/"), 202, SITE, Refusal.HOST),
    "no address at all": (lambda h: hit(h, u=MARK), 202, SITE, Refusal.HOST),
    "an excluded page": (lambda h: hit(h, u=f"https://{SITE}/account/{MARK}"), 202, SITE, Refusal.EXCLUDED),
    "an own network": (
        lambda h: hit(h, headers=[("X-Forwarded-For", "93.184.216.34")]),
        *(202, SITE, Refusal.OWN_NETWORK),
    ),
    "engagement of no visit": (lambda h: hit(h, n="engagement", e=4000, x=MARK), 202, SITE, Refusal.LATE),
    # crashes
    "no consent": (lambda h: crash(h, enveloped(report(None))), 403, APP, Refusal.NO_CONSENT),
    "a consent that is none": (lambda h: crash(h, enveloped(report(MARK))), 403, APP, Refusal.NO_CONSENT),
    "an unknown app": (lambda h: crash(h, enveloped(report()), app=4711), 403, UNKNOWN_OWNER, Refusal.UNKNOWN_APP),
    "a wrong key": (lambda h: crash(h, enveloped(report()), key=MARK), 403, UNKNOWN_OWNER, Refusal.WRONG_KEY),
    "no key": (lambda h: crash(h, enveloped(report()), key=None), 403, UNKNOWN_OWNER, Refusal.WRONG_KEY),
    "no envelope": (lambda h: crash(h, MARK.encode()), 400, APP, Refusal.BAD_ENVELOPE),
    "an item that ends early": (
        lambda h: crash(h, b'{}\n{"type":"event","length":99}\n' + MARK.encode()),
        *(400, APP, Refusal.BAD_ENVELOPE),
    ),
    "two events in one envelope": (
        lambda h: crash(h, enveloped(report()) + b'{"type":"event"}\n{}\n'),
        *(400, APP, Refusal.BAD_ENVELOPE),
    ),
    "an event that is no object": (lambda h: crash(h, enveloped([MARK])), 400, APP, Refusal.BAD_JSON),
    "a content coding that is none": (
        lambda h: crash(h, enveloped(report()), [("Content-Encoding", MARK)]),
        *(400, APP, Refusal.BAD_ENCODING),
    ),
    "a body that is not gzip": (
        lambda h: crash(h, enveloped(report()), [("Content-Encoding", "gzip")]),
        *(400, APP, Refusal.BAD_ENCODING),
    ),
    "an envelope over the limit": (lambda h: crash(h, b"x" * (ENVELOPE + 1)), 413, APP, Refusal.TOO_LARGE),
    "an envelope over the limit, in chunks": (
        lambda h: crash(h, chunked(2 * ENVELOPE), CHUNKED),
        *(413, APP, Refusal.TOO_LARGE),
    ),
    "a gzip bomb": (
        lambda h: crash(h, gzip.compress(bytes(BOMB)), [("Content-Encoding", "gzip")]),
        *(413, APP, Refusal.TOO_LARGE),
    ),
    "a deflate bomb": (
        lambda h: crash(h, zlib.compress(bytes(BOMB)), [("Content-Encoding", "deflate")]),
        *(413, APP, Refusal.TOO_LARGE),
    ),
    "a brotli bomb": (
        lambda h: crash(h, brotli.compress(bytes(BOMB), quality=5), [("Content-Encoding", "br")]),
        *(413, APP, Refusal.TOO_LARGE),
    ),
    "a zstd bomb": (
        lambda h: crash(h, zstd.compress(bytes(BOMB)), [("Content-Encoding", "zstd")]),
        *(413, APP, Refusal.TOO_LARGE),
    ),
    "a store body that is no JSON": (
        lambda h: crash(h, f"{MARK} {MARK}".encode(), path="store"),
        400,
        APP,
        Refusal.BAD_JSON,
    ),
    # crashes that are answered as if they had been counted
    "a transaction": (lambda h: crash(h, enveloped({"x": MARK}, "transaction")), 200, APP, Refusal.UNWANTED_ITEM),
    "a session of an app without": (
        lambda h: crash(h, enveloped({"sid": MARK}, "session")),
        *(200, APP, Refusal.UNWANTED_ITEM),
    ),
}


@pytest.mark.parametrize("name", REFUSED_ROWS)
def test_what_is_refused_is_answered_counted_and_not_repeated(house: House, name: str) -> None:
    make, status, owner, reason = REFUSED_ROWS[name]
    request = make(house)
    totals, before = house.totals(), house.refusals(owner)
    reply = house.speak(request)
    assert reply.status == status, reply
    # What is no acknowledgement does not wait for the journal.
    wait_until(lambda: house.refusals(owner) != before)
    assert house.refusals(owner) - before == Counter({reason.value: 1})
    assert house.totals() == totals
    assert MARK.encode() not in reply.head + reply.body
    assert MARK not in house.logless.log.read_text()
    assert house.logless.get("/readyz").status == 200
    if reason is Refusal.NO_CONSENT:
        assert "set_tag('consent', 'given')" in reply.header("x-sentry-error")
        assert json.loads(reply.body) == {"detail": reply.header("x-sentry-error")}
    elif status in {400, 403}:
        # The answer names what is wrong.
        assert json.loads(reply.body)
    elif status == 202:
        assert reply.body == b""


def test_a_counted_hit_is_answered_like_one_that_is_not(house: House) -> None:
    totals = house.totals()
    counted = house.speak(hit(house))
    assert (counted.status, counted.body) == (202, b"")
    assert house.totals() == (totals[0] + 1, totals[1] + 1, totals[2] + 1, *totals[3:])
    for name, (request, status, _, _) in REFUSED_ROWS.items():
        if status == 202:
            assert house.speak(request(house)) == counted, name


def test_an_array_of_a_hundred_is_counted(house: House) -> None:
    totals = house.totals()
    one = {"n": "pageview", "d": SITE, "u": f"https://{SITE}/"}
    many = [("X-Forwarded-For", f"2a02:{house.used}::1")]
    assert house.speak(hit(house, json.dumps([one] * 20).encode(), many)).status == 202
    assert house.totals()[2] == totals[2] + 20


def test_over_the_rate_of_one_sender_hits_are_not_counted(house: House) -> None:
    before, views = house.refusals(SITE), house.totals()[2]
    same = [("X-Forwarded-For", "81.3.3.3")]
    assert {house.speak(hit(house, headers=same)).status for _ in range(50)} == {202}
    over = (house.refusals(SITE) - before)[Refusal.OVER_RATE.value]
    # The minute may turn over in between.
    assert 10 <= over <= 30
    assert house.totals()[2] == views + 50 - over


@pytest.mark.parametrize("coding", ["identity", "gzip", "deflate", "br", "zstd"])
def test_a_crash_is_answered_with_its_id(house: House, coding: str) -> None:
    pack: dict[str, Callable[[bytes], bytes]] = {
        "identity": bytes,
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": brotli.compress,
        "zstd": zstd.compress,
    }
    event_id = f"{random.Random(coding).getrandbits(128):032x}"
    body = pack[coding](enveloped(report(), header=f'{{"event_id":"{event_id}"}}'))
    totals, refused = house.totals(), house.refusals(APP)
    first = house.speak(crash(house, body, [("Content-Encoding", coding)]))
    assert (first.status, json.loads(first.body)) == (200, {"id": event_id})
    assert "transaction" in first.header("x-sentry-rate-limits")
    assert "session" in first.header("x-sentry-rate-limits")
    assert house.totals()[4] == totals[4] + 1
    again = house.speak(crash(house, body, [("Content-Encoding", coding)]))
    assert (again.status, again.body) == (200, first.body)
    assert house.totals()[4] == totals[4] + 1
    assert house.refusals(APP) - refused == Counter({Refusal.DUPLICATE.value: 1})


def test_denied_consent_is_refused_everywhere_and_counted_nowhere(house: House) -> None:
    totals, refused = house.totals(), [house.refusals(app) for app in (APP, "app:7")]
    for app in (6, 7):
        assert house.speak(crash(house, enveloped(report("denied")), app=app)).status == 403
    assert house.totals() == totals
    assert [house.refusals(app) for app in (APP, "app:7")] == refused
    # An app that sends until it is switched off needs no word.
    assert house.speak(crash(house, enveloped(report(None)), app=7)).status == 200
    assert house.totals()[5] == totals[5] + 1


def test_a_page_may_ask_before_it_sends(house: House) -> None:
    for path in ("/api/event", "/api/6/envelope/"):
        reply = house.speak(written("OPTIONS", path, [("Origin", "https://example.org")]))
        assert reply.status in {200, 204}
        assert reply.header("access-control-allow-origin") == "*"
        assert "POST" in reply.header("access-control-allow-methods")


def test_the_beacon_is_open_to_every_page(house: House) -> None:
    answer = house.logless.get("/js/logless.js")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert "max-age" in answer.headers["cache-control"]


def snapshot(places: Sequence[Path]) -> dict[str, str]:
    """Return a digest of every file; what goes away while it is being read is passed over."""
    found = {}
    for place in places:
        for folder, _, names in os.walk(place):
            for file in (Path(folder) / name for name in names):
                with contextlib.suppress(OSError):
                    found[str(file)] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def test_who_objects_leaves_every_byte_as_it_was(tmp_path: Path) -> None:
    with running(tmp_path, SECTIONS) as logless:
        house = House(logless, logless.token())
        house.speak(hit(house))
        house.speak(crash(house, enveloped(report())))
        places = [tmp_path / "data", tmp_path / "spool", logless.runtime]

        def settled() -> dict[str, str]:
            """Return what every file holds once nothing has moved for longer than it takes to write a batch."""
            seen, since = snapshot(places), time.monotonic()

            def is_calm() -> bool:
                nonlocal seen, since
                now = snapshot(places)
                if now != seen:
                    seen, since = now, time.monotonic()
                return time.monotonic() - since > 2.5

            wait_until(is_calm, 60)
            return seen

        before = settled()
        for name, value in (("Sec-GPC", "1"), ("DNT", "1"), ("Cookie", "a=b; logless_opt_out=1; c=d")):
            for body in (None, b"{torn", b"x" * (BODY + 1), json.dumps({"n": "x", "u": MARK, "d": MARK}).encode()):
                reply = house.speak(hit(house, body, [(name, value)], u=f"https://{SITE}/{MARK}"))
                assert body is not None or reply.status == 202
        assert settled() == before
        assert house.totals()[:3] == (1, 1, 1)
        # The control: somebody who does not object moves it.
        house.speak(hit(house))
        wait_until(lambda: snapshot(places) != before)


def test_a_full_node_says_when_to_come_back(tmp_path: Path) -> None:
    logless = Logless(tmp_path, SECTIONS, environment={"LOGLESS_STORE__SPOOL": "0B"})
    try:
        house = House(logless.start(probe="/healthz"), "")
        assert logless.get("/readyz").status == 503
        for request, status in ((hit(house), 503), (crash(house, enveloped(report())), 429)):
            reply = house.speak(request)
            assert reply.status == status
            assert int(reply.header("retry-after")) > 0
        assert "error" in house.speak(crash(house, enveloped(report()))).header("x-sentry-rate-limits")
    finally:
        logless.close()
