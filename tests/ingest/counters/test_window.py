from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from counters.crowd import DAY, HOUR, NOON, crowd, noon_of, rules, summed, who
from ingest.counters.amounts import pack
from ingest.counters.cells import CRASH, HOURS, MARK, RARE, REFUSED, RESTARTED, WHOLE_DAY
from ingest.counters.day import Day
from ingest.counters.exemplar import Exemplar
from ingest.counters.rules import Rules
from ingest.counters.segment import Cells, Lot, Packed, Segment
from ingest.counters.window import Window

BATCH = 4
STACK = Exemplar(1, "ValueError", "run", "{}")


@dataclass(frozen=True)
class Step:
    """What happens next: somebody begins a visit, or goes on with one, or the store asks for what is ripe."""

    kind: str
    person: int = 0
    page: str = "/"


people = st.integers(0, 12)
pages = st.sampled_from(["/", "/a", "/b"])
steps = st.one_of(
    st.builds(Step, st.just("begin"), people, pages),
    st.builds(Step, st.just("begin"), people, pages),
    st.builds(Step, st.just("view"), people, pages),
    st.builds(Step, st.just("refuse")),
    st.builds(Step, st.just("ripe")),
    st.builds(Step, st.just("ripe")),
)
histories = st.lists(steps, max_size=80)


class Watched:
    """A day, and beside it who began a visit in which segment, and all that was counted."""

    def __init__(self, obeyed: Rules, day: type[Day] = Day) -> None:
        self.rules = obeyed
        self.day = day("example.org", DAY, obeyed)
        self.begun: dict[int, set[int]] = {}
        self.counted: list[Packed] = []
        self.lots: list[Lot] = []

    def run(self, history: Sequence[Step]) -> None:
        for step in history:
            if step.kind == "ripe":
                lot = self.day.ripe()
                if lot is not None:
                    self.lots.append(lot)
            else:
                self._count(step)

    def _count(self, step: Step) -> None:
        if step.kind == "refuse":
            self.day.refuse("bot")
        else:
            if step.kind == "begin":
                self.day.begin(step.person.to_bytes(8, "big"))
            self.day.total(step.person % 24, pack((1, 2)))
            self.day.add(("page", step.page), (1, 2), who(step.person, step.person % 5), free=step.page == "/")
        change = self.day.settle()
        assert change is not None
        self.counted.append(change.cells)
        if step.kind == "begin":
            self.begun.setdefault(change.segment, set()).add(step.person)

    def check(self) -> None:
        """End the day and hold every lot against the rules."""
        closing = self.day.close()
        for lot in self.lots:
            assert not lot.closing
            assert not self.rules.at_close_only
            assert (("page", RARE)) not in lot.cells, "(rare) is written once, when the day closes"
            assert self._mixed(lot) >= self.rules.batch
        truth = summed(self.counted)
        if closing is None:
            assert summed(lot.cells for lot in self.lots) == truth
            return
        assert closing.closing
        if any(key[0] == HOURS and key[1] == str(WHOLE_DAY) for key in closing.cells) or self._is_thin(truth):
            assert self._mixed(closing) < self.rules.fewest
            assert not self.lots
            hours = [amounts for key, amounts in truth.items() if key[0] == HOURS]
            whole = {(HOURS, "-1"): [sum(column) for column in zip(*hours, strict=True)]} if hours else {}
            refused = {key: amounts for key, amounts in truth.items() if key[0] == REFUSED}
            assert summed([closing.cells]) == whole | refused
        else:
            assert self._mixed(closing) >= self.rules.batch
            assert summed([*(lot.cells for lot in self.lots), closing.cells]) == truth

    def _is_thin(self, truth: Cells) -> bool:
        return self.rules.fewest > 0 and not any(key[0] == HOURS for key in truth)

    def _mixed(self, lot: Lot) -> int:
        return len(set().union(*(self.begun.get(number, set()) for number in lot.segments)))


@settings(max_examples=300)
@given(histories)
def test_no_write_is_about_fewer_people_than_a_batch(history: list[Step]) -> None:
    watched = Watched(rules(3, BATCH))
    watched.run(history)
    watched.check()


@given(histories)
def test_strict_writes_at_close_only(history: list[Step]) -> None:
    watched = Watched(rules(3, BATCH, at_close_only=True))
    watched.run(history)
    assert not watched.lots
    watched.check()


@given(histories)
def test_plain_writes_whenever_it_is_asked(history: list[Step]) -> None:
    watched = Watched(rules(1, 0))
    watched.run([*history, Step("ripe")])
    assert watched.day.ripe() is None
    assert summed(lot.cells for lot in watched.lots) == summed(watched.counted)
    watched.check()


