"""Answers about what was not counted."""

from __future__ import annotations

from collections import Counter

from dashboards.refusals import Refusals
from dashboards.stats.answer import Row, Rows, time_label
from dashboards.stats.question import Question
from dashboards.stats.vocabulary import BUCKETS


async def answer_refusals(refusals: Refusals, question: Question) -> Rows:
    """Answer by reason and time."""
    found = await refusals.slices(question.owner.owner, question.period, question.time.value if question.time else "")
    counts: Counter[tuple[str, ...]] = Counter()
    for (start, reason), amount in found.items():
        if all(item.admits(reason) for item in question.filters):
            key = tuple(time_label(question, start) if name in BUCKETS else reason for name in question.dimensions)
            counts[key] += amount
    if not question.dimensions and not counts:
        counts[()] = 0
    return Rows([Row(key, (amount,)) for key, amount in counts.items()])
