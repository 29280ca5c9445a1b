"""Bodies of submissions: what is read, what is refused, and that a refusal repeats nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hits_door import SITE, Door
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters.cells import UNKNOWN_OWNER
from ingest.hits.wire import MOST_AT_ONCE, Submission, WireError, props_of, read_submissions
from ingest.site import Profile

MARK = "zqxjkvbpygfwmark"
LEAST = {"n": "pageview", "d": "example.org", "u": "https://example.org/"}
FIELDS = tuple(Submission.__struct_fields__)

texts = st.sampled_from(["", MARK, f"{{{MARK}}}", f'{{"{MARK}": 1}}', "\ud800", "é\x00", "x" * 130]) | st.text(
    max_size=9
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
nested = st.one_of(st.lists(scalars, max_size=3), st.dictionaries(texts, scalars, max_size=3))
anything = st.one_of(scalars, nested, st.lists(nested, max_size=2), st.dictionaries(texts, nested, max_size=2))
objects = st.dictionaries(st.sampled_from((*FIELDS, MARK)), anything, max_size=5)


@pytest.fixture(scope="module")
def door() -> Door:
    """A standard site: nothing is named that one sender alone said."""
    return Door([replace(SITE, profile=Profile.STANDARD)])


def error_of(body: bytes) -> str:
    """Return what is said about a body that is refused, and '' about one that is not."""
    try:
        for submission in read_submissions(body):
            props_of(submission)
    except WireError as error:
        return str(error)
    return ""


def error_with(**fields: Any) -> str:
    return error_of(json.dumps({**LEAST, **fields}).encode())


@given(st.binary(max_size=400))
@settings(max_examples=400)
def test_hostile_bytes_raise_nothing_but_a_wire_error(body: bytes) -> None:
    error_of(body)


@given(st.one_of(anything, objects, st.lists(objects, max_size=3)))
@settings(max_examples=150)
def test_hostile_json_raises_nothing_else_and_no_message_repeats_it(content: Any) -> None:
    assert MARK not in error_of(json.dumps(content).encode())


@given(objects)
@settings(max_examples=150)
def test_fields_beside_sound_ones_raise_nothing_else_either(content: dict[str, Any]) -> None:
    assert MARK not in error_of(json.dumps({**LEAST, **content}).encode())


MARKED: tuple[Any, ...] = (
    MARK, [MARK], {MARK: MARK}, {MARK: {MARK: MARK}}, {MARK: [MARK]}, [[MARK]], MARK * 3_000, f"{{{MARK}",
    f'{{"{MARK}": ["{MARK}"]}}', {f"{MARK}{n}": MARK for n in range(40)}, 10**30, -5, 1.5,
)  # fmt: skip


@pytest.mark.parametrize("name", [*FIELDS, MARK])
def test_an_answer_repeats_neither_value_nor_key_of_any_field(door: Door, name: str) -> None:
    """Whatever stands in a field: the answer's body and headers hold none of it, nor does anything counted."""
    statuses = set()
    for value in MARKED:
        answer = door.knock(json.dumps({**LEAST, name: value}).encode())
        assert answer is not None
        statuses.add(answer.status)
        assert MARK not in repr(answer)
    assert MARK not in repr(door.snapshot())
    assert door.refusals(UNKNOWN_OWNER)
    if name != MARK:
        assert 400 in statuses, "no value of this field was refused: the property would hold of nothing"


def test_the_positive_control_of_the_marker_is_found() -> None:
    with pytest.raises(WireError) as leak:
        raise WireError(f"field n is wrong: {MARK}")
    assert MARK in str(leak.value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"n":"\xff"}', b"nul", b"[" * 99_999, b'{"a":' * 99_999])
def test_what_is_no_json_is_called_so(body: bytes) -> None:
    assert error_of(body) in {"not JSON", "an object or an array of objects is wanted"}
    assert body.startswith(b"[") or error_of(body) == "not JSON"


@pytest.mark.parametrize("body", [b"1", b"null", b'"n"', b"[1]", b"[[]]", b"[null]", b"true"])
def test_what_is_no_object_is_called_so(body: bytes) -> None:
    assert error_of(body) == "an object or an array of objects is wanted"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 1), ("name", 1), ("n", "x" * 121), ("u", "x" * 2_001), ("url", []), ("d", "x" * 501), ("domain", {}),
        ("r", "x" * 2_001), ("referrer", 5), ("h", "yes"), ("i", 1), ("interactive", "no"), ("sd", 256), ("sd", -2),
        ("sd", 1.5), ("e", -2), ("e", 2**31), ("w", -1), ("w", 100_001), ("l", "x" * 65), ("p", 5), ("props", [1]),
        ("m", True), ("meta", 0.5),
    ],
)  # fmt: skip
def test_a_field_of_a_wrong_type_or_size_is_named_exactly(name: str, value: Any) -> None:
    assert error_with(**{name: value}) == f"field {name} has a wrong type or size"
    assert error_of(json.dumps([LEAST, {**LEAST, name: value}]).encode()) == f"field {name} has a wrong type or size"


