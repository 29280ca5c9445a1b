from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from counters.crowd import DAY, HOUR, NOON, crowd, noon_of, summed, who
from counters.world import BETA, DESKTOP, OWNERS, PLAIN, STANDARD, STRICT, THIN, World
from ingest.app import App
from ingest.counters.amounts import pack
from ingest.counters.cells import CRASH, HOURS, MARK, RARE, REFUSED, RESTARTED, UNKNOWN_OWNER, Refusal
from ingest.counters.exemplar import Exemplar
from ingest.counters.journal import Entry, Journal, Salt, Sent, Unjournaled
from ingest.counters.ledger import Batch, Ledger, rules_of
from ingest.counters.segment import Cells
from ingest.site import Profile, Site

OPEN_SITE = Site(id="example.org", hosts=(), profile=Profile.PLAIN)
STACK = Exemplar(1, "ValueError", "run", "{}")


def counted_of(ledger: Ledger, owner: str) -> Cells:
    return summed({key: amounts} for _, key, amounts in ledger.unwritten(owner))


def open_ledger(path: Path, shipped: list[Batch], first: int = 1) -> Ledger:
    ledger = Ledger(Journal(path), shipped.append, itertools.count(first))
    shipped += ledger.recall(OWNERS)
    return ledger


def test_what_was_acknowledged_is_counted_exactly_once_whenever_it_is_killed(tmp_path: Path) -> None:
    worlds = []
    for seed in range(16):
        world = World(tmp_path / f"journal{seed}", seed)
        world.run(350)
        world.check()
        worlds.append(world)
    # All that may happen has happened: crashes, full file systems, thin days, and writes by a batch's rule.
    lots = [lot for world in worlds for lot in world.shop.lots.values()]
    assert sum(world.deaths for world in worlds) > 50
    assert sum(world.full for world in worlds) > 20
    assert any(THIN in lot.cells for lot in lots)
    assert {lot.owner for lot in lots if not lot.closing} >= {PLAIN.owner, STANDARD.owner, DESKTOP.owner}
    assert {lot.owner for lot in lots if lot.closing} == {owner.owner for owner in OWNERS}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_what_was_acknowledged_is_counted_exactly_once_for_long(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path / "journal", seed)
    world.run(2000)
    world.check()


class ForgetsWhatIsSent(Ledger):
    """Ships without a word to the journal."""

    def _append(self, entries: Sequence[Entry]) -> None:
        if not any(isinstance(entry, Sent) for entry in entries):
            super()._append(entries)


class TellsATurnTwice(Ledger):
    """Writes the journal anew in mid-turn, and journals the turn once more."""

    def arrived(self, sequence: int) -> None:
        super().arrived(sequence)
        with contextlib.suppress(OSError):
            self._journal.rewrite(self.standing())


class SendsFromMemory(Ledger):
    """Gives a recalled batch a number of its own."""

    def recall(self, owners: Sequence[Site | App]) -> list[Batch]:  # type: ignore[override]
        return [Batch(next(self._sequence), batch.lot, batch.done) for batch in super().recall(owners)]


@pytest.mark.from_source
@pytest.mark.parametrize("broken", [ForgetsWhatIsSent, TellsATurnTwice, SendsFromMemory])
def test_the_check_catches_a_ledger_that_counts_wrong(tmp_path: Path, broken: type[Ledger]) -> None:
    def is_caught(seed: int) -> bool:
        world = World(tmp_path / f"journal{seed}", seed, broken)
        try:
            world.run(350)
            world.check()
        except AssertionError:
            return True
        return False

    assert any(is_caught(seed) for seed in range(16))


def test_a_turn_is_one_write_and_all_its_waiters_hear_of_it(tmp_path: Path) -> None:
    class Noting(Journal):
        writes = 0

        def append(self, entries: Sequence[Entry]) -> None:
            self.writes += 1
            super().append(entries)

    journal = Noting(tmp_path / "journal")
    ledger = Ledger(journal, lambda _: None, itertools.count(1))
    ledger.recall(OWNERS)
    heard: list[int] = []

    async def send(number: int) -> None:
        for owner in (PLAIN, STANDARD):
            ledger.day(owner, NOON).total(9, 1)
        ledger.has_seen("app:6", bytes([number]), NOON)
        await ledger.settled()
        heard.append(journal.writes)

    async def turns() -> None:
        await asyncio.gather(*(send(number) for number in range(50)))
        await asyncio.gather(*(send(number) for number in range(50)))

    asyncio.run(turns())
    assert heard == [1] * 50 + [2] * 50
    ledger.close()
    ledger = open_ledger(tmp_path / "journal", [])
    assert counted_of(ledger, STANDARD.owner)[HOURS, "9"] == [100]


