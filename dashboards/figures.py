"""Numbers of sites: what the store holds and, for totals, what is still in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from dashboards.counts import Counts
from dashboards.live import Live, Present, read_still
from dashboards.period import EARLIEST, Period
from dashboards.questions import Questions
from ingest.counters.cells import MARK, RARE, RESTARTED, Metric, Pair
from ingest.site import Site

Slot = TypeVar("Slot", date, tuple[date, int])

ALL: Final = 2**32 - 1
"""As many rows as there are."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an attribute with its counts."""

    value: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Some values of an attribute, and how many there are in all."""

    values: tuple[Value, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """What a value must be: an operator of OPERATORS, and the texts that it is about."""

    operator: str = ""
    texts: tuple[str, ...] = ()


ANY: Final = Match()
"""Every value passes."""


OPERATORS = ("is", "is_not", "contains", "contains_not")

Slice = tuple[date, str, str]
"""The first day of a bucket, and two values: empty where they were not asked for."""


class Figures:
    """Reads the numbers of sites."""

    def __init__(self, questions: Questions, live: Live) -> None:
        self._questions = questions
        self._live = live
        self._beginnings: dict[str, tuple[date, date]] = {}

    async def beginning(self, site: Site, today: date) -> date | None:
        """Return the first day of a site that has a total, or None. It is looked up once a day, once there is one."""
        known = self._beginnings.get(site.id)
        if known is not None and known[0] == today:
            return known[1]
        stored = await self._questions.ask("first_day", {"site": site.id})
        days = [*(day for (day,) in stored), *(day for day, _ in self._live_hours(site, EARLIEST, today))]
        first = min(days, default=None)
        if first is not None:
            self._beginnings[site.id] = today, first
        return first

    async def days(self, site: Site, since: date, until: date) -> dict[date, Counts]:
        """Return the totals of every day that has any; both dates are within."""

        async def read() -> dict[date, Counts]:
            found: defaultdict[date, Counts] = defaultdict(Counts)
            for (day, _), amounts in self._live_hours(site, since, until).items():
                found[day] += Counts.of(amounts)
            for day, *amounts in await self._questions.ask("totals_by_day", _span(site, since, until)):
                found[day] += Counts.of(amounts)
            return _shown(site, found)

        return await read_still(self._live, read)

    def present(self, site: Site) -> Present:
        """Return the visits of now. Fewer than k are not told apart: one person's coming and going would show."""
        return Present(*self._live.present(site.id), least=site.profile.k)

    async def marked(self, site: Site, period: Period) -> list[date]:
        """Return the days on which keys were lost with a crash, so that visitors may be a little high."""
        parameters = {
            **_span(site, period.since, period.until),
            "attribute": MARK,
            "bucket": "day",
            "by_value": False,
            **_asked(Match("is", (RESTARTED,))),
        }
        # Not rounded, as counts of a strict site are: a mark is no number of people.
        return sorted(day for day, _, _, *amounts in await self._questions.ask("cells", parameters) if any(amounts))

    async def hours(self, site: Site, since: date, until: date) -> dict[tuple[date, int], Counts]:
        """Return the totals of every local hour that has any; hour -1 is a day that does not tell its hours."""

        async def read() -> dict[tuple[date, int], Counts]:
            found: defaultdict[tuple[date, int], Counts] = defaultdict(Counts)
            for key, amounts in self._live_hours(site, since, until).items():
                found[key] += Counts.of(amounts)
            for day, hour, *amounts in await self._questions.ask("totals_by_hour", _span(site, since, until)):
                found[day, hour] += Counts.of(amounts)
            return _shown(site, found)

        return await read_still(self._live, read)

    async def visitors(self, sites: Sequence[Site], since: date, until: date) -> dict[str, dict[date, int]]:
        """Return visitors by site and day."""

        async def read() -> dict[str, dict[date, int]]:
            found: dict[str, defaultdict[date, int]] = {site.id: defaultdict(int) for site in sites}
            for site in sites:
                for (day, _), amounts in self._live_hours(site, since, until).items():
                    found[site.id][day] += amounts[Metric.VISITORS]
            parameters = {"sites": [site.id for site in sites], "since": since, "until": until}
            for name, day, visitors in await self._questions.ask("visitors_of_sites", parameters):
                found[name][day] += visitors
            return {
                site.id: {
                    day: Counts(visitors=sum_).shown(site.profile).visitors for day, sum_ in found[site.id].items()
                }
                for site in sites
            }

        return await read_still(self._live, read)

    async def top(
        self, site: Site, period: Period, metrics: Mapping[str, Metric], rows: int, only: Sequence[str] = ()
    ) -> dict[str, Breakdown]:
        """Return the first values of some attributes, each ordered by its metric, and `(rare)` behind them.

        With `only`, just those of these names.
        """
        parameters = {
            **_span(site, period.since, period.until),
            "attributes": list(metrics),
            "metrics": [metric + 1 for metric in metrics.values()],
            "rows": rows,
            "only": list(only),
        }
        values: defaultdict[str, list[Value]] = defaultdict(list)
        totals: dict[str, int] = {}
        for name, value, *amounts, total in await self._questions.ask("top_values", parameters):
            values[name].append(Value(value, Counts.of(amounts).shown(site.profile)))
            totals[name] = total
        # The query puts (rare) first, so that the limit cannot drop it; people look for it at the end.
        return {
            attribute: Breakdown((*_common(found), *_rare(found)), totals[attribute])
            for attribute, found in values.items()
        }

    async def values(
        self,
        site: Site,
        period: Period,
        attribute: str,
        metric: Metric,
        *,
        text: str = "",
        rows: int = ALL,
        skip: int = 0,
        match: Match = ANY,
    ) -> Breakdown:
        """Return the values of one attribute that pass and contain a text, the most frequent first, `(rare)` last."""
        parameters = {
            **_span(site, period.since, period.until),
            "attribute": attribute,
            "metric": metric + 1,
            "text": text,
            "rows": rows,
            "skip": skip,
            **_asked(match),
        }
        found = await self._questions.ask("values", parameters)
        values = tuple(Value(value, Counts.of(amounts).shown(site.profile)) for value, *amounts, _ in found)
        return Breakdown(values, found[0][-1] if found else 0)

    async def crossed(
        self,
        site: Site,
        period: Period,
        pairs: Mapping[Pair, Metric],
        match: Match,
        matched: str,
        *,
        text: str = "",
        rows: int = ALL,
        skip: int = 0,
        only: Sequence[str] = (),
    ) -> dict[str, Breakdown]:
        """Return the values of what some pairs cross `matched` with, where that passes, by attribute.

        Each is ordered by its metric, `(rare)` last. Of weekly pairs the period must be whole weeks. With `only`, just
        the values of these names.
        """
        parameters = {
            **_span(site, period.since, period.until),
            "pairs": [pair.value for pair in pairs],
            "filter_first": [int(pair.attributes[0] == matched) for pair in pairs],
            "metrics": [metric + 1 for metric in pairs.values()],
            "text": text,
            "rows": rows,
            "skip": skip,
            "only": list(only),
            **_asked(match),
        }
        values: defaultdict[str, list[Value]] = defaultdict(list)
        totals: dict[str, int] = {}
        for name, value, *amounts, total in await self._questions.ask("crossed_values", parameters) if pairs else ():
            other = next(side.value for side in Pair(name).attributes if side != matched)
            values[other].append(Value(value, Counts.of(amounts).shown(site.profile)))
            totals[other] = total
        return {attribute: Breakdown(tuple(found), totals[attribute]) for attribute, found in values.items()}

    async def cells(
        self, site: Site, since: date, until: date, bucket: str, attribute: str, match: Match, *, by_value: bool
    ) -> dict[Slice, Counts]:
        """Return the counts of one attribute by bucket (`day`, `week`, `month` or none) and, if wanted, by value."""
        parameters = {
            **_span(site, since, until),
            "attribute": attribute,
            "bucket": bucket,
            "by_value": by_value,
            **_asked(match),
        }
        return _slices(site, await self._questions.ask("cells", parameters))

    async def pairs(
        self,
        site: Site,
        since: date,
        until: date,
        bucket: str,
        pair: Pair,
        match: Match,
        matched: str,
        by: Iterable[str],
    ) -> dict[Slice, Counts]:
        """Return the counts of a pair by bucket and the attributes wanted; the match is about `matched`."""
        first, second = pair.attributes
        wanted = set(by)
        parameters = {
            **_span(site, since, until),
            "pair": pair.value,
            "bucket": bucket,
            "by_first": first in wanted,
            "by_second": second in wanted,
            "filter_first": matched == first,
            **_asked(match),
        }
        return _slices(site, await self._questions.ask("pairs", parameters))

    def _live_hours(self, site: Site, since: date, until: date) -> Mapping[tuple[date, int], Sequence[int]]:
        # A strict site is written once, when the day closes, and is not shown before.
        return {} if site.profile.at_close_only else self._live.hours(site.id, since, until)


def _span(site: Site, since: date, until: date) -> dict[str, object]:
    return {"site": site.id, "since": since, "until": until}


def _asked(match: Match) -> dict[str, object]:
    return {"operator": match.operator, "values": list(match.texts)}


def _slices(site: Site, rows: Iterable[Sequence[object]]) -> dict[Slice, Counts]:
    return {
        (start, first, second): Counts.of(amounts).shown(site.profile)  # type: ignore[arg-type,misc]
        for start, first, second, *amounts in rows
    }


def _shown(site: Site, found: Mapping[Slot, Counts]) -> dict[Slot, Counts]:
    return {slot: counts.shown(site.profile) for slot, counts in sorted(found.items())}


def _common(values: Iterable[Value]) -> list[Value]:
    return [value for value in values if value.value != RARE]


def _rare(values: Iterable[Value]) -> list[Value]:
    return [value for value in values if value.value == RARE]
