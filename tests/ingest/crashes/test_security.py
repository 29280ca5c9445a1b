from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashes.door import OPT_OUT, Answer, Door, envelope
from ingest.counters.cells import Refusal
from ingest.crashes.event import open_event, read_report
from ingest.crashes.security import DIRECTIVES, Violation, event_of, read_violations

QUERY = f"sentry_key={OPT_OUT.key}&sentry_release=web%401.2&sentry_environment=beta".encode()
POLICY: dict[str, Any] = {
    "document-uri": "https://shop.example/account/jane?token=secret",
    "referrer": "https://mail.example/inbox/jane",
    "violated-directive": "script-src-elem",
    "effective-directive": "script-src-elem",
    "original-policy": "script-src 'self'; report-uri https://logless.example/api/7/security/",
    "disposition": "enforce",
    "blocked-uri": "https://cdn.evil.example/x.js?user=jane",
    "line-number": 17,
    "column-number": 3,
    "source-file": "https://shop.example/static/checkout.js?v=jane",
    "status-code": 200,
    "script-sample": "alert('jane')",
}
# The same violation as the Reporting API tells it.
REPORTED: dict[str, Any] = {
    "documentURL": POLICY["document-uri"],
    "effectiveDirective": "script-src-elem",
    "blockedURL": POLICY["blocked-uri"],
    "sourceFile": POLICY["source-file"],
    "lineNumber": 17,
    "sample": "alert('jane')",
}
EXPECTED = Violation("CSP:script-src-elem", POLICY["source-file"], 17, "cdn.evil.example", blocked_is_free=False)


def written(policy: object, kind: str = "csp-report") -> bytes:
    return json.dumps({kind: policy}).encode()


def the_one(payload: bytes) -> Violation:
    found = read_violations(payload)
    assert not isinstance(found, Refusal)
    (violation,) = found
    return violation


def send(door: Door, policy: dict[str, Any] = POLICY, address: str = "203.0.113.9", **request: Any) -> Answer:
    headers = request.pop("headers", [(b"content-type", b"application/csp-report")])
    path = request.pop("path", "/api/7/security/")
    return door.knock(path, written(policy), query=QUERY, headers=headers, address=address, **request)


def test_both_forms_say_the_same() -> None:
    assert the_one(written(POLICY)) == EXPECTED
    entries = [{"type": "deprecation", "body": {}}, {"type": "csp-violation", "age": 5, "url": "x", "body": REPORTED}]
    assert the_one(json.dumps(entries).encode()) == EXPECTED


@pytest.mark.parametrize(
    ("address", "blocked", "is_free"),
    [
        ("inline", "inline", True),
        ("eval", "eval", True),
        ("", "", True),
        ("data", "data", True),
        ("data:text/html,secret", "data", True),
        ("blob:https://shop.example/1234", "blob", True),
        ("chrome-extension://abcdefghijklmnop/x.js", "extension", True),
        ("moz-extension", "other", True),
        ("https://shop.example/other", "self", True),
        ("https://CDN.example:8443/jane", "cdn.example", False),
        ("wss://live.example/jane", "live.example", False),
        ("https://198.51.100.7/jane", "(withheld)", True),
        ("https://[2001:db8::7]/jane", "(withheld)", True),
        ("https://localhost/jane", "(withheld)", True),
        ("https://bob%40mail.example/", "(withheld)", True),
        ("https://[", "(withheld)", True),
        ("ftp://files.example/jane", "other", True),
        ("jane was here", "other", True),
    ],
)
def test_what_was_blocked_is_a_word_or_a_host(address: str, blocked: str, is_free: bool) -> None:
    found = the_one(written(POLICY | {"blocked-uri": address}))
    assert (found.blocked, found.blocked_is_free) == (blocked, is_free)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"violated-directive": "img-src https: data:", "effective-directive": None}, "CSP:img-src"),
        ({"effective-directive": "Style-Src-Attr"}, "CSP:style-src-attr"),
        ({"effective-directive": "jane"}, "CSP:other"),
        ({"effective-directive": None, "violated-directive": None}, "CSP:other"),
    ],
)
def test_a_directive_is_one_of_the_list(told: dict[str, Any], kind: str) -> None:
    assert the_one(written(POLICY | told)).kind == kind


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (written({"hostname": "shop.example", "date-time": "x"}, "expect-ct-report"), "Expect-CT"),
        (written({"hostname": "shop.example"}, "expect-staple-report"), "Expect-Staple"),
        (json.dumps({"hostname": "shop.example", "known-pins": ["pin"]}).encode(), "HPKP"),
    ],
)
def test_other_reports_are_counted_by_their_kind(payload: bytes, kind: str) -> None:
    assert the_one(payload) == Violation(kind)


