from __future__ import annotations

import base64
import json
import re
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from crashes.door import EVENT_ID, KEY, LIMITS, OPT_OUT, Answer, Door, crash, envelope
from ingest.counters.cells import ALL_RELEASES, CRASH, LOSS, SESSION, SESSION_METRICS, UNKNOWN_OWNER
from ingest.counters.journal import Journal

QUERY = f"sentry_key={OPT_OUT.key}".encode()
EVENT = json.dumps(crash()).encode()
ATTRIBUTES = {"release": "vpn@2.14.0"}


def session(run: str = "a", **fields: Any) -> tuple[str, bytes]:
    content = {"sid": run, "init": True, "status": "ok", "attrs": ATTRIBUTES}
    return "session", json.dumps(content | fields).encode()


def lost(quantity: int = 3) -> tuple[str, bytes]:
    entry = {"reason": "queue_overflow", "category": "error", "quantity": quantity}
    return "client_report", json.dumps({"discarded_events": [entry]}).encode()


def send(door: Door, *items: tuple[str, bytes], address: str = "203.0.113.9", **header: Any) -> Answer:
    return door.knock("/api/7/envelope/", envelope(*items, header=header), query=QUERY, address=address)


def sessions(door: Door) -> dict[str, int]:
    found: Counter[str] = Counter()
    for _, key, amounts in door.ledger.unwritten(OPT_OUT.owner):
        if key == (SESSION, ALL_RELEASES):
            found.update(dict(zip(SESSION_METRICS, amounts, strict=True)))
    return dict(+found)


def kinds(door: Door, owner: str = OPT_OUT.owner) -> set[str]:
    return {key[0] for key in door.cells(owner)}


def test_an_envelope_may_hold_an_event_its_session_and_a_client_report() -> None:
    door = Door()
    assert send(door, ("event", EVENT), session(status="crashed"), lost()).json == {"id": EVENT_ID}
    assert kinds(door) == {CRASH, SESSION, LOSS}
    assert sessions(door) == {"sessions": 1, "crashed": 1}
    assert door.refusals(OPT_OUT.owner) == {}


def test_what_an_event_says_about_consent_holds_for_all_of_its_envelope() -> None:
    door = Door()
    for tags, status in (({"consent": "denied"}, 403), ({"consent": "perhaps"}, 403)):
        event = json.dumps(crash(tags=tags)).encode()
        assert send(door, ("event", event), session(), lost()).status == status
    assert not kinds(door)
    assert door.refusals(OPT_OUT.owner) == {"no_consent": 1}


def test_an_envelope_that_was_taken_before_counts_nothing_again() -> None:
    door = Door()
    for _ in range(3):
        assert send(door, ("event", EVENT), session(status="crashed"), lost()).json == {"id": EVENT_ID}
    assert door.cells(OPT_OUT.owner)[LOSS, "error", "queue_overflow"] == 3
    assert sessions(door) == {"sessions": 1, "crashed": 1}
    assert door.refusals(OPT_OUT.owner) == {"duplicate": 2}


def test_a_bad_item_beside_an_event_does_not_lose_it() -> None:
    door = Door()
    assert send(door, ("event", EVENT), ("session", b"{")).json == {"id": EVENT_ID}
    assert kinds(door) == {CRASH}
    assert door.refusals(OPT_OUT.owner) == {"bad_field": 1}


@pytest.mark.parametrize(
    ("item", "status", "reason"),
    [
        (("session", b"{"), 400, "bad_field"),
        (("sessions", b'{"aggregates":5}'), 400, "bad_field"),
        (("client_report", b"[]"), 400, "bad_field"),
        (("raw_security", b"{}"), 400, "bad_json"),
        (("session", b" " * 110_000), 413, "too_large"),
    ],
)
def test_an_item_that_stands_alone_is_refused_by_name(item: tuple[str, bytes], status: int, reason: str) -> None:
    door = Door(limits=replace(LIMITS, compressed=200_000, decompressed=200_000))
    answer = send(door, item)
    assert answer.status == status
    assert answer.json == {"detail": answer.headers["x-sentry-error"]}
    assert "86400:transaction" in answer.headers["x-sentry-rate-limits"]
    assert door.refusals(OPT_OUT.owner) == {reason: 1}
    assert send(door, item, lost()).status == 200, "what is sound in an envelope is counted"


def test_more_sessions_than_the_protocol_allows_are_too_large() -> None:
    door = Door()
    assert send(door, *(session(str(number)) for number in range(101))).status == 413
    assert not kinds(door)
    assert send(door, *(session(str(number)) for number in range(100))).status == 200
    assert sessions(door) == {"sessions": 100}


