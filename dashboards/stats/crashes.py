"""Answers about the crash reports of an app."""

from __future__ import annotations

from collections import Counter, defaultdict

from dashboards.groups import Name
from dashboards.reports import EVERY, Reports
from dashboards.stats.answer import Row, Rows, time_label
from dashboards.stats.question import Question, QuestionError
from dashboards.stats.vocabulary import BUCKETS, CRASH_DIMENSIONS, GROUP, TITLE
from ingest.app import App
from ingest.counters.cells import CrashAttribute


async def answer_crashes(reports: Reports, app: App, question: Question) -> Rows:
    """Answer from the cells of one attribute: a report has one release, so releases also give the totals."""
    attribute = _attribute(question)
    period = question.period
    found = await reports.slices(
        app, period.since, period.until, question.time.value if question.time else "", attribute, by_value=True
    )
    names = await reports.names(app)
    counts: Counter[tuple[str, ...]] = Counter()
    releases: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for (start, group, value), amount in found.items():
        title = names.get(group, Name()).title
        if not all(item.admits(_pick(item.dimension, group, title, value)) for item in question.filters):
            continue
        key = tuple(
            time_label(question, start) if name in BUCKETS else _pick(name, group, title, value)
            for name in question.dimensions
        )
        counts[key] += amount
        releases[key].add(value)
    if not question.dimensions and not counts:
        counts[()] = 0
    rows = [
        Row(key, tuple(amount if name == "reports" else len(releases[key]) for name in question.metrics))
        for key, amount in counts.items()
    ]
    return Rows(rows)


def _attribute(question: Question) -> CrashAttribute:
    names = [*question.dimensions, *(item.dimension for item in question.filters)]
    wanted = list(dict.fromkeys(CRASH_DIMENSIONS[name] for name in names if name in CRASH_DIMENSIONS))
    if len(wanted) > 1:
        known = ", ".join(f"{GROUP} x {name}" for name in CRASH_DIMENSIONS)
        raise QuestionError(f"these dimensions and filters are not counted together; pairs that are: {known}")
    if "releases" in question.metrics and wanted and wanted[0] is not EVERY:
        raise QuestionError("metrics: releases are known by group, title, release and time, not by another dimension")
    return wanted[0] if wanted else EVERY


def _pick(name: str, group: str, title: str, value: str) -> str:
    if name == GROUP:
        return group
    return title if name == TITLE else value