@pytest.mark.parametrize("line", [None, "17", -1, 10**30, 1.5])
def test_a_line_that_is_none_is_dropped(line: object) -> None:
    assert the_one(written(POLICY | {"line-number": line})).line == 0


@pytest.mark.parametrize("payload", [b"", b"5", b"{}", b"null", b"\xff", b'{"csp-report":5}', b'{"other":{}}'])
def test_what_is_no_report_is_refused(payload: bytes) -> None:
    assert read_violations(payload) is Refusal.BAD_JSON


def test_a_report_is_bounded() -> None:
    assert read_violations(written(POLICY | {"x": "x" * 70_000})) is Refusal.TOO_LARGE
    entry = {"type": "csp-violation", "body": {}}
    assert read_violations(json.dumps([entry] * 101).encode()) is Refusal.TOO_LARGE


@pytest.mark.parametrize("directive", sorted(DIRECTIVES))
def test_every_directive_is_a_type_that_the_closed_schema_keeps(directive: str) -> None:
    violation = Violation(f"CSP:{directive}", POLICY["source-file"], 17)
    event = open_event(event_of(violation, "web@1.2", "beta"))
    assert isinstance(event, dict)
    report = read_report(event, OPT_OUT)
    assert report.chain[0].type == f"CSP:{directive}"
    assert [(frame.file, frame.line) for frame in report.chain[0].frames] == [("checkout.js", 17)]
    assert (report.release, report.environment, report.stripped) == ("web@1.2", "beta", frozenset())


def test_violations_are_a_group_whose_hosts_wait_for_others() -> None:
    door = Door()
    for number in range(5):
        cells = {key[2:]: count for key, count in door.cells(OPT_OUT.owner).items()}
        assert ("blocked", "cdn.evil.example") not in cells
        answer = send(door, address=f"203.{number}.113.9")
        assert (answer.status, answer.body) == (200, b"")
    send(door, POLICY | {"blocked-uri": "inline"})
    cells = {key[2:]: count for key, count in door.cells(OPT_OUT.owner).items()}
    assert cells["blocked", "cdn.evil.example"] == 5
    assert cells["blocked", "inline"] == 1
    assert cells["release", "web@1.2"] == 6
    assert cells["environment", "beta"] == 6
    (exemplar,) = door.ledger.exemplars(OPT_OUT.owner).values()
    assert (exemplar.type, exemplar.function) == ("CSP:script-src-elem", "checkout.js")
    assert "jane" not in repr((cells, exemplar))


@pytest.mark.parametrize("path", ["/api/7/security/", "/api/7/security", "/api/7/csp-report/"])
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (b"application/json", 200),
        (b"application/csp-report", 200),
        (b"Application/CSP-Report; charset=utf-8", 200),
        (b"application/reports+json", 200),
        (b"application/expect-ct-report+json", 200),
        (b"text/plain", 415),
        (b"", 415),
    ],
)
def test_the_content_type_is_that_of_a_report(path: str, content_type: bytes, status: int) -> None:
    door = Door()
    answer = send(door, path=path, headers=[(b"content-type", content_type)])
    assert answer.status == status
    assert "86400:transaction" in answer.headers["x-sentry-rate-limits"]
    assert bool(door.cells(OPT_OUT.owner)) is (status == 200)
    assert door.refusals(OPT_OUT.owner) == ({} if status == 200 else {"bad_type": 1})