@pytest.mark.parametrize("name", ["p", "props", "m", "meta"])
def test_properties_are_named_by_the_field_that_they_came_in(name: str) -> None:
    flat = f"field {name} is not a flat object"
    assert error_with(**{name: {"a": {"b": 1}}}) == flat
    assert error_with(**{name: {"a": [1]}}) == flat
    assert error_with(**{name: "no json"}) == flat
    assert error_with(**{name: "[1]"}) == flat
    assert error_with(**{name: '{"a": {}}'}) == flat
    assert error_with(**{name: "[" * 9_999}) == flat
    assert error_with(**{name: {str(n): n for n in range(31)}}) == f"field {name} has more than 30 properties"
    assert error_with(**{name: json.dumps({str(n): n for n in range(31)})}).endswith("more than 30 properties")
    assert error_of(json.dumps([{**LEAST, name: {"a": [1]}}]).encode()) == flat
    assert error_with(**{name: {str(n): n for n in range(30)}}) == ""


@pytest.mark.parametrize(("name", "alias"), [("n", "name"), ("u", "url"), ("d", "domain")])
def test_a_missing_field_is_named_by_its_short_name_and_found_under_its_long_one(name: str, alias: str) -> None:
    without = {key: value for key, value in LEAST.items() if key != name}
    assert error_of(json.dumps(without).encode()) == f"field {name} is missing"
    assert error_of(json.dumps({**without, name: ""}).encode()) == f"field {name} is missing"
    assert error_of(json.dumps({**without, alias: LEAST[name]}).encode()) == ""


def test_every_long_name_means_the_same_as_its_short_one() -> None:
    long = {"name": "signup", "url": "https://example.org/a", "domain": "example.org", "referrer": "https://x.com/"}
    (told,) = read_submissions(json.dumps({**long, "interactive": False}).encode())
    assert (told.event, told.address_of_page, told.sites, told.came_from) == tuple(long.values())
    assert not told.is_interactive
    for name in ("p", "props", "m", "meta"):
        for given_props in ({"plan": "pro"}, '{"plan": "pro"}'):
            (told,) = read_submissions(json.dumps({**LEAST, name: given_props}).encode())
            assert props_of(told) == {"plan": "pro"}


def test_the_short_name_wins_over_the_long_one() -> None:
    (told,) = read_submissions(json.dumps({**LEAST, "name": "other", "url": "x", "domain": "y"}).encode())
    assert (told.event, told.address_of_page, told.sites) == (LEAST["n"], LEAST["u"], LEAST["d"])


def test_nulls_of_plausible_clients_are_taken() -> None:
    nulls = dict.fromkeys(("r", "referrer", "p", "props", "m", "meta", "i", "interactive", "sd", "e", "w", "l"))
    (told,) = read_submissions(json.dumps({**LEAST, **nulls}).encode())
    assert told.is_interactive
    assert told.came_from == ""
    assert props_of(told) == {}


@pytest.mark.parametrize(("value", "keeps"), [(1, True), (True, True), (0, False), (False, False)])
def test_the_fragment_is_kept_where_the_client_says_so(value: object, *, keeps: bool) -> None:
    (told,) = read_submissions(json.dumps({**LEAST, "h": value}).encode())
    assert told.keeps_fragment is keeps


@pytest.mark.parametrize("count", [1, 2, MOST_AT_ONCE])
def test_an_array_of_up_to_a_hundred_is_read(count: int) -> None:
    assert len(read_submissions(json.dumps([LEAST] * count).encode())) == count


@pytest.mark.parametrize("count", [0, MOST_AT_ONCE + 1, 900])
def test_an_array_of_none_or_more_is_refused(count: int) -> None:
    assert error_of(json.dumps([LEAST] * count).encode()) == "an array of 1 to 100 submissions is wanted"


def test_one_bad_submission_of_an_array_refuses_all_of_it(door: Door) -> None:
    """Half a batch that was counted would be counted again when the client mends it and sends it anew."""
    before = door.amounts()
    answer = door.knock(json.dumps([LEAST, LEAST, {**LEAST, "w": "wide"}]).encode())
    assert answer is not None
    assert answer.error == "field w has a wrong type or size"
    assert door.amounts() == before
