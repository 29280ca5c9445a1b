"""Who has been counted: exactly once for each visitor and key, in this process or the next."""

from __future__ import annotations

import os
import random

from hypothesis import given
from hypothesis import strategies as st

from ingest.counters.firsts import Firsts
from ingest.counters.slot import Slot

visitors = st.binary(min_size=8, max_size=8)
keys = st.tuples(st.sampled_from(["page", "source"]), st.text(max_size=6))


@given(st.lists(st.tuples(visitors, keys, st.sampled_from(["add", "add at", "add all", "discard", "restart"]))))
def test_it_is_a_set_of_pairs(steps: list[tuple[bytes, tuple[str, ...], str]]) -> None:
    firsts, model = Firsts(), set[tuple[bytes, tuple[str, ...]]]()
    for visitor, key, act in steps:
        if act == "add":
            assert firsts.add(visitor, key) == ((visitor, key) not in model)
            model.add((visitor, key))
        elif act == "add at":
            assert firsts.add_at(visitor, Slot(key)) == ((visitor, key) not in model)
            model.add((visitor, key))
        elif act == "add all":
            firsts.add_all(visitor, [Slot(key)])
            model.add((visitor, key))
        elif act == "discard":
            firsts.discard(visitor, Slot(key))
            model.discard((visitor, key))
        else:
            firsts = Firsts.recall(*firsts.remember())
        assert len(firsts) == len(model)


def test_a_million_pairs_share_no_mark() -> None:
    draw = random.Random(1)
    firsts = Firsts()
    crowd = [draw.randbytes(8) for _ in range(50_000)]
    assert all(firsts.add(visitor, ("page", str(number))) for visitor in crowd for number in range(20))


def test_without_the_salt_marks_do_not_tell_the_key() -> None:
    """Two days mark the same visitor and key apart, so what leaks of one is of no use for the other."""
    visitor = os.urandom(8)
    one, other = Firsts(), Firsts()
    for firsts in (one, other):
        firsts.add(visitor, ("page", "/"))
    assert one.remember()[1] != other.remember()[1]


def test_more_keys_than_are_remembered_are_told_apart_all_the_same() -> None:
    firsts = Firsts()
    visitor = os.urandom(8)
    assert all(firsts.add(visitor, ("page", str(number))) for number in range(50_000))
    assert not any(firsts.add(visitor, ("page", str(number))) for number in range(0, 50_000, 777))
