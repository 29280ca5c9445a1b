"""What README and `/help` say of speed is what the committed report says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.hits import Counter, Sending, UncountedError
from bench.load import Load, pack_requests
from bench.measured import Better, Measured
from bench.report import FOLDER, README, excerpt, read_report, table, verdict
from bench.traffic import MARK, batches, crashes, ordinary, worst
from hypothesis import given
from hypothesis import strategies as st

from dashboards import sizing


def figure(name: str, unit: str = "") -> float:
    found = [one for one in read_report()[1] if one.name == name and unit in one.unit]
    assert len(found) == 1, name
    assert found[0].figure is not None
    return found[0].figure


def test_readme_shows_the_committed_report() -> None:
    assert excerpt() in README.read_text(encoding="utf-8")
    assert "\n".join(table(read_report()[1])) in (FOLDER / "report.md").read_text(encoding="utf-8")


def test_help_is_no_more_hopeful_than_the_report() -> None:
    content = json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))
    (speeds,) = [one["note"] for one in content["figures"] if one["note"].startswith("requests per second")]
    told = {name: int(rate.replace(",", "")) for name, rate in (part.split()[-2:] for part in speeds.split(", "))}
    assert sizing.HITS_PER_SECOND <= told["single"] <= 3 * sizing.HITS_PER_SECOND
    assert sizing.VISITS_PER_SECOND <= told["worst"] <= 3 * sizing.VISITS_PER_SECOND
    assert figure("memory of a visitor whose page and referrer nobody shares") <= sizing.VISITOR_MEMORY
    assert all(one.figure <= sizing.ROW_BYTES for one in read_report()[1] if one.unit == "bytes a row" and one.figure)


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.sampled_from(Better))
def test_a_floor_holds_on_its_side_only(number: float, floor: float, better: Better) -> None:
    one = Measured("a", "b", number, better, floor=floor)
    assert one.holds == (number >= floor if better is Better.MORE else number <= floor)
    assert ("below" in verdict(one)) == (not one.holds)
    assert not Measured("a", "b", None, better, floor=floor).holds


def test_what_is_sent_knows_what_it_counts(tmp_path_factory: pytest.TempPathFactory) -> None:
    work = tmp_path_factory.mktemp("bench")
    sending = Sending.of(work, "batch", batches(20))
    for submission, counts in zip(batches(20), sending.counts, strict=True):
        assert sum(part["n"] != "engagement" for part in json.loads(submission.body)) == counts
    assert sending.expected(2 * len(sending.counts) + 1) == 2 * sum(sending.counts) + sending.counts[0]
    first = pack_requests(work / "one", [b"ab", b"c\nd"]).read_bytes()
    assert first == b"2\nab3\nc\nd"


def test_requests_are_those_of_browsers_and_sdks() -> None:
    request = ordinary(1)[0].write("/api/event")
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"X-Sentry-Auth" not in head
    assert worst()[0].write("/api/event").count(MARK.encode()) == 3
    packed = crashes(packed=True, count=2)
    assert packed[0].body != packed[1].body
    assert b"Content-Encoding: gzip" in packed[0].write("/api/6/envelope/")


class Counted(Counter):
    """Has counted what it is told."""

    def __init__(self, counted: int) -> None:
        self.counted = counted

    def views_and_events(self) -> int:
        return self.counted


@pytest.mark.parametrize(("counted", "refused", "holds"), [(1000, 0, True), (900, 0, False), (1000, 1, False)])
def test_a_fast_drop_is_a_failure(tmp_path: Path, counted: int, refused: int, holds: bool) -> None:
    sending = Sending(tmp_path / "none", [1])
    load = Load(1000, 1, 0, 1, 1, 1, 1, refused, 0)
    if holds:
        Counted(7 + counted).check(sending, load, 7)
    else:
        with pytest.raises(UncountedError):
            Counted(7 + counted).check(sending, load, 7)
