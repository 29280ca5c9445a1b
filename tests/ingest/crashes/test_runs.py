from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from crashes.door import OPT_OUT, RecordingDay
from ingest.boundary.address import Address
from ingest.boundary.visitor import DayKeys
from ingest.counters.cells import ALL_RELEASES, SESSION, SESSION_METRICS
from ingest.counters.disclosure import Who
from ingest.crashes.crowd import Crowd
from ingest.crashes.runs import Runs
from ingest.crashes.sessions import Aggregate, Outcome, Update

ADDRESS = Address.read("203.0.113.9")


class Today:
    """A day of an app, and the runs that are heard of on it."""

    def __init__(self, crowd: Crowd | None = None) -> None:
        self.keys = DayKeys()
        self.day = RecordingDay(OPT_OUT)
        self.runs = Runs(self.keys, crowd)

    def who(self, installation: str) -> Who:
        digest = self.keys.crash_sender(self.day.owner, self.day.date, ADDRESS, installation, "", "")
        return Who(digest, "203.0")

    def update(
        self, run: str, outcome: Outcome = Outcome.HEALTHY, *, begins: bool = False, who: str = "", release: str = "1.0"
    ) -> None:
        self.runs.update(self.day, Update(run, who, begins, outcome, release), self.who(who))

    def health(self, release: str = ALL_RELEASES) -> dict[str, int]:
        """Return the amounts of a release that are not zero."""
        found: Counter[str] = Counter()
        for key, amounts in self.day.unwritten():
            if key == (SESSION, release):
                found.update(dict(zip(SESSION_METRICS, amounts, strict=True)))
        return {name: amount for name, amount in found.items() if amount}


def test_the_first_update_counts_the_session_and_the_last_one_its_end() -> None:
    today = Today()
    today.update("a", begins=True)
    today.update("a", Outcome.ERRORED)
    today.update("a", Outcome.ERRORED)
    assert today.health() == {"sessions": 1, "errored": 1}
    today.update("a", Outcome.CRASHED)
    assert today.health() == today.health("1.0") == {"sessions": 1, "crashed": 1}


def test_an_sdk_that_sends_the_same_again_is_counted_once() -> None:
    today = Today()
    for _ in range(3):
        today.update("a", Outcome.CRASHED, begins=True, who="phone")
    assert today.health() == {"sessions": 1, "crashed": 1, "installs": 1, "crashed_installs": 1}


def test_a_crash_of_a_session_that_began_on_another_day_is_a_crash() -> None:
    today = Today()
    today.update("a", Outcome.CRASHED)
    assert today.health() == {"crashed": 1}


def test_sessions_without_an_id_each_count() -> None:
    today = Today()
    for _ in range(3):
        today.update("", begins=True)
    assert today.health() == {"sessions": 3}


def test_an_installation_is_counted_once_a_day_and_once_for_each_of_its_releases() -> None:
    today = Today()
    for run, release in (("a", "1.0"), ("b", "1.0"), ("c", "1.1")):
        today.update(run, begins=True, who="phone", release=release)
    today.update("d", begins=True, who="tablet")
    assert today.health("1.0") == {"sessions": 3, "installs": 2}
    assert today.health("1.1") == {"sessions": 1, "installs": 1}
    assert today.health() == {"sessions": 4, "installs": 2}


def test_runs_without_an_installation_are_no_installs() -> None:
    today = Today()
    today.update("a", Outcome.CRASHED, begins=True)
    assert today.health() == {"sessions": 1, "crashed": 1}


def test_summed_runs_are_added_and_their_installation_counts_once() -> None:
    today = Today()
    for _ in range(2):
        today.runs.add(today.day, Aggregate("phone", (10, 3, 2, 1), "1.0"), today.who("phone"))
    expected = {"sessions": 32, "errored": 6, "abnormal": 4, "crashed": 2, "installs": 1, "crashed_installs": 1}
    assert today.health() == today.health("1.0") == expected


def test_a_release_that_may_be_a_digest_of_a_person_waits_for_others_and_the_total_does_not() -> None:
    today = Today()
    commit = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
    today.update("a", begins=True, release=commit)
    assert today.health(commit) == {}
    assert today.health() == {"sessions": 1}


def test_past_a_bound_new_releases_of_a_day_wait_for_others_and_the_total_does_not() -> None:
    today = Today(Crowd(releases=1))
    for release in ("1.0", "2.0", "1.0"):
        today.update(f"run of {release}", begins=True, release=release)
    assert today.health("1.0") == {"sessions": 1}
    assert today.health("2.0") == {}
    assert today.health() == {"sessions": 2}


def test_a_day_that_closed_is_forgotten() -> None:
    today = Today()
    today.update("a", begins=True, who="phone")
    today.runs.forget(today.day)
    assert not today.runs._runs
    assert not today.runs._firsts
    today.update("a", begins=True, who="phone")
    assert today.health() == {"sessions": 2, "installs": 2}, "the control: what was forgotten counts anew"


UPDATES = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(Outcome),
        st.booleans(),
        st.sampled_from(["", "phone", "tablet"]),
        st.sampled_from(["1.0", "1.1"]),
    ),
    max_size=12,
)


def counted(updates: Sequence[tuple[str, Outcome, bool, str, str]]) -> tuple[dict[str, int], ...]:
    today = Today()
    for run, outcome, begins, who, release in updates:
        today.update(run, outcome, begins=begins, who=who, release=release)
    return today.health(), today.health("1.0"), today.health("1.1")


@given(UPDATES, st.randoms(use_true_random=False))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_neither_order_nor_repetition_of_updates_matters(
    updates: list[tuple[str, Outcome, bool, str, str]], draw: object
) -> None:
    shuffled = updates + updates[: len(updates) // 2]
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    # Who crashed first is told by the update that first says so: its installation is the one that is counted.
    plain = [(*update[:3], "", *update[4:]) for update in updates]
    again = [(*update[:3], "", *update[4:]) for update in shuffled]
    assert counted(plain) == counted(again)


@given(UPDATES)
@settings(derandomize=True, max_examples=200, deadline=None)
def test_amounts_are_those_of_a_count_by_hand(updates: list[tuple[str, Outcome, bool, str, str]]) -> None:
    runs = {(run, release) for run, _, _, _, release in updates}
    worst = {key: max(o for r, o, _, _, v in updates if (r, v) == key) for key in runs}
    begun = {(run, release) for run, _, begins, _, release in updates if begins}
    health, *_ = counted(updates)
    assert health.get("sessions", 0) == len(begun)
    for outcome, name in ((Outcome.ERRORED, "errored"), (Outcome.ABNORMAL, "abnormal"), (Outcome.CRASHED, "crashed")):
        assert health.get(name, 0) == sum(found is outcome for found in worst.values())
    assert health.get("installs", 0) == len({update[3] for update in updates} - {""})
