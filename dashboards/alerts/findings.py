"""What there is to tell about an app: a pure function of counters, decisions and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from dashboards.alerts.alert import Alert, AlertKind, key_of
from dashboards.groups import Group
from dashboards.health import Health
from dashboards.triage import OPEN
from ingest.store.control.decisions import Decision, State, Until
from ingest.store.control.rules import Rule, RuleKind

USUAL_DAYS: Final = 14
"""Days before today whose mean is the usual number of reports of a day."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of an app at the moment of looking: its groups of today and of USUAL_DAYS before."""

    today: date
    groups: Sequence[Group]
    decisions: Mapping[str, Decision]
    health: Mapping[str, Health] = field(default_factory=dict)
    """The sessions of today by release."""


def find_alerts(rule: Rule, sight: Sight) -> dict[str, Alert]:
    """Return what a rule has to tell, by the key under which it is told once."""
    find = {
        RuleKind.NEW: _new,
        RuleKind.REGRESSION: _regressions,
        RuleKind.VELOCITY: _velocity,
        RuleKind.CRASH_FREE: _crash_free,
    }[rule.kind]
    return dict(find(rule, sight))


def _new(_rule: Rule, sight: Sight) -> Iterator[tuple[str, Alert]]:
    for group in sight.groups:
        if group.is_new and _state(sight, group.id) is State.OPEN:
            alert = _alert(AlertKind.NEW, group, sight, reports=group.reports)
            yield key_of(alert), alert


def _regressions(_rule: Rule, sight: Sight) -> Iterator[tuple[str, Alert]]:
    named = {group.id: group for group in sight.groups}
    for one, decision in sight.decisions.items():
        group = named.get(one)
        if group is None:
            continue
        if decision.state is State.REGRESSED:
            alert = _alert(AlertKind.REGRESSION, group, sight, release=decision.release)
            yield key_of(alert, decision.id), alert
        elif decision.state is State.OPEN and decision.until in {Until.MORE, Until.DAILY}:
            alert = _alert(AlertKind.UNMUTED, group, sight, reports=decision.number)
            yield key_of(alert, decision.id), alert


def _velocity(rule: Rule, sight: Sight) -> Iterator[tuple[str, Alert]]:
    """Compare the reports of today so far with the usual of whole days: early in a day it takes more to be unusual."""
    before = [sight.today - timedelta(days=back) for back in range(1, USUAL_DAYS + 1)]
    for group in sight.groups:
        reports = group.by_day.get(sight.today, 0)
        usual = sum(group.by_day.get(day, 0) for day in before) / USUAL_DAYS
        is_first_day = group.name.first_day == sight.today
        is_watched = _state(sight, group.id) in {State.OPEN, State.REGRESSED} and not is_first_day
        if is_watched and reports >= rule.least and 100 * reports >= rule.threshold * usual:
            alert = _alert(AlertKind.VELOCITY, group, sight, reports=reports, usual=round(usual, 1))
            yield key_of(alert), alert


def _crash_free(rule: Rule, sight: Sight) -> Iterator[tuple[str, Alert]]:
    for release, health in sight.health.items():
        share = health.crash_free_sessions
        if share is not None and health.sessions >= rule.least and 100 * share.percent < rule.threshold:
            alert = Alert(
                AlertKind.CRASH_FREE,
                sight.today,
                release=release,
                sessions=health.sessions,
                crash_free=share.percent,
            )
            yield key_of(alert), alert


def _state(sight: Sight, group: str) -> State:
    return sight.decisions.get(group, OPEN).state


def _alert(
    kind: AlertKind, group: Group, sight: Sight, *, release: str = "", reports: int = 0, usual: float = 0.0
) -> Alert:
    commonest = group.releases[0][0] if group.releases else ""
    return Alert(kind, sight.today, group.id, group.name.title, release or commonest, reports, usual)