def test_a_waiter_that_goes_away_takes_nobody_with_it(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "journal", [])

    async def turn() -> None:
        ledger.day(PLAIN, NOON).total(9, 1)
        leaving = asyncio.ensure_future(_wait(ledger))
        staying = asyncio.ensure_future(_wait(ledger))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying

    asyncio.run(turn())


async def _wait(ledger: Ledger) -> None:
    await ledger.settled()


def is_full(ledger: Ledger) -> bool:
    return ledger.full


class FullJournal(Journal):
    """A journal on a file system that is full until told otherwise."""

    is_full = False

    def append(self, entries: Sequence[Entry]) -> None:
        if self.is_full:
            raise OSError("full")
        super().append(entries)

    def rewrite(self, entries: Iterable[Entry]) -> None:
        if self.is_full:
            raise OSError("full")
        super().rewrite(entries)


def test_a_full_journal_refuses_to_acknowledge_and_recovers_by_itself(tmp_path: Path) -> None:
    journal = FullJournal(tmp_path / "journal")
    shipped: list[Batch] = []
    ledger = Ledger(journal, shipped.append, itertools.count(1))
    ledger.recall(OWNERS)

    async def count() -> None:
        ledger.day(PLAIN, NOON).total(9, 1)
        await ledger.settled()

    journal.is_full = True
    with pytest.raises(OSError, match="full"):
        asyncio.run(count())
    assert is_full(ledger)
    ledger.flush()
    assert ledger.close_due(NOON + 48 * HOUR) == []
    assert shipped == []
    journal.is_full = False
    ledger.flush()
    assert not is_full(ledger)
    assert [summed([batch.lot.cells]) for batch in shipped] == [{(HOURS, "9"): [1]}]
    asyncio.run(count())
    ledger.close()
    recalled = Ledger(journal, shipped.append, itertools.count(9)).recall(OWNERS)
    assert [summed([batch.lot.cells]) for batch in recalled] == [{(HOURS, "9"): [1]}]


def test_a_lot_that_the_journal_cannot_note_waits(tmp_path: Path) -> None:
    """Shipped without a note it would be counted twice after a crash; dropped, not at all."""
    journal = FullJournal(tmp_path / "journal")
    shipped: list[Batch] = []
    ledger = Ledger(journal, shipped.append, itertools.count(1))
    ledger.recall(OWNERS)
    for owner in (PLAIN, DESKTOP):
        ledger.day(owner, NOON).refuse("bot")
    ledger.settle()
    journal.is_full = True
    closed = ledger._close(ledger._windows[PLAIN.owner, 1], ledger.day(PLAIN, NOON))
    assert closed.closed
    assert shipped == []
    assert counted_of(ledger, PLAIN.owner) == {(REFUSED, "bot"): [1]}
    journal.is_full = False
    ledger.flush()
    assert [batch.lot.owner for batch in shipped] == [PLAIN.owner]
    ledger.close()
    assert [batch.sequence for batch in Ledger(journal, shipped.append, itertools.count(9)).recall(OWNERS)] == [1]


def bug() -> None:
    raise KeyError


def test_an_error_in_a_fold_reaches_the_waiters(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "journal", [])
    ledger.on_settle(bug)
    told: list[object] = []

    async def turn() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        with pytest.raises(KeyError):
            await ledger.settled()

    asyncio.run(turn())
    assert len(told) == 1


def test_a_full_store_refuses_to_acknowledge() -> None:
    assert Ledger(Unjournaled(), lambda _: None, itertools.count(1), is_full=lambda: True).full
    assert not Ledger(Unjournaled(), lambda _: None, itertools.count(1)).full


