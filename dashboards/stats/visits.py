"""Answers about the visits of a site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from dashboards.counts import Counts
from dashboards.figures import Figures, Match, Slice
from dashboards.period import Bucket
from dashboards.stats.answer import Row, Rows, hour_label, time_label
from dashboards.stats.question import Question, QuestionError
from dashboards.stats.vocabulary import pair_of, pairs_in_words
from ingest.site import Site

DAYS_SUMMED = "visitors are counted anew each day, so a sum over days is of visitor-days"
VALUES_SUMMED = "visitors of several values were summed: who had two of them is counted twice"


async def answer_visits(figures: Figures, site: Site, question: Question) -> Rows:
    """Answer from totals, from one attribute or from a declared pair, whichever is the narrowest that can."""
    attributes = _attributes(question)
    warnings = _warnings(question, attributes)
    if not attributes:
        return Rows(await _totals(figures, site, question), warnings)
    if len(attributes) == 1:
        return Rows(_rows(question, attributes, await _cells(figures, site, question, attributes[0])), warnings)
    pair = pair_of(attributes[0], attributes[1]) if len(attributes) == 2 else None
    if pair is None:
        raise QuestionError(
            "these dimensions and filters are not counted together; "
            f"pairs that are: {pairs_in_words(question.attributes)}"
        )
    period = question.period
    matched = _matched(question) or pair.attributes[0]
    by = [question.attributes[name] for name in question.dimensions if name in question.attributes]
    found = await figures.pairs(
        site, period.since, period.until, _bucket(question), pair, _match(question), matched, by
    )
    return Rows(_rows(question, pair.attributes, found), warnings)


async def _totals(figures: Figures, site: Site, question: Question) -> list[Row]:
    period = question.period
    if question.time is Bucket.HOUR:
        hours = await figures.hours(site, period.since, period.until)
        return [_row(question, (hour_label(*slot),), counts) for slot, counts in hours.items()]
    sums: defaultdict[tuple[str, ...], Counts] = defaultdict(Counts)
    for day, counts in (await figures.days(site, period.since, period.until)).items():
        label = () if question.time is None else (time_label(question, period.start_of(day, question.time)),)
        sums[label] += counts
    if question.time is None and not sums:
        return [_row(question, (), Counts())]
    return [_row(question, label, counts) for label, counts in sums.items()]


async def _cells(figures: Figures, site: Site, question: Question, attribute: str) -> Mapping[Slice, Counts]:
    period = question.period
    by_value = any(name in question.attributes for name in question.dimensions)
    return await figures.cells(
        site, period.since, period.until, _bucket(question), attribute, _match(question), by_value=by_value
    )


def _rows(question: Question, attributes: tuple[str, ...], found: Mapping[Slice, Counts]) -> list[Row]:
    rows = []
    for (start, *values), counts in found.items():
        if not any(counts.amounts):
            continue
        named = dict(zip(attributes, values, strict=False))
        dimensions = tuple(
            named[question.attributes[name]] if name in question.attributes else time_label(question, start)
            for name in question.dimensions
        )
        rows.append(_row(question, dimensions, counts))
    if not rows and not question.dimensions:
        return [_row(question, (), Counts())]
    return rows


def _row(question: Question, dimensions: tuple[str, ...], counts: Counts) -> Row:
    return Row(dimensions, tuple(getattr(counts, name) for name in question.metrics))


def _attributes(question: Question) -> tuple[str, ...]:
    """Return the attributes that the question is about, of dimensions and filters, each once."""
    names = [*question.dimensions, *(item.dimension for item in question.filters)]
    return tuple(dict.fromkeys(question.attributes[name] for name in names if name in question.attributes))


def _bucket(question: Question) -> str:
    return question.time.value if question.time else ""


def _match(question: Question) -> Match:
    return next((Match(item.operator, item.values) for item in question.filters), Match())


def _matched(question: Question) -> str | None:
    return next((question.attributes[item.dimension] for item in question.filters), None)


def _warnings(question: Question, attributes: tuple[str, ...]) -> dict[str, str]:
    if "visitors" not in question.metrics:
        return {}
    by_day = question.time in {Bucket.DAY, Bucket.HOUR} or question.period.is_one_day
    filtered = next(iter(question.filters), None)
    exact = (
        filtered is None
        or filtered.dimension in question.dimensions
        or _is_one_value(filtered.operator, filtered.values)
    )
    reasons = [*([] if by_day else [DAYS_SUMMED]), *([] if exact or not attributes else [VALUES_SUMMED])]
    return {"visitors": "; ".join(reasons)} if reasons else {}


def _is_one_value(operator: str, values: tuple[str, ...]) -> bool:
    return operator == "is" and len(values) == 1
