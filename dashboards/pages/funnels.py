"""Funnels of a site: how many visits went how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboards.addresses import link, site_path
from dashboards.counts import rate
from dashboards.desk import Ask
from dashboards.figures import ALL, Breakdown
from dashboards.page import Page, Tab
from dashboards.pages.breakdown import section_tabs
from dashboards.pages.owners import picker_of, selection_data, selection_of, site_of, site_tabs
from dashboards.panels import GOALS, panels_of_site
from dashboards.table import Table
from ingest.counters.cells import FUNNEL, Metric
from ingest.site import Funnel


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a funnel with the visits that made it."""

    number: int
    name: str
    visits: int
    of_first: float | None
    of_previous: float | None
    lost: int
    """Visits that made the step before and not this one."""


@dataclass(frozen=True, slots=True)
class Course:
    """A funnel with its steps."""

    name: str
    stages: Sequence[Stage]

    @property
    def whole(self) -> float | None:
        """How many of a hundred visits that began it made its last step."""
        return self.stages[-1].of_first


async def funnels(ask: Ask) -> Page:
    """Show every funnel."""
    site = site_of(ask)
    selection = selection_of(ask, site)
    period = selection.period
    names = {FUNNEL + funnel.name: Metric.VISITS for funnel in site.funnels}
    found = await ask.desk.figures.top(site, period, names, ALL) if names else {}
    courses = [_course(funnel, found.get(FUNNEL + funnel.name, Breakdown())) for funnel in site.funnels]
    path = site_path(site, "funnels")
    panels = panels_of_site(ask.desk.panels, site)
    goals = next((panel.slug for panel in panels if panel.section is GOALS), "")
    tabs = section_tabs(panels, site, selection, goals)
    return Page(
        template="funnels.html",
        title=f"Funnels · {site.id}",
        place=site.id,
        tabs=site_tabs(site, selection, GOALS.name),
        section=[_marked(tab, path) for tab in tabs],
        periods=picker_of(path, selection, {}),
        values={
            "site": site,
            "period": period,
            "courses": courses,
            "has_filter": selection.condition is not None,
            "overview": link(site_path(site), selection.arguments),
            "forms": link(path, selection.arguments).removeprefix(path),
        },
        data={
            "site": site.id,
            **selection_data(selection),
            "funnels": [
                {
                    "name": course.name,
                    "steps": [
                        {
                            "step": stage.number,
                            "name": stage.name,
                            "visits": stage.visits,
                            "percent_of_first": stage.of_first,
                            "percent_of_previous": stage.of_previous,
                        }
                        for stage in course.stages
                    ],
                }
                for course in courses
            ],
        },
        table=Table(
            ("funnel", "step", "name", "visits", "percent_of_first", "percent_of_previous"),
            [
                (
                    course.name,
                    stage.number,
                    stage.name,
                    stage.visits,
                    "" if stage.of_first is None else stage.of_first,
                    "" if stage.of_previous is None else stage.of_previous,
                )
                for course in courses
                for stage in course.stages
            ],
        ),
    )


def _course(funnel: Funnel, found: Breakdown) -> Course:
    visits = {row.value: row.counts.visits for row in found.values}
    stages = []
    first = previous = visits.get("1", 0)
    for index, step in enumerate(funnel.steps):
        made = visits.get(str(index + 1), 0)
        lost = max(0, previous - made)
        stages.append(Stage(index + 1, step.name, made, _share(made, first), _share(made, previous), lost))
        previous = made
    return Course(funnel.name, stages)


def _share(part: int, whole: int) -> float | None:
    return rate(part, whole) if whole else None


def _marked(tab: Tab, path: str) -> Tab:
    return replace(tab, is_current=tab.path.partition("?")[0] == path)