def test_a_refusal_that_comes_first_loosens_nothing() -> None:
    """The first submission after a start may be a refused one: k and the batch are the owner's all the same."""
    shipped: list[Batch] = []
    ledger = Ledger(Unjournaled(), shipped.append, itertools.count(1))
    for owner in (DESKTOP, STANDARD):
        ledger.refuse(owner.owner, Refusal.NO_CONSENT, NOON)
    report = (CRASH, "g", "model", "Rare Phone 9")
    for person in crowd(4):
        ledger.day(DESKTOP, NOON).add(report, (1,), person)
        day = ledger.day(STANDARD, NOON)
        day.begin(person.sender)
        day.add(("page", "/private"), (1,), person)
    ledger.flush()
    assert shipped == []
    assert counted_of(ledger, DESKTOP.owner) == {(REFUSED, "no_consent"): [1]}
    assert counted_of(ledger, STANDARD.owner) == {(REFUSED, "no_consent"): [1]}
    ledger.close_all()
    assert {batch.lot.owner: batch.lot.cells for batch in shipped} == {
        DESKTOP.owner: {(REFUSED, "no_consent"): [1], (*report[:-1], RARE): [4]},
        STANDARD.owner: {(REFUSED, "no_consent"): [1]},
    }


def test_a_refusal_that_comes_first_is_of_the_owners_own_day(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "journal", [])
    moment = noon_of(DAY) + 4 * HOUR  # already tomorrow in Tokyo
    ledger.refuse(STRICT.owner, Refusal.BOT, moment)
    assert [day for day, *_ in ledger.unwritten(STRICT.owner)] == [DAY + timedelta(days=1)]
    assert ledger.day(STRICT, moment).date == DAY + timedelta(days=1)
    ledger.refuse(UNKNOWN_OWNER, Refusal.UNKNOWN_SITE, moment)
    assert [day for day, *_ in ledger.unwritten(UNKNOWN_OWNER)] == [DAY]


@pytest.mark.parametrize(
    ("owner", "k", "batch", "fewest", "at_close"),
    [
        (PLAIN, 1, 0, 0, False),
        (STANDARD, 5, 20, 20, False),
        (STRICT, 20, 20, 20, True),
        (DESKTOP, 5, 20, 0, False),
        (BETA, 5, 0, 0, False),
    ],
)
def test_the_profiles_are_those_of_the_table(
    owner: Site | App, k: int, batch: int, fewest: int, at_close: bool
) -> None:
    rules = rules_of(owner, 7)
    assert (rules.k, rules.batch, rules.fewest, rules.at_close_only, rules.values) == (k, batch, fewest, at_close, 7)


def test_a_changed_profile_is_of_the_days_that_open_from_now_on() -> None:
    ledger = Ledger(Unjournaled(), lambda _: None, itertools.count(1))
    standard = Site(id="example.org", hosts=())
    today = ledger.day(standard, NOON)
    ledger.renew([OPEN_SITE])
    today.add(("page", "/private"), (1,), who(1, 1))
    assert counted_of(ledger, "example.org") == {}
    ledger.day(OPEN_SITE, NOON + 24 * HOUR).add(("page", "/private"), (1,), who(1, 1))
    assert counted_of(ledger, "example.org") == {("page", "/private"): [1]}


def test_the_day_before_stays_open_for_two_hours(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "journal", [])
    yesterday = ledger.day(PLAIN, NOON)
    today = ledger.day(PLAIN, NOON + 13 * HOUR)
    assert ledger.day_before(PLAIN, today) is yesterday
    assert ledger.close_due(NOON + 14 * HOUR - 1) == []
    assert ledger.close_due(NOON + 14 * HOUR) == [yesterday]
    assert yesterday.closed
    assert ledger.day_before(PLAIN, today) is None


def seen_again(path: Path, moments: Sequence[float], *, recalled: bool) -> list[bool]:
    ledger = open_ledger(path, [])
    answers = []
    for moment in moments:
        answers.append(ledger.has_seen("app:6", b"event", moment))
        if recalled:
            ledger.close()
            ledger = open_ledger(path, [])
    ledger.close()
    return answers


@pytest.mark.parametrize("recalled", [False, True])
def test_an_event_id_is_known_for_an_hour(tmp_path: Path, *, recalled: bool) -> None:
    path = tmp_path / "journal"
    assert seen_again(path, [NOON, NOON + 1, NOON + HOUR], recalled=recalled) == [False, True, True]
    ledger = open_ledger(path, [])
    assert not ledger.has_seen("app:7", b"event", NOON + HOUR)
    assert not ledger.has_seen("app:6", b"other", NOON + HOUR)
    assert ledger.has_seen("app:6", b"event", NOON - 5 * HOUR), "the clock jumped back"
    assert not ledger.has_seen("app:6", b"event", NOON + 3 * HOUR)


