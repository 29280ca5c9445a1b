"""What there is to tell about a site: unusual days, and the week that is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool

from dashboards.alerts.alert import Alert, AlertKind, digest_key, key_of, traffic_alert
from dashboards.alerts.telling import Found, prime, tell
from dashboards.digest import read_digest, week_before
from dashboards.figures import Figures
from dashboards.panels import Panel
from dashboards.period import today_in
from dashboards.unusual import WEEKS, find_unusual
from ingest.site import Site
from ingest.store.control.database import Control
from ingest.store.control.deliveries import is_told, mark_told
from ingest.store.control.rules import Rule, RuleKind, list_rules

SETTLES: Final = 3 * 3600
"""Seconds after midnight from which on the day before is judged: it closes two hours after its end."""

FRESH: Final = timedelta(days=7)
"""What began longer ago is not told any more."""

KINDS: Final = {
    RuleKind.SPIKE: AlertKind.SPIKE,
    RuleKind.DROP: AlertKind.DROP,
    RuleKind.SILENT: AlertKind.SILENT,
}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Looks at sites."""

    figures: Figures
    panels: Sequence[Panel]
    control: Control

    async def look(self, site: Site, now: float) -> None:
        """Queue what there is to tell about a site. Raises StoreError."""
        rules = {rule.kind: rule for rule in await run_in_threadpool(list_rules, self.control, site.owner)}
        today = today_in(site.timezone, now - SETTLES)
        if rules.keys() & KINDS:
            await self._judge(site, rules, today, now)
        if RuleKind.DIGEST in rules:
            await self._digest(site, rules[RuleKind.DIGEST], today, now)

    async def _judge(self, site: Site, rules: Mapping[RuleKind, Rule], today: date, now: float) -> None:
        days = await self.figures.days(site, today - timedelta(weeks=2 * WEEKS), today)
        visits = {day: counts.visits for day, counts in days.items()}
        found = [(rule, find_traffic(rule, visits, today)) for rule in rules.values() if rule.kind in KINDS]
        await run_in_threadpool(tell, self.control, site, found, today, now)

    async def _digest(self, site: Site, rule: Rule, today: date, now: float) -> None:
        """Tell of the last full week: from Monday, SETTLES after midnight, on; whoever was away then does so later."""
        monday = week_before(today)
        key = digest_key(monday)
        if not rule.is_primed:
            await run_in_threadpool(prime, self.control, site, rule, [key], today)
        elif not await run_in_threadpool(is_told, self.control, site.owner, key):
            digest = await read_digest(self.figures, site, self.panels, monday, today)
            if digest.is_empty:
                # A week without a visit after another such week: the first was told, as a fall to nothing.
                await run_in_threadpool(mark_told, self.control, site.owner, [key], today)
            else:
                alert = Alert(AlertKind.DIGEST, monday, digest=digest)
                await run_in_threadpool(tell, self.control, site, [(rule, {key: alert})], today, now)


def find_traffic(rule: Rule, visits: Mapping[date, int], today: date) -> Found:
    """Return what a rule has to tell of the days of a site: what began within FRESH, today included.

    It looks further back than that: a silence that began before has another first day, and was told.
    """
    found = find_unusual(visits, today - timedelta(weeks=WEEKS), today, today)
    alerts = [traffic_alert(one) for one in found if one.day > today - FRESH]
    return {key_of(alert): alert for alert in alerts if alert.kind is KINDS[rule.kind]}
