"""Matomo's tracking API: recorded requests, what they come to, and that ids are neither read nor repeated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hits_door import FIREFOX, SITE, Answer, Door, read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters.cells import UNKNOWN_OWNER, Key, Metric
from ingest.hits.matomo.calls import Call, read_call
from ingest.hits.matomo.parameters import Parameters
from ingest.hits.matomo.submission import read_submission
from ingest.hits.wire import WireError
from ingest.site import Profile, Site, Sites

COUNTED = replace(SITE, matomo_id=3, pixel=True, own_networks=("203.0.113.0/24",))
LEAST = {"idsite": "3", "rec": "1", "url": "https://example.org/"}
GIF = b"GIF89a"
MARK = "zqxjkvbpygfwmark"


@dataclass(frozen=True)
class MatomoCase:
    says: str
    status: int
    method: str = "GET"
    path: str = "/matomo.php"
    query: str = ""
    body: str = ""
    kind: str = ""
    referer: str = ""
    answer: str = ""
    earlier: str = ""
    pages: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    seconds: int = 0
    refusals: list[str] = field(default_factory=list)
    of_nobody: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door([COUNTED, Site("other.example", ("other.example",), profile=Profile.PLAIN)])


@pytest.fixture(autouse=True)
def _an_hour_later(door: Door) -> None:
    door.now += 3_600
    door.full = False


def ask(door: Door, query: str = "", **request: Any) -> Answer:
    """Send one tracking request; GET unless told."""
    path = request.pop("path", "/matomo.php") + (f"?{query}" if query else "")
    answer = door.knock(**{"method": "GET", "path": path, "kind": None, **request})
    assert answer is not None
    return answer


def track(door: Door, **parameters: str) -> Answer:
    return ask(door, urlencode({**LEAST, **parameters}))


Amounts = Mapping[tuple[date, Key], list[int]]


def gained(before: Amounts, after: Amounts, kind: str, metric: int) -> Counter[str]:
    """Return by how much a metric of each value of an attribute has grown."""
    found: Counter[str] = Counter()
    for name, amounts in after.items():
        if name[1][0] == kind:
            found[name[1][1]] += amounts[metric] - before.get(name, [0] * len(amounts))[metric]
    return +found


@pytest.mark.parametrize("case", read_cases("matomo.toml", MatomoCase), ids=lambda case: case.says)
def test_a_recorded_request_comes_to_what_it_says(door: Door, case: MatomoCase) -> None:
    if case.earlier:
        track(door, url=case.earlier)
        door.now += 40
    before, strays = door.amounts(), door.amounts(UNKNOWN_OWNER)
    answer = ask(
        door,
        case.query,
        path=case.path,
        method=case.method,
        body=case.body.encode(),
        kind=case.kind.encode() or None,
        headers=[(b"referer", case.referer.encode())] if case.referer else [],
    )
    after = door.amounts()
    assert answer.status == case.status
    if case.answer:
        assert json.loads(answer.body) == json.loads(case.answer)
    else:
        assert answer.body.startswith(GIF) if case.status == 200 else answer.body == b""
    assert gained(before, after, "page", Metric.PAGEVIEWS) == Counter(case.pages)
    assert gained(before, after, "event", Metric.EVENTS) == Counter(case.events)
    assert sum(gained(before, after, "hours", Metric.SECONDS).values()) == case.seconds
    assert gained(before, after, "refused", 0) == Counter(case.refusals)
    assert gained(strays, door.amounts(UNKNOWN_OWNER), "refused", 0) == Counter(case.of_nobody)
    for attribute, value in case.values.items():
        assert gained(before, after, attribute, Metric.VISITS) == {value: 1}


def test_a_view_is_counted_as_the_same_view_of_our_beacon_is() -> None:
    """One pipeline: what both protocols can say comes to the same cells."""
    ours, theirs = Door([COUNTED]), Door([COUNTED])
    ours.hit("https://example.org/a?utm_source=x", r="https://other.example/", w=1280, l="de")
    track(theirs, url="https://example.org/a?utm_source=x", urlref="https://other.example/", res="1280x720", lang="de")
    ours.hit("https://example.org/a", n="Videos: Play", p={"name": "Tour"})
    track(theirs, url="https://example.org/a", e_c="Videos", e_a="Play", e_n="Tour")
    assert ours.amounts() == theirs.amounts()


def test_heartbeats_add_up_to_the_time_that_has_passed(door: Door) -> None:
    before = door.amounts()
    track(door, url="https://example.org/long")
    for wait, parameters in (
        (15, {"ping": "1"}),
        (7, {"e_c": "a", "e_a": "b"}),
        (8, {"ping": "1"}),
        (15, {"ping": "1"}),
    ):
        door.now += wait
        track(door, url="https://example.org/long", **parameters)
    after = door.amounts()
    assert gained(before, after, "page", Metric.SECONDS) == {"/long": 45}, "an event in between takes no time away"
    assert not gained(before, after, "page", Metric.BOUNCES)
    door.now -= 100
    track(door, url="https://example.org/long", ping="1")
    assert door.amounts() == after, "a clock that jumps back takes none away either"


def test_no_json_is_read_as_a_heartbeat(door: Door) -> None:
    door.hit("https://example.org/json")
    door.now += 40
    before = door.amounts()
    door.hit("https://example.org/json", n="engagement", ping=1, is_heartbeat=True)
    assert door.amounts() == before


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"idsite": ""}, "field idsite is missing"),
        ({"idsite": "99"}, "field idsite names no site of this server"),
        ({"idsite": MARK}, "field idsite names no site of this server"),
        ({"idsite": "9" * 101}, "field idsite has a wrong type or size"),
        ({"rec": ""}, "field rec is not 1"),
        ({"rec": "0"}, "field rec is not 1"),
        ({"url": ""}, "field url is missing"),
        ({"url": "https://example.org/" + "x" * 2_000}, "field url has a wrong type or size"),
        ({"urlref": "x" * 2_001}, "field urlref has a wrong type or size"),
        ({"e_c": "Videos"}, "field e_a is missing"),
        ({"e_a": "Play", "e_c": "  "}, "field e_c is missing"),
        ({"e_c": "x" * 60, "e_a": "y" * 60}, "field e_a has a wrong type or size"),
        ({"idgoal": MARK}, "field idgoal is not a number"),
        ({"ping": "1", "url": ""}, "field url is missing"),
    ],
)
def test_what_is_malformed_is_answered_400_with_what_is_wrong(
    door: Door, parameters: dict[str, str], error: str
) -> None:
    before, known = door.refusals(UNKNOWN_OWNER), door.amounts()
    answer = track(door, **parameters)
    assert (answer.status, answer.error) == (400, error)
    assert sum(door.refusals(UNKNOWN_OWNER).values()) == sum(before.values()) + 1
    assert door.amounts() == known
    assert MARK not in repr(answer)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "not JSON"),
        (b'{"requests": 1}', "field requests is not an array of query strings or objects"),
        (b'{"requests": [null]}', "field requests is not an array of query strings or objects"),
        (b'{"idsite": 3}', "field requests is not an array of query strings or objects"),
        (b'{"requests": []}', "an array of 1 to 100 requests is wanted"),
        (json.dumps({"requests": ["?idsite=3"] * 101}).encode(), "an array of 1 to 100 requests is wanted"),
    ],
)
def test_what_is_no_bulk_request_is_answered_400(door: Door, body: bytes, error: str) -> None:
    answer = ask(door, method="POST", body=body, kind=b"application/json")
    assert (answer.status, answer.error) == (400, error)


def test_requests_that_are_no_tracking_requests_at_all(door: Door) -> None:
    before = door.amounts()
    assert ask(door, urlencode(LEAST), method="HEAD").status == 415
    assert ask(door, urlencode(LEAST), method="PUT").status == 415
    assert ask(door, urlencode(LEAST), method="POST", kind=b"multipart/form-data").status == 415
    assert ask(door, method="POST", body=b"x" * 70_000).status == 413
    assert ask(door, "x" * 70_000).status == 413
    assert door.amounts() == before
    door.full = True
    full = track(door)
    assert (full.status, full.body) == (503, b"")
    assert (b"retry-after", b"30") in full.headers


DROPPED: dict[str, dict[str, Any]] = {
    "bot": {"agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"},
    "own network": {"address": "203.0.113.9"},
    "GPC": {"headers": [(b"sec-gpc", b"1")]},
    "DNT": {"headers": [(b"dnt", b"1")]},
    "opt-out": {"headers": [(b"cookie", b"logless_opt_out=1")]},
}


@pytest.mark.parametrize("why", DROPPED)
@pytest.mark.parametrize("further", ["", "&send_image=0"])
def test_what_is_not_counted_is_answered_in_the_same_bytes(door: Door, why: str, further: str) -> None:
    query = urlencode(LEAST) + further
    counted = ask(door, query)
    assert ask(door, query, **DROPPED[why]) == counted
    bulk = json.dumps({"requests": [f"?{query}", "?idsite=3&rec=1&url=https://evil.example/"]}).encode()
    assert ask(door, method="POST", body=bulk, **DROPPED[why]) == ask(door, method="POST", body=bulk)


@pytest.mark.parametrize("headers", [[(b"sec-gpc", b"1")], [(b"dnt", b"1")], [(b"cookie", b"logless_opt_out=1")]])
def test_whoever_objects_changes_nothing_whatever_they_send(door: Door, headers: list[tuple[bytes, bytes]]) -> None:
    track(door)
    before, visits = door.snapshot(), len(door.pipeline.visits)
    sent: list[dict[str, Any]] = [
        {"query": urlencode({**LEAST, "uid": "ada"})},
        {"query": urlencode({**LEAST, "ping": "1"})},
        {"query": "idsite=99"},
        {"query": "", "method": "HEAD"},
        {"method": "POST", "body": b"{"},
        {"method": "POST", "body": b"x" * 99_999},
        {"method": "POST", "body": b"x", "kind": b"multipart/form-data"},
        {"method": "POST", "body": b'{"requests":["?idsite=99","?idsite=3&rec=1&url=https://example.org/"]}'},
    ]
    for request in sent:
        assert ask(door, **request, headers=headers).status == 200
    assert (door.snapshot(), len(door.pipeline.visits)) == (before, visits)
    for request in sent:
        ask(door, **request)
    assert door.snapshot() != before, "the control: without the header these change something"


def test_identity_is_never_read_from_what_is_sent(door: Door) -> None:
    """Other ids, agents, addresses and times are the same visitor; another address is another one."""
    before = sum(door.values("country").values())
    for number in range(3):
        track(
            door, uid=f"user{number}", _id=f"{number:016x}", cid=f"{number:016x}", cip=f"198.51.100.{number + 50}",
            ua=f"Agent/{number}", new_visit="1", cdt=str(number), token_auth="t", country="de", pv_id=f"{number}",
        )  # fmt: skip
    assert sum(door.values("country").values()) == before + 1
    ask(door, urlencode(LEAST), address="198.51.200.200")
    assert sum(door.values("country").values()) == before + 2


def test_the_page_of_a_view_comes_from_the_header_only_where_the_site_wants_images() -> None:
    door = Door([replace(COUNTED, pixel=False)])
    answer = ask(door, "idsite=3&rec=1", headers=[(b"referer", b"https://example.org/page")])
    assert (answer.status, answer.error) == (400, "field url is missing")


def test_a_page_of_ours_may_read_the_answer_with_credentials_and_no_other_may(door: Door) -> None:
    """matomo.js asks with credentials, and sends everything again as an image when it cannot read the answer."""
    own = dict(ask(door, urlencode(LEAST), headers=[(b"origin", b"https://www.example.org:8443")]).headers)
    assert own[b"access-control-allow-origin"] == b"https://www.example.org:8443"
    assert own[b"access-control-allow-credentials"] == b"true"
    assert own[b"vary"] == b"origin"
    for origin in (
        f"https://{MARK}.example", f"https://example.org/{MARK}", f"https://{MARK}@example.org", "null", MARK,
        f"{MARK}://example.org", f"https://example.org:{MARK}", "https://example.org:123456", f"https://example.org#{MARK}",
    ):  # fmt: skip
        answer = ask(door, urlencode(LEAST), headers=[(b"origin", origin.encode())])
        assert dict(answer.headers)[b"access-control-allow-origin"] == b"*"
        assert b"access-control-allow-credentials" not in dict(answer.headers)
        assert MARK not in repr(answer)
    asked = ask(door, method="OPTIONS", headers=[(b"origin", b"https://example.org")])
    assert asked.status == 204
    assert dict(asked.headers)[b"access-control-allow-methods"] == b"GET, POST"
    assert dict(asked.headers)[b"access-control-allow-origin"] == b"https://example.org"


def test_every_answer_keeps_to_the_rules_of_answers(door: Door) -> None:
    answers = [track(door), track(door, send_image="0"), track(door, idsite="99"), ask(door, method="PUT")]
    answers.append(ask(door, method="POST", body=b'{"requests":["?idsite=3"]}'))
    for answer in answers:
        headers = dict(answer.headers)
        assert len(headers) == len(answer.headers)
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert int(headers[b"content-length"]) == len(answer.body)
        assert not {b"set-cookie", b"etag"} & headers.keys()
    assert dict(answers[0].headers)[b"content-type"] == b"image/gif"
    assert dict(answers[0].headers)[b"cache-control"] == b"no-store"


# Hostile input.

PIECES = st.sampled_from([
    *LEAST, "ping", "e_c", "e_a", "e_n", "search", "link", "download", "idgoal", "res", "lang", "urlref", "send_image",
    "rec", "ec_items", "uid", "c_n", "ca", "recMode", "1", "0", "=", "&", "%", "%00", "%ff", "+", "?", "#", "{", '"',
    "requests", "https://example.org/", MARK,
])  # fmt: skip
QUERIES = st.lists(PIECES, max_size=14).map(lambda parts: "".join(parts).encode()) | st.binary(max_size=200)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.just([MARK]))
OBJECTS = st.dictionaries(PIECES, SCALARS, max_size=6)
BODIES = QUERIES | st.builds(
    lambda requests, token: json.dumps({"requests": requests, "token_auth": token, MARK: MARK}).encode(),
    st.lists(OBJECTS | QUERIES.map(lambda query: "?" + query.decode("latin-1")), max_size=4),
    SCALARS,
)


def faults_of(query: bytes, body: bytes) -> list[str]:
    """Read a request as the endpoint does; return what is wrong with it."""
    try:
        call = read_call(query, body)
    except WireError as error:
        return [str(error)]
    return [fault for fault in (_fault(call, at) for at in range(len(call.requests))) if fault]


def _fault(call: Call, at: int) -> str:
    request = call.requests[at]
    try:
        if isinstance(request, WireError):
            return str(request)
        read_submission(request, COUNTED, "")
    except WireError as error:
        return str(error)
    return ""


@given(QUERIES, BODIES)
@settings(max_examples=300)
def test_hostile_bytes_raise_nothing_but_a_wire_error_that_repeats_nothing(query: bytes, body: bytes) -> None:
    assert all(MARK not in fault for fault in faults_of(query, body))


@given(QUERIES, BODIES)
@settings(max_examples=60)
def test_hostile_requests_are_answered_and_nothing_of_them_is_repeated(door: Door, query: bytes, body: bytes) -> None:
    for method in ("GET", "POST"):
        answer = ask(door, quote(query, safe="=&%+?"), method=method, body=body)
        assert answer.status in {200, 204, 400}
        assert MARK not in repr(answer)


IGNORED = (
    "action_name", "_id", "uid", "cid", "cip", "token_auth", "ua", "uadata", "country", "region", "city", "lat", "long",
    "_cvar", "cvar", "dimension1", "e_v", "search", "search_cat", "search_count", "pv_id", "_idts", "_idvc", "_viewts",
    "_ref", "_rcn", "_rck", "ec_id", "ec_items", "revenue", "_pkn", "cdt", "h", "m", "s", "cookie", "gt_ms", "cs",
    "rand", "ma_ti", "cra_st", MARK,
)  # fmt: skip


@pytest.mark.parametrize("name", IGNORED)
def test_nothing_of_what_is_ignored_is_kept_or_answered(door: Door, name: str) -> None:
    """In a plain site, where one sender's values are named."""
    before = repr(door.snapshot()).count(MARK)  # other tests name pages by it
    marked = {**LEAST, "url": "https://example.org/ignored", name: MARK}
    answers = [
        ask(door, urlencode(marked)),
        ask(door, method="POST", body=urlencode(marked).encode()),
        ask(door, method="POST", body=json.dumps({"requests": [marked, f"?{urlencode(marked)}"]}).encode()),
    ]
    assert {answer.status for answer in answers} == {200}
    assert MARK not in repr(answers)
    assert repr(door.snapshot()).count(MARK) == before


