"""Rows of an answer, put in order, cut to a page and wrapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dashboards.period import Bucket, Period
from dashboards.stats.question import Question

Metric = int | float | None
Cell = str | Metric


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its dimensions and its metrics, each in the order of the question."""

    dimensions: tuple[str, ...]
    metrics: tuple[Metric, ...]

    def read(self, question: Question, name: str) -> Cell:
        """Return a metric or a dimension by its name."""
        if name in question.metrics:
            return self.metrics[question.metrics.index(name)]
        return self.dimensions[question.dimensions.index(name)]


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows, with what has to be said about a metric."""

    rows: Sequence[Row]
    warnings: Mapping[str, str] = field(default_factory=dict)
    period: Period | None = None
    """The days that they are about, where those are others than were asked for."""


def write_answer(question: Question, found: Rows, now: float) -> dict[str, Any]:
    """Return the JSON object of an answer."""
    question = replace(question, period=found.period or question.period)
    rows = sorted(found.rows, key=lambda row: row.dimensions)
    for order in reversed(question.order):
        rows.sort(key=lambda row, name=order.name: _place(row.read(question, name)), reverse=order.is_descending)  # type: ignore[misc]
    shown = rows[question.offset : question.offset + question.limit]
    meta: dict[str, Any] = {}
    if found.warnings:
        meta["metric_warnings"] = {name: {"warning": text} for name, text in found.warnings.items()}
    if question.time_labels:
        meta["time_labels"] = time_labels(question, now)
    if question.total_rows:
        meta["total_rows"] = len(rows)
    return {
        "results": [{"dimensions": list(row.dimensions), "metrics": list(row.metrics)} for row in shown],
        "meta": meta,
        "query": question.data,
    }


def _place(cell: Cell) -> tuple[bool, Any]:
    """Return what a cell is ordered by; one that is not known comes before the least."""
    return cell is not None, cell


def time_label(question: Question, start: date) -> str:
    """Return the label of a bucket of days: its first day within the period."""
    return max(start, question.period.since).isoformat()


def hour_label(day: date, hour: int) -> str:
    """Return the label of an hour; a day that does not tell its hours is labelled by its date alone."""
    return day.isoformat() if hour < 0 else f"{day.isoformat()} {hour:02d}:00:00"


def time_labels(question: Question, now: float) -> list[str]:
    """Return the labels of every bucket of the period, those without a row too."""
    bucket = question.time
    assert bucket is not None
    if bucket is not Bucket.HOUR:
        return [start.isoformat() for start in question.period.starts(bucket)]
    present = datetime.fromtimestamp(now, question.owner.timezone)
    return [
        hour_label(day, hour)
        for day in question.period.starts(Bucket.DAY)
        for hour in range(24)
        if (day, hour) <= (present.date(), present.hour)
    ]
