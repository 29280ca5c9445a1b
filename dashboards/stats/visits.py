"""Answers about the visits of a site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from dashboards.counts import Counts, rate
from dashboards.figures import Figures, Match, Slice
from dashboards.period import Bucket
from dashboards.stats.answer import Row, Rows, hour_label, time_label
from dashboards.stats.question import Question, QuestionError
from dashboards.stats.vocabulary import CONVERSIONS, pair_of, pairs_in_words
from ingest.counters.cells import Pair
from ingest.site import Site

DAYS_SUMMED = "visitors are counted anew each day, so a sum over days is of visitor-days"
VALUES_SUMMED = "visitors of several values were summed: who had two of them is counted twice"
WEEKS = "goals are crossed with other properties by week, so the days asked for were extended to whole weeks"
UNSHARED = "null where converters share a value by the week that too few visitors shared on a day"

Found = Mapping[tuple[str, ...], Counts]
"""Counts by the dimensions of a question, in their order."""


async def answer_visits(figures: Figures, site: Site, question: Question) -> Rows:
    """Answer from totals, from one attribute or from a declared pair, whichever is the narrowest that can."""
    pair = _pair(question)
    asked = question.period
    if pair is not None and pair.is_weekly:
        if question.time not in {None, Bucket.WEEK}:
            raise QuestionError("dimensions: a goal is crossed with other properties by week: by time:week or none")
        question = replace(question, period=asked.whole_weeks)
    found = await _counts(figures, site, question)
    everybody = await _counts(figures, site, question.of_everybody) if CONVERSIONS in question.metrics else {}
    rows = [_row(question, label, counts, everybody) for label, counts in found.items()]
    warnings = _warnings(question)
    if question.period != asked:
        warnings = {name: [*warnings.get(name, []), WEEKS] for name in question.metrics}
    return Rows(rows, {name: "; ".join(reasons) for name, reasons in warnings.items()}, question.period)


def _pair(question: Question) -> Pair | None:
    """Return the pair that a question needs, if it needs one. Raises QuestionError when none can answer."""
    asked = question.asked
    if len(asked) < 2:
        return None
    pair = pair_of(asked[0], asked[1]) if len(asked) == 2 else None
    if pair is None:
        raise QuestionError(
            "these dimensions and filters are not counted together; "
            f"pairs that are: {pairs_in_words(question.attributes)}"
        )
    return pair


async def _counts(figures: Figures, site: Site, question: Question) -> Found:
    """Return what is counted by the dimensions of a question; without any, one row in any case."""
    asked = question.asked
    pair = _pair(question)
    if not asked:
        found = await _totals(figures, site, question)
    elif pair is None:
        found = _labelled(question, asked, await _cells(figures, site, question, asked[0]))
    else:
        period = question.period
        matched = _matched(question) or pair.attributes[0]
        by = [question.attributes[name] for name in question.dimensions if name in question.attributes]
        slices = await figures.pairs(
            site, period.since, period.until, _bucket(question), pair, _match(question), matched, by
        )
        found = _labelled(question, pair.attributes, slices)
    return found if found or question.dimensions else {(): Counts()}


async def _totals(figures: Figures, site: Site, question: Question) -> Found:
    period = question.period
    if question.time is Bucket.HOUR:
        hours = await figures.hours(site, period.since, period.until)
        return {(hour_label(*slot),): counts for slot, counts in hours.items()}
    sums: defaultdict[tuple[str, ...], Counts] = defaultdict(Counts)
    for day, counts in (await figures.days(site, period.since, period.until)).items():
        label = () if question.time is None else (time_label(question, period.start_of(day, question.time)),)
        sums[label] += counts
    return sums


async def _cells(figures: Figures, site: Site, question: Question, attribute: str) -> Mapping[Slice, Counts]:
    period = question.period
    by_value = any(name in question.attributes for name in question.dimensions)
    return await figures.cells(
        site, period.since, period.until, _bucket(question), attribute, _match(question), by_value=by_value
    )


def _labelled(question: Question, attributes: tuple[str, ...], slices: Mapping[Slice, Counts]) -> Found:
    found = {}
    for (start, *values), counts in slices.items():
        if any(counts.amounts):
            named = dict(zip(attributes, values, strict=False))
            label = tuple(
                named[question.attributes[name]] if name in question.attributes else time_label(question, start)
                for name in question.dimensions
            )
            found[label] = counts
    return found


def _row(question: Question, label: tuple[str, ...], counts: Counts, everybody: Found) -> Row:
    kept = question.of_everybody.dimensions
    whole = tuple(part for name, part in zip(question.dimensions, label, strict=True) if name in kept)
    return Row(
        label,
        tuple(
            rate(counts.visitors, everybody.get(whole, Counts()).visitors)
            if name == CONVERSIONS
            else getattr(counts, name)
            for name in question.metrics
        ),
    )


def _bucket(question: Question) -> str:
    return question.time.value if question.time else ""


def _match(question: Question) -> Match:
    return next((Match(item.operator, item.values) for item in question.filters), Match())


def _matched(question: Question) -> str | None:
    return next((question.attributes[item.dimension] for item in question.filters), None)


def _warnings(question: Question) -> dict[str, list[str]]:
    by_day = question.time in {Bucket.DAY, Bucket.HOUR} or question.period.is_one_day
    filtered = next(iter(question.filters), None)
    exact = (
        filtered is None
        or filtered.dimension in question.dimensions
        or _is_one_value(filtered.operator, filtered.values)
    )
    reasons = [*([] if by_day else [DAYS_SUMMED]), *([] if exact or not question.asked else [VALUES_SUMMED])]
    warnings = {"visitors": reasons} if reasons and "visitors" in question.metrics else {}
    if CONVERSIONS in question.metrics and len(question.asked) > 1:
        warnings[CONVERSIONS] = [UNSHARED]
    return warnings


def _is_one_value(operator: str, values: tuple[str, ...]) -> bool:
    return operator == "is" and len(values) == 1
