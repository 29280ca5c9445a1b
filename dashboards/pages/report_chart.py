"""The bars of crash reports by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from dashboards.charts import Chart, Point, bar_chart
from dashboards.numbers import whole
from dashboards.period import Bucket, Period, in_words


def report_chart(by_day: Mapping[date, int], period: Period, title: str) -> Chart:
    """Draw reports by day, week or month. They are counted by day, so a single day is one bar, not one of hours."""
    bucket = Bucket.DAY if period.bucket is Bucket.HOUR else period.bucket
    sums = dict.fromkeys(period.starts(bucket), 0)
    for day, reports in by_day.items():
        sums[period.start_of(day, bucket)] += reports
    points = [
        Point(
            in_words(start) if bucket is Bucket.DAY else f"{bucket.capitalize()} from {in_words(start)}",
            f"{start:%b}" if bucket is Bucket.MONTH else f"{start.day} {start:%b}",
            float(reports),
            period.includes_today and start == period.start_of(period.today, bucket),
        )
        for start, reports in sums.items()
    ]
    return bar_chart(points, f"{title} by {bucket}, {period.span}", whole)
