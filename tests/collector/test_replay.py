"""A replay: real submissions under their own clock, whose days close as it goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from collector_replays import BROWSER, Replay, hit
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.replay import ReplayClock, ReplayError, read_lines
from ingest.site import Profile, Site

PLAIN = Site("example.org", ("example.org",), profile=Profile.PLAIN)
STANDARD = Site("example.org", ("example.org",), pages=("/",))
MARK = "zqxjkvbpygfwmark"
SOUND = hit("2026-11-01T10:00:00Z", "192.0.2.1", "/")


def fault_of(folder: Path, *lines: str | bytes) -> str:
    file = folder / "history.jsonl"
    file.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    with pytest.raises(ReplayError) as error:
        list(read_lines(file))
    return str(error.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 3 is not JSON"),
        (b"\xff\xfe", "line 3 is not JSON"),
        (f'{{"at": "{MARK}', "line 3 is not JSON"),
        (b'{"at": "2026-11-01T10:00:00Z", "ip": "\xff"}', "line 3 is not JSON"),
        ("[1]", "line 3: an object of at, ip, method, path, headers, body is wanted"),
        ("3", "line 3: an object of"),
        (json.dumps({**SOUND, MARK: 1}), "line 3: an object of"),
        (json.dumps({**SOUND, "at": MARK}), 'line 3: "at" has a wrong type'),
        (json.dumps({**SOUND, "at": "9999-12-31T23:59:59Z"}), 'line 3: "at" is not between the years 1971 and 2148'),
        (json.dumps({**SOUND, "at": "0001-01-01T00:00:00Z"}), 'line 3: "at" is not between the years'),
        (json.dumps({**SOUND, "ip": 7}), 'line 3: "ip" has a wrong type'),
        (json.dumps({**SOUND, "headers": [MARK]}), 'line 3: "headers" has a wrong type'),
        (json.dumps({**SOUND, "headers": {MARK: 1}}), 'line 3: "headers" has a wrong type'),
        (json.dumps({**SOUND, "body": {MARK: 1}}), 'line 3: "body" has a wrong type'),
        (json.dumps({name: value for name, value in SOUND.items() if name != "ip"}), 'line 3: "ip" is missing'),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_never_repeated(tmp_path: Path, line: str | bytes, says: str) -> None:
    fault = fault_of(tmp_path, json.dumps(SOUND), "", line)
    assert fault.startswith(says)
    assert MARK not in fault


def test_a_file_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(ReplayError, match=rf"^{path}: "):
            list(read_lines(path))


@given(st.lists(st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("America/New_York")])), max_size=20))
def test_the_clock_never_runs_backwards(moments: list[datetime]) -> None:
    clock = ReplayClock()
    told = [clock()]
    for moment in moments:
        clock.move_to(moment)
        told.append(clock())
    assert told == sorted(told)
    assert told[-1] == max([0.0, *(moment.timestamp() for moment in moments)])


def test_a_time_without_a_zone_is_utc() -> None:
    clock = ReplayClock()
    clock.move_to(datetime(2026, 11, 1, 10, 0))  # noqa: DTZ001
    assert clock() == datetime(2026, 11, 1, 10, 0, tzinfo=UTC).timestamp()


def test_answers_are_counted_by_status(tmp_path: Path) -> None:
    lines = [
        SOUND,
        {**SOUND, "body": "{"},
        {**SOUND, "method": "options"},
        {**SOUND, "headers": {"Content-Type": "text/html"}},
        {**SOUND, "path": "/nowhere?x=1", "method": "GET"},
        {**SOUND, "headers": {"user-agent": "Googlebot/2.1"}},
        {**SOUND, "headers": {"user-agent": BROWSER, "accept-language": "čeština", "x-ž": "1"}},
    ]
    counts: list[int] = []
    answers = Replay(tmp_path / "h.jsonl", [PLAIN]).write(lines).run(progress=counts.append)
    assert answers == {202: 3, 400: 1, 204: 1, 415: 1, 404: 1}
    assert counts == [1, 2, 3, 4, 5, 6, 7]


def test_whoever_is_full_is_answered_so(tmp_path: Path) -> None:
    played = Replay(tmp_path / "h.jsonl", [PLAIN]).write([SOUND])
    played.full = True
    assert played.run() == {503: 1}


def test_days_are_closed_as_the_clock_passes_them_and_the_last_at_the_end(tmp_path: Path) -> None:
    days = [f"2026-11-{day:02}" for day in (1, 2, 3)]
    lines = [hit(f"{day}T{hour:02}:00:00Z", "192.0.2.1", "/") for day in days for hour in range(0, 24, 3)]
    played = Replay(tmp_path / "h.jsonl", [PLAIN]).write(lines)
    assert played.run() == {202: len(lines)}
    closing = {
        shipment.batch.lot.date.isoformat(): shipment.at for shipment in played.shipped if shipment.batch.lot.closing
    }
    assert list(closing) == days
    for day, at in list(closing.items())[:-1]:
        midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(days=1)
        # The first line after two hours past midnight is that of three o'clock.
        assert at == (midnight + timedelta(hours=3)).timestamp()
    assert closing[days[-1]] == datetime.fromisoformat(lines[-1]["at"]).timestamp()
    assert len(played.pipeline.keys) == 0
    assert len(list(played.pipeline.ledger.unwritten("example.org"))) == sum(
        len(shipment.batch.lot.cells) for shipment in played.shipped
    ), "what is still in memory is what is on its way"


def test_until_moves_the_clock_on_and_never_back(tmp_path: Path) -> None:
    end = datetime(2026, 11, 5, tzinfo=UTC)
    played = Replay(tmp_path / "h.jsonl", [PLAIN]).write([SOUND])
    played.run(until=end)
    assert played.clock() == end.timestamp()
    assert [shipment.at for shipment in played.shipped if shipment.batch.lot.closing] == [end.timestamp()]
    played = Replay(tmp_path / "h.jsonl", [PLAIN]).write([SOUND])
    played.run(until=datetime(2020, 1, 1, tzinfo=UTC))
    assert played.clock() == datetime.fromisoformat(SOUND["at"]).timestamp()


def test_lines_out_of_order_are_taken_at_the_time_that_has_been_reached(tmp_path: Path) -> None:
    lines = [hit("2026-11-02T10:00:00Z", "192.0.2.1", "/a"), hit("2026-11-01T10:00:00Z", "192.0.2.2", "/b")]
    played = Replay(tmp_path / "h.jsonl", [PLAIN]).write(lines)
    assert played.run() == {202: 2}
    assert {day for day, _ in played.counts()} == {"2026-11-02"}


def test_an_empty_file_and_empty_lines_are_nothing(tmp_path: Path) -> None:
    played = Replay(tmp_path / "h.jsonl", [PLAIN])
    played.file.write_text("\n  \n\n")
    assert played.run() == {}
    assert played.shipped == []


WEEK = [datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=day) for day in range(7)]


def crowd(day: datetime) -> list[dict[str, Any]]:
    """Return a day of sixty visitors of a declared page, from as many networks."""
    return [hit((day + timedelta(minutes=20 * n)).isoformat(), f"81.{n}.3.4", "/") for n in range(60)]


def few(day: datetime, page: str, senders: int, networks: int = 5) -> list[dict[str, Any]]:
    """Return visits of a page by a few senders, an hour apart, each of whom looks at it twice."""
    at = [day + timedelta(hours=8 + n, seconds=s) for n in range(senders) for s in (10, 20)]
    return [hit(moment.isoformat(), f"82.{n // 2 % networks}.3.{n // 2}", page) for n, moment in enumerate(at)]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Replay a week of a standard site: four senders share one page, five another, and five of two networks a third."""
    lines = []
    for day in WEEK:
        lines += crowd(day) + few(day, "/four", 4) + few(day, "/five", 5) + few(day, "/office", 5, networks=2)
    lines.sort(key=lambda line: line["at"])
    played = Replay(tmp_path_factory.mktemp("week") / "week.jsonl", [STANDARD]).write(lines)
    assert played.run() == {202: len(lines)}
    return played


