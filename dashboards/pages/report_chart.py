"""The bars of crash reports by day, with what happened then: releases, and what members noted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from starlette.concurrency import run_in_threadpool

from dashboards.charts import Chart, Point, bar_chart
from dashboards.desk import Ask
from dashboards.lineage import Lineage
from dashboards.numbers import whole
from dashboards.period import Bucket, Period, in_words
from ingest.app import App

NAMED: Final = 3
"""Releases that one bar names."""


async def report_chart(
    ask: Ask, app: App, period: Period, lineage: Lineage, by_day: Mapping[date, int], title: str
) -> Chart:
    """Draw reports by day, week or month. They are counted by day, so a single day is one bar, not one of hours."""
    bucket = Bucket.DAY if period.bucket is Bucket.HOUR else period.bucket
    sums = dict.fromkeys(period.starts(bucket), 0)
    for day, reports in by_day.items():
        sums[period.start_of(day, bucket)] += reports
    notes = await _notes(ask, app, period, bucket, lineage)
    points = [
        Point(
            in_words(start) if bucket is Bucket.DAY else f"{bucket.capitalize()} from {in_words(start)}",
            f"{start:%b}" if bucket is Bucket.MONTH else f"{start.day} {start:%b}",
            float(reports),
            period.includes_today and start == period.start_of(period.today, bucket),
            notes=tuple(notes.get(start, ())),
        )
        for start, reports in sums.items()
    ]
    return bar_chart(points, f"{title} by {bucket}, {period.span}", whole)


async def _notes(ask: Ask, app: App, period: Period, bucket: Bucket, lineage: Lineage) -> Mapping[date, list[str]]:
    """Return what happened in each bucket: what members noted, and the releases that were first seen in it."""
    written = await run_in_threadpool(ask.desk.annotations, app.owner, period.since, period.until)
    found: defaultdict[date, list[str]] = defaultdict(list)
    for one in written:
        found[period.start_of(one.day, bucket)].append(one.text)
    releases: defaultdict[date, list[str]] = defaultdict(list)
    for day, release in lineage.begun(period.since, period.until):
        releases[period.start_of(day, bucket)].append(release)
    for start, names in releases.items():
        found[start].append(_in_words(names))
    return found


def _in_words(releases: Sequence[str]) -> str:
    """Return that releases began, the newest first: of many only the newest by name."""
    named, others = releases[::-1][:NAMED], len(releases) - NAMED
    more = f" and {others} more" if others > 0 else ""
    return f"Release{'s' if len(releases) > 1 else ''} {', '.join(named)}{more}"
