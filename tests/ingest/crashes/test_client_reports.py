from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters.cells import Refusal
from ingest.crashes.answers import NEVER_WANTED
from ingest.crashes.client_reports import Category, Reason, read_losses


def written(*entries: Any, **beside: Any) -> bytes:
    return json.dumps({"discarded_events": list(entries), **beside}).encode()


def lost(reason: Any, category: Any, quantity: Any) -> dict[str, Any]:
    return {"reason": reason, "category": category, "quantity": quantity}


def test_losses_are_summed_by_category_and_reason() -> None:
    payload = written(
        lost("queue_overflow", "error", 23),
        lost("queue_overflow", "error", 2),
        lost("queue_overflow", "transaction", 1321),
        lost("network_error", "session", 1),
        lost("never heard of", "error", 4),
        lost("sample_rate", "default", 0),
        timestamp="2020-02-07T14:16:00Z",
    )
    assert read_losses(payload) == {
        (Category.ERROR, Reason.QUEUE_OVERFLOW): 25,
        (Category.SESSION, Reason.NETWORK_ERROR): 1,
        (Category.ERROR, Reason.OTHER): 4,
    }


def test_what_sdks_are_told_not_to_send_is_no_loss() -> None:
    assert not set(NEVER_WANTED) & {category.value for category in Category}
    assert read_losses(written(*(lost("ratelimit_backoff", name, 9) for name in NEVER_WANTED))) == {}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"discarded_events":null}',
        written(5),
        written({}),
        *(written(lost("sample_rate", "error", bad)) for bad in (-1, "1", 1.5, None, 10**9, 10**40)),
        *(written(lost(bad, "error", 1)) for bad in (None, 5, True)),
        *(written(lost("sample_rate", bad, 1)) for bad in (None, 5, False)),
    ],
)
def test_a_report_that_breaks_the_protocol_is_refused(payload: bytes) -> None:
    assert read_losses(payload) is Refusal.BAD_FIELD


def test_a_report_is_bounded() -> None:
    entry = lost("sample_rate", "error", 1)
    assert read_losses(written(*[entry] * 1000)) == {(Category.ERROR, Reason.SAMPLE_RATE): 1000}
    assert read_losses(written(*[entry] * 1001)) is Refusal.TOO_LARGE
    assert read_losses(b" " * 200_000) is Refusal.TOO_LARGE


WORDS = st.sampled_from([*Category, *Reason, *NEVER_WANTED]) | st.text(max_size=8)


@given(st.lists(st.tuples(WORDS, WORDS, st.integers(-5, 2_000_000)), max_size=20))
@settings(derandomize=True, max_examples=300)
def test_only_words_of_the_printed_lists_come_out(entries: list[tuple[str, str, int]]) -> None:
    found = read_losses(written(*(lost(*entry) for entry in entries)))
    if isinstance(found, Refusal):
        assert any(not 0 <= quantity <= 1_000_000 for *_, quantity in entries)
        return
    wanted = [entry for entry in entries if entry[1] in set(Category)]
    assert sum(found.values()) == sum(quantity for *_, quantity in wanted)
    for category, reason in found:
        assert isinstance(category, Category)
        assert isinstance(reason, Reason)


@given(st.binary(max_size=300))
@settings(derandomize=True, max_examples=200)
def test_hostile_bytes_never_raise(payload: bytes) -> None:
    assert read_losses(payload) == Refusal.BAD_FIELD
