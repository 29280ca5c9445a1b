from __future__ import annotations

import random
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.counters.disclosure import Who
from ingest.crashes.watch import Underway, Watch

MONDAY = date(2026, 11, 23)
PLACE = ("app:6", "group")
VALUE = ("message", "2.14.0", "no route for Bob")
K = 5


def who(number: int, network: int | None = None) -> Who:
    return Who(number.to_bytes(4), f"198.{number if network is None else network}")


def send(watch: Watch, *numbers: int, day: date = MONDAY, value: tuple[str, str, str] = VALUE) -> list[int | None]:
    return [watch.witness(PLACE, value, day, who(number), K) for number in numbers]


def test_the_fifth_sender_makes_it_known_and_brings_out_what_was_hidden() -> None:
    watch = Watch()
    assert send(watch, 1, 2, 2, 3, 4) == [None] * 5
    assert watch.nearest(PLACE, "message", K) == 4
    assert send(watch, 5, 5, 6) == [5, 0, 0]
    assert watch.nearest(PLACE, "message", K) is None


def test_one_sender_never_makes_it_known() -> None:
    watch = Watch()
    assert set(send(watch, *[1] * 100)) == {None}
    assert watch.nearest(PLACE, "message", K) == 1


def test_one_network_is_no_crowd() -> None:
    watch = Watch()
    told = [watch.witness(PLACE, VALUE, MONDAY, who(number, 1), K) for number in range(50)]
    assert set(told) == {None}
    assert watch.nearest(PLACE, "message", K) == K - 1
    assert send(watch, 100, 101) == [None, 50 + 1]


def test_a_week_adds_up() -> None:
    watch = Watch()
    for day in range(4):
        assert send(watch, day, day=MONDAY + timedelta(days=day)) == [None]
    # What was hidden on earlier days stays where it was counted: those days may be closed.
    assert send(watch, 9, day=MONDAY + timedelta(days=4)) == [0]


def test_what_a_week_does_not_fill_is_forgotten() -> None:
    watch = Watch()
    assert send(watch, 1, 2, 3, 4) == [None] * 4
    assert send(watch, 5, day=MONDAY + timedelta(days=7)) == [None]
    assert watch.nearest(PLACE, "message", K) == 1


def test_a_known_value_stays_known_while_somebody_sends_it() -> None:
    watch = Watch()
    send(watch, 1, 2, 3, 4, 5)
    for week in range(1, 5):
        assert send(watch, 1, day=MONDAY + timedelta(days=6 * week)) == [0]
    assert send(watch, 1, day=MONDAY + timedelta(days=6 * 4 + 7)) == [None]


@pytest.mark.parametrize(
    "other",
    [("message", "2.15.0", VALUE[2]), ("message", "2.14.0", "no route for Alice"), ("model", "2.14.0", VALUE[2])],
)
def test_releases_values_and_attributes_do_not_help_each_other(other: tuple[str, str, str]) -> None:
    watch = Watch()
    assert send(watch, 1, 2, 3, 4) == [None] * 4
    assert send(watch, 5, 6, 7, 8, value=other) == [None] * 4


def test_no_digest_outlives_its_day() -> None:
    watch = Watch()
    send(watch, 1, 2, 3)
    send(watch, 4, day=MONDAY + timedelta(days=1))
    held = repr([[progress.senders for progress in values.values()] for values in watch._places.values()])
    assert repr(who(4).sender) in held
    assert not any(repr(who(number).sender) in held for number in (1, 2, 3))


def test_no_digest_outlives_its_day_when_nobody_comes_either() -> None:
    watch = Watch()
    exits = [Who(number.to_bytes(4), f"{number:032x}") for number in (7, 8)]
    assert send(watch, 1, 2) == [None] * 2
    assert [watch.witness(PLACE, VALUE, MONDAY, each, K) for each in exits] == [None] * 2
    watch.forget("app:7", MONDAY)
    watch.forget("app:6", MONDAY - timedelta(days=1))
    held = repr([each.senders + each.networks for each in watch.hand_over()])
    assert repr(who(1).sender) in held
    assert f"{7:032x}" in held
    watch.forget("app:6", MONDAY)
    [kept] = watch.hand_over()
    assert kept.senders == []
    assert len(kept.networks) == 3
    assert not any(f"{number:032x}" in kept.networks for number in (7, 8))
    assert watch.nearest(PLACE, "message", K) == 4
    # Three networks stay three, so one more sender is enough.
    assert send(watch, 9, 9, day=MONDAY + timedelta(days=1)) == [0, 0]


def over(watch: Watch) -> Watch:
    """Hand over to another one, as a planned restart does."""
    handed = msgspec.msgpack.decode(msgspec.msgpack.encode(watch.hand_over()), type=list[Underway])
    other = Watch()
    other.take_over(handed)
    return other


def test_a_planned_restart_goes_on_where_it_stopped() -> None:
    watch = Watch()
    assert send(watch, 1, 2, 3, 4) == [None] * 4
    next_one = over(watch)
    assert next_one.nearest(PLACE, "message", K) == 4
    assert send(next_one, 4, 5) == [None, 5]
    assert send(Watch(), 4, 5) == [None, None], "after any other it begins anew"
    assert send(over(next_one), 6) == [0], "what is known stays known"


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([0, 0, 1, 3]), st.booleans()), max_size=25))
def test_it_never_matters_when_a_planned_restart_was(sent: list[tuple[int, int, bool]]) -> None:
    steady, restarted, day = Watch(), Watch(), MONDAY
    for number, later, restarts in sent:
        day += timedelta(days=later)
        restarted = over(restarted) if restarts else restarted
        assert send(restarted, number, day=day) == send(steady, number, day=day)


def test_it_takes_over_no_more_than_it_may_hold() -> None:
    watch = Watch()
    for number in range(20):
        send(watch, 1, value=("message", "1", f"text {number}"))
    other = Watch(most=10)
    other.take_over(watch.hand_over())
    assert 5 <= len(other.hand_over()) <= 10


def test_it_holds_no_more_than_it_was_told_to() -> None:
    watch = Watch(most=10)
    for number in range(100):
        send(watch, 1, value=("message", "1", f"text {number}"))
    assert len(watch.hand_over()) <= 10


def test_who_invents_messages_hides_nobody_s() -> None:
    watch = Watch(most=10)
    assert send(watch, 1, 2) == [None] * 2
    for number in range(1_000):
        send(watch, 1, value=("message", "1", f"invented {number}"))
    assert send(watch, 3, 4, 5) == [None, None, 4]
    for number in range(1_000):
        send(watch, 1, 2, 3, 4, value=("message", "1", f"invented by four {number}"))
    assert send(watch, 6) == [0], "what is shared goes last"


def test_it_never_tells_a_value_of_fewer_than_k_senders() -> None:
    """Against a plain count of (sender, day) over the last seven days, for random senders and days."""
    drawn = random.Random(5)
    for _ in range(200):
        watch, day = Watch(), MONDAY
        seen: set[tuple[date, int]] = set()
        told = False
        for _ in range(30):
            day += timedelta(days=drawn.choice([0, 0, 1, 3]))
            number = drawn.randrange(6)
            seen = {(sent, sender) for sent, sender in seen if day - sent < timedelta(days=7)} | {(day, number)}
            now = send(watch, number, day=day) != [None]
            assert not now or told or len(seen) >= K
            told = now