@pytest.mark.parametrize("kind", ["raw_security", "sessions"])
def test_items_of_a_hundred_entries_each_hold_nobody_up(kind: str) -> None:
    """Ten thousand violations in one envelope took two seconds of everybody's time."""
    violation = {"type": "csp-violation", "body": {"effectiveDirective": "script-src"}}
    sums = {"aggregates": [{"exited": 1}] * 60, "attrs": ATTRIBUTES}
    entries = {"raw_security": [violation] * 60, "sessions": sums}[kind]
    door = Door(limits=replace(LIMITS, compressed=1 << 20, decompressed=1 << 20))
    assert send(door, *[(kind, json.dumps(entries).encode())] * 100).status == 200
    counted = {"raw_security": reported(door).get(("state", "handled")), "sessions": sessions(door).get("sessions")}
    assert counted[kind] == 120, "as many as fit, and not a third item"
    assert door.refusals(OPT_OUT.owner) == {"too_large": 1}


def test_an_app_that_asks_for_no_sessions_discards_them() -> None:
    quiet = replace(OPT_OUT, sessions=False)
    door = Door(configured=(quiet,))
    answer = send(door, session())
    assert answer.status == 200
    assert "session" in answer.headers["x-sentry-rate-limits"]
    assert not kinds(door)
    assert door.refusals(OPT_OUT.owner) == {"unwanted_item": 1}
    assert send(door, lost()).status == 200
    assert kinds(door) == {LOSS}, "the losses of crash reports are of use all the same"


def test_one_that_asks_each_person_takes_neither_sessions_nor_losses_and_says_so() -> None:
    asking = replace(OPT_OUT, consent=Door().configured[0].consent)
    door = Door(configured=(asking,))
    answer = send(door, session(), lost())
    assert answer.status == 200
    assert "session" in answer.headers["x-sentry-rate-limits"]
    assert not kinds(door)
    assert send(door, ("event", EVENT), session(), lost()).status == 200
    assert kinds(door) == {CRASH}


def test_a_session_mixes_people_into_a_write_as_a_report_does() -> None:
    door = Door()
    day = door.ledger.day(OPT_OUT, door.now)
    for number in range(2 * 20):
        assert not day.written
        send(door, session(str(number), did=f"phone {number}"))
        door.ledger.flush()
    assert day.written


def test_sessions_and_losses_that_were_acknowledged_are_there_after_a_crash_of_ours(tmp_path: Path) -> None:
    door = Door(journal=Journal(tmp_path / "journal"))
    door.ledger.recall([OPT_OUT])
    send(door, session(did="phone", errors=1), lost())
    send(door, session(status="crashed", did="phone"))
    before = (sessions(door), door.cells(OPT_OUT.owner))
    assert before[0] == {"sessions": 1, "crashed": 1, "installs": 1, "crashed_installs": 1}
    held = (tmp_path / "journal").read_bytes()
    assert b"phone" not in held
    assert b"vpn@2.14.0" in held
    after = Door(journal=Journal(tmp_path / "journal"))
    after.ledger.recall([OPT_OUT])
    assert (sessions(after), after.cells(OPT_OUT.owner)) == before


# VPN reality: hundreds of customers share one exit address and one SDK's agent.


def customer(number: int) -> bytes:
    contexts = {"os": {"name": "Android", "version": "14"}, "device": {"model": "Pixel 8", "id": f"phone {number}"}}
    return json.dumps(crash(contexts=contexts, event_id=f"{number:032x}")).encode()


def reported(door: Door) -> dict[tuple[str, ...], int]:
    return {key[2:]: count for key, count in door.cells(OPT_OUT.owner).items() if key[0] == CRASH}


def test_three_hundred_customers_behind_one_exit_are_all_counted_and_held_to_no_limit_of_one() -> None:
    door = Door(limits=replace(LIMITS, per_sender=5))
    assert {send(door, ("event", customer(number))).status for number in range(300)} == {200}
    assert reported(door)["release", "vpn@2.14.0"] == 300
    assert door.refusals(OPT_OUT.owner) == {}
    assert ("model", "Pixel 8") not in reported(door), "they are of one network, which is no crowd"


def test_behind_an_exit_of_the_operators_own_they_are_the_crowd_that_they_are() -> None:
    door = Door(configured=(replace(OPT_OUT, own_exits=("203.0.113.0/24",)),))
    for number in range(4):
        send(door, ("event", customer(number)))
    assert ("model", "Pixel 8") not in reported(door)
    send(door, ("event", customer(4)))
    assert reported(door)["model", "Pixel 8"] == 5
    # The control: one customer who crashes often is nobody's crowd.
    alone = Door(configured=(replace(OPT_OUT, own_exits=("203.0.113.0/24",)),))
    for number in range(50):
        event = json.loads(customer(7)) | {"event_id": f"{number:032x}"}
        send(alone, ("event", json.dumps(event).encode()))
    assert ("model", "Pixel 8") not in reported(alone)


def test_one_customer_is_held_to_the_limit_and_the_next_one_behind_the_same_exit_is_not() -> None:
    door = Door(limits=replace(LIMITS, per_sender=5))
    events = [
        json.dumps(json.loads(customer(1)) | {"event_id": f"{number:032x}"}).encode() for number in range(100, 107)
    ]
    answers = [send(door, ("event", event)) for event in events]
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert re.match(r"\d+:default;error;\S+:organization:busy, 86400:", answers[-1].headers["x-sentry-rate-limits"])
    assert answers[-1].json == {"detail": answers[-1].headers["x-sentry-error"]}
    assert door.refusals(OPT_OUT.owner) == {"over_rate": 2}
    assert send(door, ("event", customer(2))).status == 200
    door.now += 60
    assert send(door, ("event", events[-1])).status == 200
    assert door.refusals(OPT_OUT.owner) == {"over_rate": 2}, "what was refused is no duplicate when it comes again"