def test_the_item_of_an_envelope_is_the_same_and_its_header_names_the_release() -> None:
    door = Door()
    payload = written(POLICY)
    header = {"type": "raw_security", "length": len(payload), "sentry_release": "web@3", "sentry_environment": "beta"}
    body = b"{}\n" + json.dumps(header).encode() + b"\n" + payload
    assert door.knock("/api/7/envelope/", body, query=QUERY).status == 200
    assert ("release", "web@3") in {key[2:] for key in door.cells(OPT_OUT.owner)}


def test_an_app_that_asks_each_person_takes_none() -> None:
    door = Door()
    headers = [(b"content-type", b"application/csp-report")]
    answer = door.knock("/api/6/security/", written(POLICY), headers=headers)
    assert (answer.status, answer.body) == (200, b"")
    assert not door.cells()
    assert door.refusals() == {"unwanted_item": 1}
    assert door.knock(body=envelope(("raw_security", written(POLICY)))).status == 200
    assert not door.cells()


@pytest.mark.parametrize("header", [(b"sec-gpc", b"1"), (b"dnt", b"1")])
def test_a_browser_that_objects_is_counted_nowhere(header: tuple[bytes, bytes]) -> None:
    door = Door()
    answer = send(door, headers=[(b"content-type", b"application/csp-report"), header])
    assert (answer.status, answer.body) == (200, b"")
    assert not door.counted()


def test_bad_reports_are_answered_by_name() -> None:
    door = Door()
    headers = [(b"content-type", b"application/csp-report")]
    assert door.knock("/api/7/security/", b"{}", query=QUERY, headers=headers).status == 400
    assert door.knock("/api/7/security/", written({"x": "x" * 70_000}), query=b"", headers=headers).status == 403
    assert door.knock("/api/7/security/", b" " * 70_000, query=QUERY, headers=headers).status == 413


MARKS = st.text("abcdefghijklmnop", min_size=12, max_size=12).map(lambda text: f"q{text}")


@given(MARKS, st.sampled_from(sorted({*POLICY, *REPORTED, "x"})), st.booleans())
@settings(derandomize=True, max_examples=100, deadline=None)
def test_no_marker_leaves_memory(mark: str, name: str, is_address: bool) -> None:
    value = f"https://{mark}.example/{mark}/{mark}?{mark}#{mark}" if is_address else mark
    form = POLICY if name in POLICY else REPORTED
    body = form | {name: value, mark: mark}
    door = Door()
    if form is POLICY:
        answer = send(door, body)
    else:
        entries = json.dumps([{"type": "csp-violation", "body": body, "url": mark, "user_agent": mark}]).encode()
        headers = [(b"content-type", b"application/reports+json")]
        answer = door.knock("/api/7/security/", entries, query=QUERY, headers=headers)
    assert answer.status == 200
    kept = repr((door.cells(OPT_OUT.owner), door.ledger.exemplars(OPT_OUT.owner)))
    assert "CSP:" in kept
    assert mark not in kept


@given(
    st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["csp-report", *POLICY]),
        st.none()
        | st.text(max_size=9)
        | st.dictionaries(st.sampled_from(sorted(POLICY)), st.none() | st.integers() | st.text(max_size=9)),
    ).map(lambda made: json.dumps(made).encode())
)
@settings(derandomize=True, max_examples=150)
def test_hostile_reports_are_refused_and_never_raise(payload: bytes) -> None:
    found = read_violations(payload)
    if isinstance(found, Refusal):
        assert found is Refusal.BAD_JSON
        return
    for violation in found:
        event = open_event(event_of(violation, "", ""))
        assert isinstance(event, dict)
        read_report(event, OPT_OUT)