def test_what_four_senders_share_is_rare_and_a_fifth_names_it_with_the_full_count(week: Replay) -> None:
    counts = week.counts()
    for day in WEEK:
        date = day.date().isoformat()
        pages = {key[1]: amounts for (at, key), amounts in counts.items() if at == date and key[0] == "page"}
        assert set(pages) == {"/", "/five", "(rare)"}
        assert pages["/five"][:3] == [5, 5, 10]
        # Of /four and of /office: value-visitors, visits and page views.
        assert pages["(rare)"][:3] == [9, 9, 18]
        assert pages["/"][:3] == [60, 60, 60]


def test_no_name_that_was_not_shared_is_in_anything_that_was_written(week: Replay) -> None:
    written = repr([shipment.batch for shipment in week.shipped])
    assert "/five" in written, "the control: a name that was shared is found"
    assert "/four" not in written
    assert "/office" not in written


def test_rare_is_written_once_a_day_and_names_only_after_the_fifth_sender(week: Replay) -> None:
    for day in WEEK:
        date = day.date()
        lots = [shipment for shipment in week.shipped if shipment.batch.lot.date == date]
        assert [shipment.batch.lot.closing for shipment in lots].count(True) == 1
        assert len(lots) >= 2
        for shipment in lots:
            lot = shipment.batch.lot
            assert lot.closing or not [key for key in lot.cells if key[-1] == "(rare)"]
            if ("page", "/five") in lot.cells:
                assert shipment.at >= (day + timedelta(hours=12)).timestamp()


def test_a_pair_needs_five_senders_of_its_own(week: Replay) -> None:
    pairs = {key[1:] for _, key in week.counts() if key[0] == "page*source"}
    assert pairs == {("/", "(direct)"), ("/five", "(direct)"), ("(rare)", "(rare)")}


wrong = st.none() | st.integers() | st.just(MARK) | st.lists(st.just(MARK))
lines_of_anything = st.binary(max_size=80) | st.dictionaries(st.sampled_from([*SOUND, MARK]), wrong).map(
    lambda content: json.dumps({**SOUND, **content}).encode()
)


@given(st.lists(lines_of_anything, max_size=4))
@settings(max_examples=200)
def test_no_file_raises_anything_else_or_is_repeated(tmp_path_factory: Any, lines: list[bytes]) -> None:
    file = _file(tmp_path_factory.getbasetemp)
    file.write_bytes(b"\n".join(lines))
    fault = ""
    try:
        for _ in read_lines(file):
            pass
    except ReplayError as error:
        fault = str(error)
    assert MARK not in fault
    assert fault == "" or fault.startswith("line ")


def _file(folder: Callable[[], Path]) -> Path:
    return folder() / "hostile.jsonl"
