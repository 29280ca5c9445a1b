from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters.cells import Refusal
from ingest.crashes.sessions import Aggregate, Outcome, Update, read_aggregates, read_update

SID = "7c7b6585-f901-4351-bf8d-02711b721929"
# The example of https://develop.sentry.dev/sdk/telemetry/sessions/#session-update-payload.
EXAMPLE: dict[str, Any] = {
    "sid": SID,
    "did": "optional distinct user id",
    "init": True,
    "started": "2020-02-07T14:16:00Z",
    "duration": 60,
    "status": "exited",
    "attrs": {
        "release": "my-project-name@1.0.0",
        "environment": "environment name",
        "ip_address": "optional user ip address for filtering",
        "user_agent": "optional user agent for filtering",
    },
}
AGGREGATES: dict[str, Any] = {
    "aggregates": [
        {"started": "2020-02-07T14:16:00Z", "exited": 123},
        {"started": "2020-02-07T14:16:00Z", "did": "optional distinct user id", "exited": 12, "errored": 3},
    ],
    "attrs": {"release": "my-project-name@1.0.0", "environment": "development"},
}


def written(content: object) -> bytes:
    return json.dumps(content).encode()


def update(**fields: object) -> Update | Refusal:
    return read_update(written(EXAMPLE | fields))


def test_the_example_of_the_protocol() -> None:
    release = "my-project-name@1.0.0"
    assert update() == Update(SID, "optional distinct user id", True, Outcome.HEALTHY, release)
    found = read_aggregates(written(AGGREGATES))
    assert found == [
        Aggregate("", (123, 0, 0, 0), release),
        Aggregate("optional distinct user id", (12, 3, 0, 0), release),
    ]


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"status": "ok"}, Outcome.HEALTHY),
        ({"status": None, "errors": None}, Outcome.HEALTHY),
        ({"status": "ok", "errors": 1}, Outcome.ERRORED),
        ({"status": "exited", "errors": 7}, Outcome.ERRORED),
        ({"status": "unhandled"}, Outcome.ERRORED),
        ({"status": "never heard of", "errors": 2}, Outcome.ERRORED),
        ({"status": "abnormal", "errors": 2, "abnormal_mechanism": "anr_foreground"}, Outcome.ABNORMAL),
        ({"status": "crashed"}, Outcome.CRASHED),
        ({"status": "crashed", "errors": 0}, Outcome.CRASHED),
        ({"status": "ok", "errors": 10**30}, Outcome.ERRORED),
    ],
)
def test_a_run_has_the_worst_outcome_that_an_update_tells(fields: dict[str, Any], outcome: Outcome) -> None:
    found = update(**fields)
    assert isinstance(found, Update)
    assert found.outcome is outcome


def test_a_run_may_have_no_id_only_where_it_is_over_at_once() -> None:
    for sid in (None, "", "0" * 32, "00000000-0000-0000-0000-000000000000"):
        found = update(sid=sid)
        assert isinstance(found, Update)
        assert found.run == ""
        assert update(sid=sid, status="ok") is Refusal.BAD_FIELD
        assert update(sid=sid, status="crashed") is Refusal.BAD_FIELD


@pytest.mark.parametrize(("did", "installation"), [(None, ""), ("", ""), (5, "5"), ("x" * 300, "x" * 256)])
def test_an_installation_is_a_text_or_a_number(did: object, installation: str) -> None:
    found = update(did=did)
    assert isinstance(found, Update)
    assert found.installation == installation


@pytest.mark.parametrize(
    ("release", "kept"),
    [
        (None, "(none)"),
        ("", "(none)"),
        (5, "(withheld)"),
        ("bob@example.org was here", "(withheld)"),
        ("2.14.0.1",) * 2,
    ],
)
def test_a_release_is_read_as_a_reports_is(release: object, kept: str) -> None:
    found = update(attrs={"release": release})
    assert isinstance(found, Update)
    assert found.release == kept


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        written({"sid": SID, "status": "ok"}),  # attrs are required
        *(written(EXAMPLE | {name: value}) for name, value in [("sid", 5), ("did", [1]), ("did", True), ("init", 1)]),
        *(
            written(EXAMPLE | {name: value})
            for name, value in [("status", 5), ("errors", "1"), ("attrs", []), ("attrs", 1)]
        ),
        b'{"attrs":' * 3000,
    ],
)
def test_an_update_that_breaks_the_protocol_is_refused(payload: bytes) -> None:
    assert read_update(payload) is Refusal.BAD_FIELD
    assert read_aggregates(payload) is Refusal.BAD_FIELD


@pytest.mark.parametrize("amount", [-1, 1_000_001, 10**30, 1.5, "1", True])
@pytest.mark.parametrize("name", ["exited", "errored", "unhandled", "abnormal", "crashed"])
def test_an_amount_is_a_whole_number_that_an_sdk_could_have_summed(name: str, amount: object) -> None:
    assert read_aggregates(written(AGGREGATES | {"aggregates": [{name: amount}]})) is Refusal.BAD_FIELD


def test_what_is_past_the_bounds_of_the_protocol_is_too_large() -> None:
    assert not isinstance(read_aggregates(written(AGGREGATES | {"aggregates": [{}] * 100})), Refusal)
    assert read_aggregates(written(AGGREGATES | {"aggregates": [{}] * 101})) is Refusal.TOO_LARGE
    assert update(filler="x" * 200_000) is Refusal.TOO_LARGE
    assert read_aggregates(b" " * 200_000) is Refusal.TOO_LARGE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.binary(max_size=200)
    | st.fixed_dictionaries({}, optional=dict.fromkeys([*EXAMPLE, "errors", "aggregates"], JSON)).map(written)
)
@settings(derandomize=True, max_examples=150)
def test_hostile_payloads_are_refused_and_never_raise(payload: bytes) -> None:
    assert read_update(payload) in {Refusal.BAD_FIELD, Refusal.TOO_LARGE} or isinstance(read_update(payload), Update)
    found = read_aggregates(payload)
    assert found is Refusal.BAD_FIELD or not isinstance(found, Refusal)


MARKS = st.text("abcdefghijklmnop", min_size=12, max_size=12).map(lambda text: f"q{text}")


@given(
    MARKS,
    st.dictionaries(
        st.sampled_from(["timestamp", "started", "duration", "seq", "x", "abnormal_mechanism"]), st.just(0)
    ),
)
@settings(derandomize=True, max_examples=100)
def test_nothing_but_ids_and_release_of_an_item_is_read(mark: str, beside: dict[str, int]) -> None:
    attributes = {"release": "1.0", "environment": mark, "ip_address": mark, "user_agent": mark, mark: mark}
    fields = dict.fromkeys(beside, mark) | {"status": mark, "attrs": attributes}
    found = update(**fields)
    assert isinstance(found, Update)
    everything = (found.run, found.installation, found.begins, found.outcome, found.release)
    assert mark not in repr(everything)
    # The control: where an id may stand it does stand, in memory and in no representation.
    held = update(sid=mark, did=mark)
    assert isinstance(held, Update)
    assert (held.run, held.installation) == (mark, mark)
    assert mark not in repr(held)
