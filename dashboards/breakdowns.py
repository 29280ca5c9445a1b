"""The rows of panels under a selection, and what these were on the days that it is compared with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dashboards.comparison import Comparison, change
from dashboards.condition import Condition
from dashboards.counts import Counts
from dashboards.desk import Ask
from dashboards.figures import ALL, ANY, Breakdown, Match, Value
from dashboards.panels import Column, Panel
from dashboards.period import Period
from dashboards.selection import Selection
from ingest.counters.cells import RARE
from ingest.site import Site

UNSAID: Final = "–"  # noqa: RUF001

MOST: Final = 500
"""Values that are asked for by name. Of more, which only programs are shown, everything is read."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What rows of a panel were on the days that are compared with. A value that was not named then is not there."""

    days: Period
    counts: Mapping[str, Counts]

    def change(self, column: Column, row: Value) -> str:
        """Return how a number of a row has changed, in words.

        Of `(rare)` nothing is said: which values it sums differs from day to day.
        """
        then = self.counts.get(row.value)
        if row.value == RARE:
            return UNSAID
        return (
            "new" if then is None else change(column.read(row.counts), column.read(then), then.visits, is_ratio=False)
        )


async def read_breakdowns(
    ask: Ask, site: Site, selection: Selection, panels: Sequence[Panel], rows: int, only: Sequence[str] = ()
) -> dict[str, Breakdown]:
    """Return the first rows of some panels, by attribute; of what cannot be answered under the filter, none.

    With `only`, just the rows of these values.
    """
    condition, period, figures = selection.condition, selection.period, ask.desk.figures
    if condition is None:
        return await figures.top(site, period, {panel.attribute: panel.metric for panel in panels}, rows, only)
    pairs = {pair: panel.metric for panel in panels if (pair := condition.pair_with(panel.attribute))}
    daily = {pair: metric for pair, metric in pairs.items() if not pair.is_weekly}
    weekly = {pair: metric for pair, metric in pairs.items() if pair.is_weekly}
    own = next((panel for panel in panels if panel.attribute == condition.attribute), None)
    match, matched = condition.match, condition.attribute
    by_day, by_week, itself = await asyncio.gather(
        figures.crossed(site, period, daily, match, matched, rows=rows, only=only),
        figures.crossed(site, selection.weeks.period, weekly, match, matched, rows=rows, only=only),
        _own(ask, site, selection, own, rows, only),
    )
    return {**by_day, **by_week, **itself}


async def _own(
    ask: Ask, site: Site, selection: Selection, panel: Panel | None, rows: int, only: Sequence[str]
) -> dict[str, Breakdown]:
    """Return the rows of the panel that is filtered by itself. What is asked for by name has passed its filter."""
    condition, figures = selection.condition, ask.desk.figures
    if panel is None or condition is None:
        return {}
    match = Match("is", tuple(only)) if only else condition.match
    found = await figures.values(site, selection.period, panel.attribute, panel.metric, rows=rows, match=match)
    return {panel.attribute: found}


async def read_rows(
    ask: Ask, site: Site, selection: Selection, panel: Panel, *, text: str = "", rows: int = ALL, skip: int = 0
) -> Breakdown:
    """Return the rows of one panel that contain a text; of what cannot be answered under the filter, none."""
    figures, condition = ask.desk.figures, selection.condition
    if condition is None or condition.attribute == panel.attribute:
        match = condition.match if condition else ANY
        return await figures.values(
            site, selection.period, panel.attribute, panel.metric, text=text, rows=rows, skip=skip, match=match
        )
    pair = condition.pair_with(panel.attribute)
    if pair is None:
        return Breakdown()
    period = selection.weeks.period if pair.is_weekly else selection.period
    asked, match, matched = {pair: panel.metric}, condition.match, condition.attribute
    found = await figures.crossed(site, period, asked, match, matched, text=text, rows=rows, skip=skip)
    return found.get(panel.attribute, Breakdown())


async def read_earlier(
    ask: Ask, site: Site, selection: Selection, shown: Sequence[tuple[Panel, Breakdown]]
) -> dict[str, Earlier]:
    """Return what the rows that are shown were on the days that are compared with, by attribute.

    Of panels without rows nothing, nor where those days were not counted in full. It costs two questions at most, three
    where a panel is filtered by itself.
    """
    panels = [panel for panel, breakdown in shown if breakdown.values]
    values = list({row.value: None for _, breakdown in shown for row in breakdown.values})
    values = values if len(values) <= MOST else []
    by_day = [panel for panel in panels if not is_by_week(selection.condition, panel)]
    by_week = [panel for panel in panels if is_by_week(selection.condition, panel)]
    found = await asyncio.gather(
        _earlier(ask, site, selection, by_day, values), _earlier(ask, site, selection.weeks, by_week, values)
    )
    return found[0] | found[1]


async def _earlier(
    ask: Ask, site: Site, selection: Selection, panels: Sequence[Panel], values: Sequence[str]
) -> dict[str, Earlier]:
    days = selection.counted_other(ask.beginning)
    if days is None or not panels:
        return {}
    then = replace(selection, period=days, comparison=Comparison())
    found = await read_breakdowns(ask, site, then, panels, ALL, values)
    return {
        panel.attribute: Earlier(
            days, {row.value: row.counts for row in found.get(panel.attribute, Breakdown()).values}
        )
        for panel in panels
    }


def is_by_week(condition: Condition | None, panel: Panel) -> bool:
    """Tell whether the rows of a panel are of whole weeks under a filter."""
    pair = condition.pair_with(panel.attribute) if condition is not None else None
    return pair is not None and pair.is_weekly
