"""The totals of a selection and their course, bucket by bucket, beside the days that they are compared with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce

from starlette.concurrency import run_in_threadpool

from dashboards.annotations import Annotation
from dashboards.counts import Counts
from dashboards.desk import Ask
from dashboards.figures import Figures
from dashboards.period import Bucket, Period, in_words
from dashboards.selection import Selection
from ingest.counters.cells import WHOLE_DAY
from ingest.site import Site

Slot = tuple[date, int]
"""A day and an hour; of whole days the hour is 0."""


@dataclass(frozen=True, slots=True)
class Step:
    """A bucket of the period with its counts."""

    name: str
    label: str
    short: str
    counts: Counts
    is_unfinished: bool
    compared: Counts | None = None
    compared_label: str = ""
    notes: tuple[str, ...] = ()
    is_approximate: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """Every bucket of a period, those without a visit too; of today's hours only those that have begun."""

    bucket: Bucket
    steps: list[Step]
    finished: Counts
    """What is counted in full: all but the hour or the day that is still going on."""
    before: Counts | None
    """The same of the days that it is compared with; None where these were not all counted."""

    @property
    def total(self) -> Counts:
        """The sum over all buckets."""
        return _sum(step.counts for step in self.steps)

    @property
    def is_whole_day(self) -> bool:
        """Whether it is a day that had too few visits to tell its hours."""
        return bool(self.steps) and self.steps[0].short == "all day"


async def read_course(ask: Ask, site: Site, selection: Selection) -> Course:
    """Return the course of a selection. By hours only without a filter: nothing but totals is kept by the hour."""
    period, other = selection.period, selection.other
    if other is not None and (ask.beginning is None or other.until < ask.beginning):
        other = None  # nothing was counted then: a line along the ground would claim that nobody came
    is_hourly = period.bucket is Bucket.HOUR and selection.condition is None
    bucket = Bucket.HOUR if is_hourly else Bucket.DAY if period.bucket is Bucket.HOUR else period.bucket
    figures = ask.desk.figures
    now, before, marked, notes = await asyncio.gather(
        _slots(figures, site, selection, period, is_hourly=is_hourly),
        _slots(figures, site, selection, other, is_hourly=is_hourly) if other else _nothing(),
        figures.marked(site, period),
        run_in_threadpool(ask.desk.annotations, site.owner, period.since, period.until),
    )
    present = datetime.fromtimestamp(ask.now, site.timezone)
    edge = (present.date(), present.hour if is_hourly else 0)
    back = selection.comparison.shift(period)
    shifted = {(day + back, hour): counts for (day, hour), counts in before.items()}
    drawn = _hours(period, present, now) if is_hourly else _days(period, bucket, now)
    compared = _buckets(period, bucket, shifted, is_hourly=is_hourly)
    steps = [
        Step(
            name=step.name,
            label=step.label,
            short=step.short,
            counts=step.counts,
            is_unfinished=step.is_unfinished,
            compared=compared.get(slot, Counts()) if other and _was_counted(ask, slot, back) else None,
            compared_label=_compared_label(slot, back, bucket) if other else "",
            notes=_notes(period, bucket, slot, notes),
            is_approximate=not is_hourly and any(period.start_of(day, bucket) == slot[0] for day in marked),
        )
        for slot, step in drawn
    ]
    return Course(
        bucket,
        steps,
        _sum(counts for slot, counts in now.items() if slot < edge),
        _sum(counts for slot, counts in shifted.items() if slot < edge)
        if selection.counted_other(ask.beginning)
        else None,
    )


def _was_counted(ask: Ask, slot: Slot, back: timedelta) -> bool:
    return ask.beginning is not None and slot[0] - back >= ask.beginning


async def _nothing() -> Mapping[Slot, Counts]:
    return {}


async def _slots(
    figures: Figures, site: Site, selection: Selection, period: Period, *, is_hourly: bool
) -> Mapping[Slot, Counts]:
    condition = selection.condition
    if is_hourly:
        return await figures.hours(site, period.since, period.until)
    if condition is None:
        days = await figures.days(site, period.since, period.until)
        return {(day, 0): counts for day, counts in days.items()}
    cells = await figures.cells(
        site, period.since, period.until, Bucket.DAY.value, condition.attribute, condition.match, by_value=False
    )
    return {(day, 0): counts for (day, _, _), counts in cells.items()}


def _sum(counts: Iterable[Counts]) -> Counts:
    return reduce(Counts.__add__, counts, Counts())


def _buckets(period: Period, bucket: Bucket, slots: Mapping[Slot, Counts], *, is_hourly: bool) -> dict[Slot, Counts]:
    sums: dict[Slot, Counts] = {}
    for (day, hour), counts in slots.items():
        slot = (day, hour) if is_hourly else (period.start_of(day, bucket), 0)
        sums[slot] = sums.get(slot, Counts()) + counts
    return sums


def _hours(period: Period, now: datetime, slots: Mapping[Slot, Counts]) -> list[tuple[Slot, Step]]:
    day = period.since
    last = now.hour if period.includes_today else 23
    steps = [((day, hour), _hour(period, hour, slots.get((day, hour), Counts()), now)) for hour in range(24)]
    begun = [(slot, step) for slot, step in steps if slot[1] <= last or any(step.counts.amounts)]
    whole = slots.get((day, WHOLE_DAY))
    if whole is None:
        return begun
    all_day = Step(day.isoformat(), f"{in_words(day)}, all day", "all day", whole, is_unfinished=False)
    return [((day, WHOLE_DAY), all_day), *begun]


def _hour(period: Period, hour: int, counts: Counts, now: datetime) -> Step:
    is_unfinished = period.includes_today and hour == now.hour
    name = f"{period.since.isoformat()} {hour:02d}:00:00"
    label = f"{in_words(period.since)}, {hour:02d}:00 to {hour:02d}:59"
    return Step(name, label, f"{hour:02d}:00", counts, is_unfinished)


def _days(period: Period, bucket: Bucket, slots: Mapping[Slot, Counts]) -> list[tuple[Slot, Step]]:
    sums = _buckets(period, bucket, slots, is_hourly=False)
    return [
        ((start, 0), _span_of_days(period, bucket, start, sums.get((start, 0), Counts())))
        for start in period.starts(bucket)
    ]


def _span_of_days(period: Period, bucket: Bucket, start: date, counts: Counts) -> Step:
    words = in_words(start)
    last = start
    if bucket is Bucket.WEEK:
        last = start + timedelta(days=6 - start.weekday())
        words = f"Week from {words}"
    elif bucket is Bucket.MONTH:
        last = (start.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        words = f"{start:%B %Y}"
    else:
        words = f"{start:%a} {words}"
    short = f"{start:%b}" if bucket is Bucket.MONTH else f"{start.day} {start:%b}"
    return Step(start.isoformat(), words, short, counts, is_unfinished=start <= period.today <= last)


def _compared_label(slot: Slot, back: timedelta, bucket: Bucket) -> str:
    day = slot[0] - back
    if bucket is Bucket.HOUR:
        return f"{in_words(day)}, {slot[1]:02d}:00"
    return f"{day:%a} {in_words(day)}" if bucket is Bucket.DAY else f"from {in_words(day)}"


def _notes(period: Period, bucket: Bucket, slot: Slot, notes: list[Annotation]) -> tuple[str, ...]:
    if bucket is Bucket.HOUR and slot[1] > 0:
        return ()
    return tuple(note.text for note in notes if period.start_of(note.day, bucket) == slot[0])
