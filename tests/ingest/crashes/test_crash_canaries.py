from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from sentry_sdk.scrubber import EventScrubber

from crashes.canaries import ENCODINGS, KEPT, KNOWN, WAITS, Canaries, event
from crashes.door import EXPLICIT, RecordingDay
from ingest.boundary.identifiers import find_identifier
from ingest.counters.disclosure import Who
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.names import FUNCTION
from ingest.crashes.stack import Thrown
from ingest.crashes.symbols import normal_function
from ingest.crashes.tally import Tally

EVENTS = 80  # with some six hundred markers in each
PLANTED = 5_000  # at least, all of them different
WHO = Who(b"somebody", "198.51")
TALLY = Tally()


@dataclass(frozen=True)
class Trial:
    canaries: Canaries
    event: dict[str, Any]
    report: Report


def trial(seed: int) -> Trial:
    canaries = Canaries(random.Random(seed))
    made = event(canaries)
    section = open_event(json.dumps(made).encode())
    assert isinstance(section, dict)
    return Trial(canaries, made, read_report(section, EXPLICIT))


@cache
def trials() -> tuple[Trial, ...]:
    return tuple(map(trial, range(EVENTS)))


def leaks(canaries: Canaries, text: str, *places: str) -> set[str]:
    """Return the markers in a text that may not be there: all but those of the places given."""
    allowed = set().union(*(canaries.kept.get(place, set()) for place in places))
    every = canaries.forbidden.union(*canaries.kept.values())
    lower = text.lower()
    return {marker for marker in every - allowed if marker in lower}


def handed_on(day: RecordingDay) -> Iterator[str]:
    for key in day.keys:
        yield "\n".join(key)
    for stack in day.stacks:
        yield f"{stack.type}\n{stack.function}\n{stack.stack}"


def planted_in(value: Any, marked: set[str], at: str = "") -> Iterator[str]:
    """Yield the forms of places in which one of some markers stands: under each key, as a key, in a list, deeper."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in marked:
                yield "a key"
            yield from planted_in(below, marked, key if key in KNOWN else at)
            if isinstance(below, dict):
                yield "an object within an object"
    elif isinstance(value, list):
        for entry in value:
            yield "a list"
            yield from planted_in(entry, marked, at)
    elif str(value).lower() in marked:
        yield at


def test_there_is_a_marker_in_every_place_and_every_encoding() -> None:
    every: set[str] = set()
    places: set[str] = set()
    for trial in trials():
        every |= trial.canaries.forbidden
        places |= set(planted_in(trial.event, trial.canaries.forbidden))
    assert len(every) > PLANTED
    assert places >= {*KNOWN, "a key", "a list", "an object within an object"}
    assert set().union(*(trial.canaries.encodings for trial in trials())) == set(range(len(ENCODINGS)))
    assert len(ENCODINGS) == 12


@pytest.mark.soak
def test_of_many_more_markers_none_is_handed_on_either() -> None:
    planted = 0
    for seed in range(10_000, 10_500):
        one = trial(seed)
        planted += len(one.canaries.forbidden)
        day = RecordingDay()
        TALLY.count(day, EXPLICIT, one.report, WHO)
        for text in handed_on(day):
            assert not leaks(one.canaries, text, *KEPT)
    assert planted > 100_000


def test_a_report_holds_no_marker_but_names_of_code() -> None:
    for trial in trials():
        assert not leaks(trial.canaries, repr(replace(trial.report, message="", fingerprint=())), *KEPT, *WAITS)


def test_of_what_was_said_no_more_than_words_is_left() -> None:
    """A template waits for k senders; but a marker with a digit in it, as identifiers have, is not even in there."""
    for trial in trials():
        text = "\n".join((trial.report.message, *trial.report.fingerprint))
        assert not any(any(map(str.isdigit, marker)) for marker in leaks(trial.canaries, text))


def test_what_is_handed_to_counting_holds_no_marker_but_names_of_code() -> None:
    for trial in trials():
        day = RecordingDay()
        TALLY.count(day, EXPLICIT, trial.report, WHO)
        for text in handed_on(day):
            assert not leaks(trial.canaries, text, *KEPT)


def test_what_may_leave_memory_holds_not_even_the_model() -> None:
    for trial in trials():
        day = RecordingDay()
        TALLY.count(day, EXPLICIT, trial.report, WHO)
        change = day.settle()
        assert change is not None
        assert not leaks(trial.canaries, repr((change.cells, change.exemplars)), *KEPT)


@pytest.mark.parametrize("place", [*KEPT, *WAITS])
def test_every_place_on_the_list_is_needed(place: str) -> None:
    """A place where no marker is ever found again would make the list wider than the truth."""
    found = (any(name in repr(trial.report) for name in trial.canaries.kept.get(place, ())) for trial in trials())
    assert any(found)


def test_a_list_of_what_to_deny_is_caught_by_the_same_search() -> None:
    caught = 0
    scrubber = EventScrubber(recursive=True)
    for trial in trials():
        scrubbed = json.loads(json.dumps(trial.event))
        scrubber.scrub_event(scrubbed)
        caught += bool(leaks(trial.canaries, json.dumps(scrubbed, default=repr), *KEPT, *WAITS))
    assert caught == EVENTS


def test_a_leak_of_folders_is_caught_by_the_same_search() -> None:
    """The variant keeps the paths of frames that our own reader saw and cut."""
    caught = tried = 0
    for trial in trials():
        leaky = _with_paths(trial)
        if leaky is not None:
            tried += 1
            caught += bool(leaks(trial.canaries, repr(leaky), *KEPT, *WAITS))
    assert tried > EVENTS / 4
    assert caught == tried


def test_a_leak_of_the_message_is_caught_by_the_same_search() -> None:
    for trial in trials():
        leaky = replace(trial.report, logger=json.dumps(trial.event.get("tags")))
        assert leaks(trial.canaries, repr(leaky), *KEPT, *WAITS)


def _with_paths(trial: Trial) -> Report | None:
    exceptions = trial.event["exception"]
    if isinstance(exceptions, str):
        return None
    stacktrace = exceptions["values"][-1]["stacktrace"]
    last = trial.report.chain[-1]
    if not last.frames or not isinstance(stacktrace, dict):
        return None
    path = stacktrace["frames"][-1].get("filename") if stacktrace.get("frames") else None
    if path is None:  # a stack that is junk, or one of a thread
        return None
    frame = replace(last.frames[-1], file=json.dumps(path))
    return replace(trial.report, chain=(*trial.report.chain[:-1], Thrown(last.type, (*last.frames[:-1], frame))))


def test_without_the_tripwire_identifiers_would_pass_for_names() -> None:
    """The control: it is not their shape that keeps them out."""
    canaries = Canaries(random.Random(7))
    drawn = [canaries.identifier() for _ in range(500)]
    shaped = [text for text in drawn if (form := normal_function(text)) and FUNCTION.fits(form)]
    assert len(shaped) > 0.95 * len(drawn)
    assert [text for text in shaped if find_identifier(text) is None] == []