class Hasty(Day):
    """Writes one person early."""

    def ripe(self) -> Lot | None:
        return self._take(self._next(sealing=True), closing=False) if self._open.mixed >= BATCH - 1 else None


class LeavesTooLittle(Day):
    """Writes a full segment at once, so that few are left for the close."""

    def ripe(self) -> Lot | None:
        return self._take(self._next(), closing=False) if self._open.mixed >= BATCH else None


class CountsVisits(Day):
    """Takes two visits of one person for two people."""

    def begin(self, person: bytes) -> None:
        super().begin(person + len(self._open.people).to_bytes(1, "big"))


class TellsThinDays(Day):
    def close(self) -> Lot | None:
        self._written = True
        return super().close()


@pytest.mark.from_source
@pytest.mark.parametrize("leaky", [Hasty, LeavesTooLittle, CountsVisits, TellsThinDays])
def test_the_checker_catches_a_leak(leaky: type[Day]) -> None:
    def is_caught(history: list[Step]) -> bool:
        watched = Watched(rules(3, BATCH), leaky)
        watched.run(history)
        try:
            watched.check()
        except AssertionError:
            return True
        return False

    find(histories, is_caught, settings=settings(max_examples=5000, deadline=None, phases=[Phase.generate]))


def visited(count: int, batch: int = 20, k: int = 5) -> Day:
    day = Day("example.org", DAY, rules(k, batch))
    for person in crowd(count):
        day.begin(person.sender)
        day.total(9, 1)
        day.add(("page", "/private"), (1,), person)
    return day


def test_a_thin_day_keeps_one_row_of_totals_its_refusals_and_its_mark() -> None:
    day = visited(19)
    day.total(23, 4)
    day.refuse("bot")
    day.mark_restart()
    lot = day.close()
    assert lot is not None
    assert summed([lot.cells]) == {(HOURS, "-1"): [23], (REFUSED, "bot"): [1], (MARK, RESTARTED): [0, 1]}


def test_a_day_of_exactly_a_batch_is_told() -> None:
    lot = visited(20).close()
    assert lot is not None
    assert summed([lot.cells]) == {(HOURS, "9"): [20], ("page", "/private"): [20]}


def test_a_day_on_which_nothing_happened_writes_nothing() -> None:
    assert Day("example.org", DAY, rules()).close() is None


def test_rare_is_written_once_when_the_day_closes() -> None:
    day = Day("example.org", DAY, rules(5, 0))
    day.add(("page", "/private"), (1,), who(1, 1))
    assert day.ripe() is None
    day.total(1, 1)
    first = day.ripe()
    assert first is not None
    assert summed([first.cells]) == {(HOURS, "1"): [1]}
    last = day.close()
    assert last is not None
    assert summed([last.cells]) == {("page", RARE): [1]}


def test_a_value_that_calls_itself_rare_is_no_way_around() -> None:
    day = Day("example.org", DAY, rules(5, 0))
    for person in crowd(9):
        day.add(("page", RARE), (1,), person)
    assert day.ripe() is None
    assert summed(part.cells for part in day.standing()) == {("page", RARE): [9]}


def test_a_crash_report_mixes_its_sender_in() -> None:
    day = Day("app:6", DAY, rules(5, 3))
    for number in (1, 1, 2, 2, 1):
        day.add((CRASH, "g", "release", "1.0"), (1,), who(number, number), free=True)
    day.exemplar("g", STACK)
    assert day.ripe() is None
    day.add((CRASH, "g", "release", "1.0"), (1,), who(3, 3), free=True)
    assert day.ripe() is None  # sealed: it goes when the next has mixed as many
    for number in range(3):
        day.add((CRASH, "g", "release", "1.0"), (1,), who(number, number), free=True)
    lot = day.ripe()
    assert lot is not None
    assert summed([lot.cells]) == {(CRASH, "g", "release", "1.0"): [6]}
    assert lot.exemplars == {"g": STACK}


def test_no_more_people_are_remembered_than_a_batch_needs() -> None:
    day = visited(500, batch=20)
    assert len(day._open.people) == 21


@given(st.integers(0, 30), st.integers(0, 30))
def test_people_before_and_after_a_crash_are_never_added_up(known: int, people: int) -> None:
    segment = Segment(0, people={bytes([number]) for number in range(people)}, known=known)
    assert segment.mixed == max(known, people)


def test_what_a_turn_added_is_told_once() -> None:
    day = visited(3)
    change = day.settle()
    assert change is not None
    assert (change.segment, change.mixed) == (0, 3)
    assert summed([change.cells]) == {(HOURS, "9"): [3], ("page", RARE): [3]}
    assert day.settle() is None


