"""What is told of each field, against what reading the event does to it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashes.door import EXPLICIT, crash
from ingest.app import App
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.fields import PARTS
from ingest.crashes.sections import Section
from ingest.crashes.verdicts import Fate, Told, verdicts_of

APP = replace(EXPLICIT, tags={"transport": ("wireguard", "openvpn")}, fingerprints=frozenset({"login"}))
FRAME = "exception.values[].stacktrace.frames[]"


def opened(event: Any) -> Section:
    section = open_event(json.dumps(event).encode())
    assert isinstance(section, dict)
    return section


def told(event: Any, app: App = APP) -> dict[str, Told]:
    return {one.field: one for one in verdicts_of(opened(event), app)}


@pytest.mark.parametrize(
    ("event", "field", "fate", "counted"),
    [
        ({"release": "vpn@2.14.0"}, "release", Fate.KEPT, ()),
        ({"release": "bob@example.org"}, "release", Fate.WITHHELD, ("release",)),
        ({"environment": "production"}, "environment", Fate.KEPT, ()),
        ({"environment": "of bob"}, "environment", Fate.DROPPED, ("environment",)),
        ({"tags": {"transport": "wireguard"}}, "tags", Fate.KEPT, ()),
        ({"tags": {"transport": "wireguard", "bob": 1}}, "tags", Fate.COARSENED, ("tags",)),
        ({"tags": {"bob": 1}}, "tags", Fate.DROPPED, ("tags",)),
        ({"user": {"id": 7}}, "user", Fate.DROPPED, ("user",)),
        ({"dist": "7"}, "dist", Fate.DROPPED, ("dist",)),
        ({"colour": "red"}, "colour", Fate.DROPPED, ("unknown",)),
        ({"fingerprint": ["login"]}, "fingerprint", Fate.KEPT, ()),
        ({"logentry": {"message": "no route"}}, "logentry.message", Fate.KEPT, ()),
        ({"logentry": {"message": "no route to 7"}}, "logentry.message", Fate.COARSENED, ("logentry",)),
        ({"logentry": "no route to 7"}, "logentry", Fate.COARSENED, ("logentry",)),
        ({"contexts": {"device": {"memory_size": 9_000_000_000}}}, "contexts.device.memory_size", Fate.COARSENED, ()),
        ({"contexts": {"device": {"name": "Bob's"}}}, "contexts.device.name", Fate.DROPPED, ("contexts.device",)),
        ({"contexts": {"gpu": {"name": "x"}}}, "contexts.gpu", Fate.DROPPED, ("contexts",)),
        ({"exception": [{"type": "E"}, {"type": "F"}]}, "exception[].type", Fate.KEPT, ()),
        ({"exception": {"type": "E"}}, "exception.type", Fate.KEPT, ()),
        ({"exception": "text"}, "exception", Fate.DROPPED, ("exception",)),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_each_field_has_its_fate(event: Any, field: str, fate: Fate, counted: tuple[str, ...]) -> None:
    one = told(event)[field]
    assert (one.fate, one.counted, one.times > 0, bool(one.why)) == (fate, counted, True, True)
    assert (one.detector != "") == (fate is Fate.WITHHELD)


def test_entries_of_a_list_are_told_together_and_the_detector_is_named() -> None:
    event = crash()
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    frames += [{"function": "U_12c2d058_d584_4270_9aa2_eca08bf20986"}, {"function": "run", "vars": {"a": 1}}]
    found = told(event)
    assert (found[f"{FRAME}.function"].times, found[f"{FRAME}.function"].detector) == (3, "uuid")
    assert found[f"{FRAME}.filename"].fate is Fate.COARSENED
    assert found[f"{FRAME}.vars"].counted == ("frame.vars",)


def test_what_is_empty_is_no_field() -> None:
    assert told({"user": {}, "extra": None, "dist": "", "tags": [], "level": "error"}).keys() == {"level"}


def test_a_page_of_fields_is_told_of_an_event_of_any_size() -> None:
    event = {f"key {number}": number for number in range(2_000)}
    assert len(told(event)) == 500


KEYS = sorted({name for part in PARTS for name in part.rule_of} | {"values", "consent", "colour"})
LEAVES = st.sampled_from(
    ["vpn@2.14.0", "bob@example.org", "connect", "error", 7, -1, 2.5, True, False, None, "", "é\0"]
)
ANYTHING = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=4),
    max_leaves=25,
)
EVENTS = st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=8) | st.builds(
    lambda extra: crash() | extra, st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=4)
)


def kept(report: Report) -> Report:
    return replace(report, stripped=frozenset(), tripped=frozenset())


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_whatever_is_dropped_at_the_top_changes_nothing_and_every_loss_is_told(event: dict[str, Any]) -> None:
    found = told(event)
    report = read_report(opened(event), APP)
    dropped = {one.field for one in found.values() if one.fate is Fate.DROPPED and one.field in event}
    # A stack of a thread, and the images of binaries, stand in for what is missing elsewhere.
    dropped -= {"threads", "stacktrace", "debug_meta"}
    without = {name: value for name, value in event.items() if name not in dropped}
    assert kept(read_report(opened(without), APP)) == kept(report)
    assert {name for one in found.values() for name in one.counted} <= {field.value for field in report.stripped}


def test_that_it_would_be_seen_if_what_is_kept_were_called_dropped() -> None:
    report = read_report(opened(crash()), APP)
    without = {name: value for name, value in crash().items() if name != "release"}
    assert kept(read_report(opened(without), APP)) != kept(report)