@pytest.mark.parametrize(("exits", "status"), [((), 429), (("203.0.113.0/24",), 200)])
def test_what_only_an_exits_address_tells_apart_has_no_limit_at_an_own_exit(
    exits: tuple[str, ...], status: int
) -> None:
    door = Door(configured=(replace(OPT_OUT, own_exits=exits),), limits=replace(LIMITS, per_sender=5))
    answers = [send(door, lost()) for _ in range(10)]
    assert answers[-1].status == status
    assert send(door, session(did="phone 1")).status == 200


# The oldest clients.


def test_an_old_browser_reports_by_loading_a_picture() -> None:
    door = Door()
    forms = (EVENT, base64.b64encode(EVENT), base64.b64encode(zlib.compress(EVENT)))
    for number, form in enumerate(forms):
        fields = {"sentry_version": "4", "sentry_client": "raven-js/1.3", "sentry_key": KEY, "sentry_data": form}
        answer = door.knock("/api/6/store/", method="GET", query=urlencode(fields).encode())
        assert answer.status == 200, number
        assert answer.headers["content-type"] == "image/gif"
        assert answer.body.startswith(b"GIF89a")
        assert "86400:transaction" in answer.headers["x-sentry-rate-limits"]
    assert door.refusals() == {"duplicate": 2}
    assert door.knock("/api/6/store/", method="GET", query=urlencode({"sentry_key": KEY}).encode()).status == 400
    assert door.knock("/api/6/envelope/", method="GET").status == 405


def test_the_oldest_address_names_no_app_and_is_known_by_its_key() -> None:
    door = Door()
    headers = [(b"x-sentry-auth", f"Sentry sentry_key={OPT_OUT.key}, sentry_version=2.0".encode())]
    assert door.knock("/api/store/", EVENT, query=b"", headers=headers).json == {"id": EVENT_ID}
    assert door.cells(OPT_OUT.owner)
    assert door.knock("/api/store/", EVENT, query=b"sentry_key=unknown").status == 403
    assert door.refusals(UNKNOWN_OWNER) == {"unknown_app": 1}


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity", b" NaN ", b"[NaN,NaN, -Infinity]", b'{"x":NaN}'])
def test_floats_that_json_has_no_words_for_do_not_lose_a_report(word: bytes) -> None:
    door = Door()
    event = EVENT.replace(b'"python"', b'"python","extra":{"measured":' + word + b"}")
    assert door.knock("/api/6/store/", event).json == {"id": EVENT_ID}
    assert ("stripped", "extra") in {key[2:] for key in door.cells()}
    # The control: other words that are none stay none.
    assert Door().knock("/api/6/store/", event.replace(b"NaN", b"Nan").replace(b"Inf", b"inf")).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/api/6/nel/",
        "/api/6/unreal/key/",
        "/api/6/cron/nightly/",
        "/api/6/upload/",
        "/api/6/events/x/attachments/",
        "/api/6/",
    ],
)
def test_addresses_that_are_not_kept_are_404_and_say_what_need_not_be_collected(path: str) -> None:
    answer = Door().knock(path, b"secret")
    assert answer.status == 404
    assert "86400:transaction" in answer.headers["x-sentry-rate-limits"]
    assert answer.json == {"detail": answer.headers["x-sentry-error"]}


def test_an_event_of_more_keys_than_any_sdk_sends_is_too_large_and_one_that_is_only_long_is_not() -> None:
    door = Door(limits=replace(LIMITS, compressed=1 << 20, decompressed=1 << 20))
    crowded = json.dumps(crash(extra={f"{number:x}": number for number in range(60_000)})).encode()
    assert send(door, ("event", crowded)).status == 413
    assert send(door, ("event", json.dumps(crash(extra={"log": "x, " * 200_000})).encode())).status == 200


def test_nothing_of_a_session_goes_out_or_is_kept_but_its_release() -> None:
    marks = [f"q{word}markerxyz" for word in ("run", "did", "env", "ip", "agent", "started", "key", "mechanism")]
    run, did, environment, ip, agent, started, key, mechanism = marks
    attributes = ATTRIBUTES | {"environment": environment, "ip_address": ip, "user_agent": agent, key: key}
    item = session(
        run,
        did=did,
        started=started,
        timestamp=started,
        attrs=attributes,
        abnormal_mechanism=mechanism,
        status="crashed",
    )
    door = Door()
    answer = send(door, item, **{key: key})
    assert answer.status == 200
    day = door.ledger.day(OPT_OUT, door.now)
    held = repr((answer, door.cells(OPT_OUT.owner), list(door.ledger.standing()), list(day.standing())))
    assert "vpn@2.14.0" in held
    assert not [mark for mark in marks if mark in held]