def test_a_day_is_of_the_time_zone() -> None:
    moment = datetime(2026, 11, 21, 23, 30, tzinfo=UTC).timestamp()
    assert Window("a", rules()).today(moment).date == date(2026, 11, 21)
    assert Window("a", Rules(ZoneInfo("Asia/Tokyo"), 5, 20, 20)).today(moment).date == date(2026, 11, 22)
    assert Window("a", Rules(ZoneInfo("America/New_York"), 5, 20, 20)).today(moment).date == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("zone", "day", "closing"),
    [
        ("UTC", date(2026, 11, 21), datetime(2026, 11, 22, 2, tzinfo=UTC)),
        ("Asia/Tokyo", date(2026, 11, 21), datetime(2026, 11, 21, 17, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 21), datetime(2026, 11, 22, 7, tzinfo=UTC)),
        # The night in which an hour is missing, the one in which an hour comes twice, and the days that they end.
        ("Europe/London", date(2026, 3, 28), datetime(2026, 3, 29, 2, tzinfo=UTC)),
        ("Europe/London", date(2026, 3, 29), datetime(2026, 3, 30, 1, tzinfo=UTC)),
        ("Europe/London", date(2026, 10, 24), datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("Europe/London", date(2026, 10, 25), datetime(2026, 10, 26, 2, tzinfo=UTC)),
        # A midnight that does not exist (00:00 becomes 01:00), and one that comes twice.
        ("Africa/Cairo", date(2026, 4, 23), datetime(2026, 4, 24, 0, tzinfo=UTC)),
        ("America/Havana", date(2026, 10, 31), datetime(2026, 11, 1, 6, tzinfo=UTC)),
        # Half an hour of summer, and a day that a country left out.
        ("Australia/Lord_Howe", date(2026, 4, 4), datetime(2026, 4, 4, 15, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 29), datetime(2011, 12, 30, 12, tzinfo=UTC)),
    ],
)
def test_a_day_closes_two_hours_after_its_local_midnight(zone: str, day: date, closing: datetime) -> None:
    assert Rules(ZoneInfo(zone), 5, 20, 20).closing(day) == closing.timestamp()


@given(
    st.sampled_from(["Europe/London", "America/Havana", "Africa/Cairo", "Pacific/Chatham", "America/St_Johns"]),
    st.integers(1_577_836_800, 1_893_456_000),
)
def test_a_moment_is_before_the_close_of_its_day_and_after_that_of_the_last_but_one(zone: str, now: int) -> None:
    obeyed = Rules(ZoneInfo(zone), 5, 20, 20)
    day = Window("a", obeyed).today(now).date
    assert now < obeyed.closing(day)
    assert now >= obeyed.closing(day - timedelta(days=2))


def test_the_doubled_hour_sums_and_the_missing_one_is_missing() -> None:
    zone = ZoneInfo("Europe/London")
    day = Day("example.org", date(2026, 10, 25), Rules(zone, 1, 0, 0))
    for hour in range(4):
        moment = datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + timedelta(hours=hour)
        day.total(moment.astimezone(zone).hour, 1)
    lot = day.close()
    assert lot is not None
    assert summed([lot.cells]) == {(HOURS, "0"): [1], (HOURS, "1"): [2], (HOURS, "2"): [1]}


def test_days_only_move_forward_when_the_clock_jumps_back() -> None:
    window = Window("example.org", rules())
    today = window.today(NOON)
    assert window.today(NOON - 24 * HOUR) is today
    tomorrow = window.today(NOON + 24 * HOUR)
    assert window.today(NOON) is tomorrow
    assert window.opened(DAY) is today
    assert [day.date for day in window.days()] == [DAY, DAY + timedelta(days=1)]


@given(st.lists(st.floats(-40, 40).map(lambda days: NOON + days * 24 * HOUR), min_size=1))
def test_the_day_never_moves_back(moments: list[float]) -> None:
    window = Window("example.org", rules())
    days = [window.today(moment).date for moment in moments]
    assert days == sorted(days)


def test_days_come_due_oldest_first_and_not_a_moment_early() -> None:
    window = Window("example.org", rules())
    for number in (0, 1, 2):
        window.today(noon_of(DAY + timedelta(days=number)))
    closing = window.rules.closing(DAY)
    assert window.due(closing - 1) == []
    assert [day.date for day in window.due(closing)] == [DAY]
    assert [day.date for day in window.due(closing + 24 * HOUR)] == [DAY, DAY + timedelta(days=1)]
    for day in window.due(closing):
        window.drop(day)
    assert window.opened(DAY) is None


def test_a_mark_counts_the_restarts() -> None:
    day = Day("example.org", DAY, rules(1, 0))
    day.mark_restart()
    day.mark_restart()
    lot = day.close()
    assert lot is not None
    assert summed([lot.cells]) == {(MARK, RESTARTED): [0, 2]}