def test_the_positive_control_of_the_marker_is_found(door: Door) -> None:
    track(door, url=f"https://example.org/{MARK}")
    assert MARK in repr(door.snapshot())


def test_ids_are_not_even_decoded() -> None:
    """An id is noted by its name: what stands behind it may be anything at all, and is in no attribute of ours."""
    made = Parameters.of_queries(f"uid=%{MARK}&_id={MARK}&ec_items=%ff%fe&url={MARK}".encode())
    assert made.has_ids
    assert made._texts == {"url": MARK}
    read = read_call(b"", b'{"requests":[{"uid":{"a":[1]},"cip":["203.0.113.9"],"url":"u"}]}').requests[0]
    assert isinstance(read, Parameters)
    assert (read.has_ids, read._texts) == (True, {"url": "u"})
    assert not Parameters.of_queries(b"_id=&uid=&pv_id").has_ids, "an empty one is none: so disableCookies sends it"


def test_a_number_means_the_site_that_declares_it_before_one_that_is_called_so() -> None:
    sites = Sites()
    numbered, named = replace(SITE, matomo_id=7), replace(SITE, id="shop")
    sites.replace([numbered, named])
    assert [sites.of_matomo(idsite) for idsite in ("7", SITE.id, "shop", "8")] == [numbered, numbered, named, None]


def test_the_browser_is_the_one_that_asks(door: Door) -> None:
    before = door.values("browser")
    ask(door, urlencode({**LEAST, "ua": "Mozilla/5.0 Chrome/150.0.0.0 Safari/537.36"}), agent=FIREFOX)
    assert door.values("browser")["Firefox"] == before.get("Firefox", 0) + 1