def test_no_event_id_is_known_for_longer_by_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    ledger = open_ledger(path, [])
    for hours in range(5):
        ledger.has_seen("app:6", bytes([hours]), NOON + hours * HOUR)
        ledger.settle()
    ledger.close()
    ledger = open_ledger(path, [])
    assert ledger.has_seen("app:6", bytes([3]), NOON + 4 * HOUR)
    assert not ledger.has_seen("app:6", bytes([0]), NOON + 4 * HOUR)
    assert set(ledger._taken) <= {int(NOON) // 3600 + 3, int(NOON) // 3600 + 4}


def test_event_ids_are_digests_under_a_key_that_dies_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    ledger = open_ledger(path, [])
    ledger.has_seen("app:6", b"9f8e7d6c5b4a3f2e", NOON)
    ledger.close()
    assert b"9f8e7d6c5b4a3f2e" not in path.read_bytes()
    salts = [entry.key for entry in Journal(path).read() if isinstance(entry, Salt)]
    assert len(salts) == 1
    other = open_ledger(tmp_path / "other", [])
    other.has_seen("app:6", b"9f8e7d6c5b4a3f2e", NOON)
    assert not set().union(*other._taken.values()) & set().union(*ledger._taken.values())


def test_each_restart_is_marked_once_on_days_of_sites(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    ledger = open_ledger(path, [])
    for owner in (STANDARD, DESKTOP):
        ledger.day(owner, NOON).refuse("bot")
    ledger.close()
    for _ in range(3):
        ledger = open_ledger(path, [])
        ledger.day(STANDARD, NOON)
        ledger.close()
    ledger = open_ledger(path, [])
    assert counted_of(ledger, STANDARD.owner)[MARK, RESTARTED][1] == 4
    assert counted_of(ledger, DESKTOP.owner) == {(REFUSED, "bot"): [1]}


def test_counts_of_an_owner_that_is_configured_no_longer_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    ledger = open_ledger(path, [])
    for owner in (PLAIN, DESKTOP):
        ledger.day(owner, NOON).refuse("bot")
    ledger.flush()
    ledger.close()
    ledger = Ledger(Journal(path), lambda _: None, itertools.count(9))
    batches = ledger.recall([DESKTOP])
    assert batches == []
    assert counted_of(ledger, PLAIN.owner) == {}
    assert counted_of(ledger, DESKTOP.owner) == {(REFUSED, "bot"): [1]}


def test_what_was_named_before_a_crash_stays_named_and_what_was_not_loses_its_name_only(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    ledger = open_ledger(path, [])
    day = ledger.day(STANDARD, NOON)
    for person in crowd(5):
        day.add(("page", "/shared"), (1,), person)
    for person in crowd(4):
        day.add(("page", "/private"), (1,), person)
    ledger.settle()
    ledger._journal.close()
    ledger = open_ledger(path, [])
    day = ledger.day(STANDARD, NOON)
    day.add(("page", "/shared"), (1,), who(40, 1))
    day.add(("page", "/private"), (1,), who(41, 2))
    ledger.settle()
    [change] = day.standing()
    assert change.cells[("page", "/shared")] == 6
    assert change.cells[("page", RARE)] == 5
    assert ("page", "/private") not in change.cells


def test_a_journal_of_a_day_that_only_closes_is_kept_short(tmp_path: Path) -> None:
    """A strict site writes once a day: nothing arrives meanwhile, and the journal must not grow without end."""

    class Brief(Journal):
        @property
        def wants_rewrite(self) -> bool:
            return self.size > 4000

    path = tmp_path / "journal"
    ledger = Ledger(Brief(path), lambda _: None, itertools.count(1))
    ledger.recall(OWNERS)
    for _ in range(500):
        ledger.day(STRICT, NOON).total(9, pack((1,) * 8))
        ledger.settle()
        ledger.flush()
    assert path.stat().st_size < 5000
    ledger.close()
    assert counted_of(open_ledger(path, []), STRICT.owner)[HOURS, "9"] == [500] * 8


def test_stacks_are_seen_until_the_store_has_them(tmp_path: Path) -> None:
    shipped: list[Batch] = []
    ledger = open_ledger(tmp_path / "journal", shipped)
    ledger.day(BETA, NOON).exemplar("g", STACK)
    ledger.day(BETA, NOON).exemplar("g", Exemplar(1, "Second", "never", "{}"))
    assert ledger.exemplars(BETA.owner) == {"g": STACK}
    ledger.flush()
    assert ledger.exemplars(BETA.owner) == {"g": STACK}
    shipped[0].done()
    assert ledger.exemplars(BETA.owner) == {}
    assert list(ledger.unwritten(BETA.owner)) == []
