"""What goes on now: totals only, since whatever names less than an hour would name people."""

from __future__ import annotations

from datetime import datetime

from dashboards.addresses import link, site_path
from dashboards.charts import Point, bar_chart
from dashboards.counts import Counts
from dashboards.course import read_course
from dashboards.desk import Ask
from dashboards.numbers import whole
from dashboards.page import Page
from dashboards.pages.overview import counts_data
from dashboards.pages.owners import selection_of, site_of, site_tabs
from dashboards.period import named_period, today_in
from dashboards.selection import Selection
from dashboards.table import Table
from ingest.counters.cells import METRICS


async def realtime(ask: Ask) -> Page:
    """Show the visits of the last minutes, the hour and the day so far."""
    site = site_of(ask)
    today = named_period("day", today_in(site.timezone, ask.now))
    assert today is not None
    course = await read_course(ask, site, Selection(today))
    hour = datetime.fromtimestamp(ask.now, site.timezone).hour
    present = None if site.profile.at_close_only else ask.desk.figures.present(site)
    this_hour = next((step.counts for step in course.steps if step.is_unfinished), Counts())
    points = [Point(step.label, step.short, float(step.counts.pageviews), step.is_unfinished) for step in course.steps]
    return Page(
        template="realtime.html",
        title=f"Realtime · {site.id}",
        place=site.id,
        tabs=site_tabs(site, selection_of(ask, site), "realtime"),
        is_live=not site.profile.at_close_only,
        values={
            "site": site,
            "period": today,
            "present": present,
            "hour": f"{hour:02d}:00",
            "this_hour": this_hour,
            "total": course.total,
            "chart": bar_chart(points, f"Page views by hour, {today.span}", whole),
            "today": link(site_path(site), today.arguments),
        },
        data={
            "site": site.id,
            "present": None
            if present is None
            else {"last_5_minutes": present.words(present.five), "last_30_minutes": present.words(present.thirty)},
            "hour": counts_data(this_hour),
            "today": counts_data(course.total),
            "series": [{"bucket": step.name, **counts_data(step.counts)} for step in course.steps],
        },
        table=Table(("hour", *METRICS), [(step.name, *step.counts.amounts) for step in course.steps]),
    )
