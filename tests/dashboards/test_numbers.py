from __future__ import annotations

import pytest

from dashboards.numbers import many


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (1, "day", "1 day"),
        (3, "day", "3 days"),
        (2, "country", "2 countries"),
        (0, "entry", "0 entries"),
        (4, "class", "4 classes"),
        (1_200, "screen width", "1,200 screen widths"),
    ],
)
def test_a_count_stands_with_its_noun(count: int, noun: str, words: str) -> None:
    assert many(count, noun) == words
