"""What there is to tell: a pure function of counters, decisions and rules."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from dashboards.alerts.alert import Alert, AlertKind
from dashboards.alerts.findings import USUAL_DAYS, Sight, find_alerts
from dashboards.groups import Group, Name, group_of
from dashboards.health import Health
from dashboards.period import Period
from ingest.store.control.decisions import Decision, State, Until
from ingest.store.control.rules import Rule, RuleKind

TODAY = date(2026, 11, 21)
PERIOD = Period("custom", TODAY - timedelta(days=USUAL_DAYS), TODAY, TODAY)
NEW, REGRESSION = Rule(RuleKind.NEW, 0, 0), Rule(RuleKind.REGRESSION, 0, 0)
VELOCITY = Rule(RuleKind.VELOCITY, 300, 20)
CRASH_FREE = Rule(RuleKind.CRASH_FREE, 9900, 200)


def group(name: str, first: int, **days: int) -> Group:
    """Return a group first met so many days ago, with reports by `d` and how many days ago."""
    counts = Counter({TODAY - timedelta(days=int(day[1:])): reports for day, reports in days.items()})
    named = Name("KeyError", name, TODAY - timedelta(days=first))
    return group_of(name * 16, named, counts, Counter({"app@2.0": sum(days.values())}), PERIOD)


def found(rule: Rule, *groups: Group, **decisions: Decision) -> dict[str, Alert]:
    return find_alerts(rule, Sight(TODAY, groups, {name * 16: decision for name, decision in decisions.items()}))


def decision(state: State, until: Until, number: int = 5, of: int = 7) -> Decision:
    return Decision(state, until, TODAY, "app@2.1", number, id=of)


def test_a_group_is_new_for_a_week_and_while_it_is_open() -> None:
    alerts = found(
        NEW,
        group("a", 0, d0=3),
        group("b", 6, d6=1),
        group("c", 7, d0=9),
        group("d", 1, d0=9),
        group("e", 1, d0=9),
        d=decision(State.MUTED, Until.MORE),
        e=decision(State.RESOLVED, Until.NOW),
    )
    assert alerts == {
        f"new:{'a' * 16}": Alert(AlertKind.NEW, TODAY, "a" * 16, "KeyError in a", "app@2.0", 3),
        f"new:{'b' * 16}": Alert(AlertKind.NEW, TODAY, "b" * 16, "KeyError in b", "app@2.0", 1),
    }


def test_a_regression_is_told_once_for_each_decision() -> None:
    [first] = found(REGRESSION, group("a", 30, d0=3), a=decision(State.REGRESSED, Until.NOW, of=7))
    [second] = found(REGRESSION, group("a", 30, d0=3), a=decision(State.REGRESSED, Until.NOW, of=9))
    assert first != second
    [alert] = found(REGRESSION, group("a", 30, d0=3), a=decision(State.REGRESSED, Until.NOW)).values()
    assert (alert.kind, alert.release) == (AlertKind.REGRESSION, "app@2.1")


@pytest.mark.parametrize(("until", "told"), [(Until.MORE, 1), (Until.DAILY, 1), (Until.DATE, 0)])
def test_a_mute_that_ended_by_its_number_is_told(until: Until, told: int) -> None:
    alerts = list(found(REGRESSION, group("a", 30, d0=3), a=decision(State.OPEN, until)).values())
    assert [(alert.kind, alert.reports) for alert in alerts] == [(AlertKind.UNMUTED, 5)] * told


def test_what_is_resolved_or_muted_and_stays_so_is_not_told() -> None:
    for state in (State.RESOLVED, State.MUTED):
        assert found(REGRESSION, group("a", 30, d0=300), a=decision(state, Until.NOW)) == {}
        assert found(VELOCITY, group("a", 30, d0=300), a=decision(state, Until.NOW)) == {}


def test_a_group_far_above_its_usual_is_told_once_a_day() -> None:
    # 14 days with 140 reports: ten are usual, so thirty are three times the usual.
    before = {f"d{day}": 10 for day in range(1, 15)}
    assert found(VELOCITY, group("a", 90, d0=29, **before)) == {}
    [(key, alert)] = found(VELOCITY, group("a", 90, d0=30, **before)).items()
    assert key == f"velocity:{'a' * 16}:2026-11-21"
    assert (alert.reports, alert.usual) == (30, 10.0)


def test_few_reports_are_never_far_above() -> None:
    assert found(VELOCITY, group("a", 90, d0=19)) == {}
    assert len(found(VELOCITY, group("a", 90, d0=20))) == 1


def test_a_group_of_today_is_new_and_not_unusual() -> None:
    assert found(VELOCITY, group("a", 0, d0=5000)) == {}
    assert len(found(NEW, group("a", 0, d0=5000))) == 1


@pytest.mark.parametrize(
    ("health", "told"),
    [
        (Health(200, 2), False), (Health(200, 3), True), (Health(199, 100), False), (Health(10_000, 101), True),
        (Health(10_000, 100), False), (Health(200, 300), True), (Health(), False),
    ],
    ids=range(7),
)  # fmt: skip
def test_a_release_that_crashes_too_often_is_told_from_enough_sessions_on(health: Health, told: bool) -> None:
    alerts = find_alerts(CRASH_FREE, Sight(TODAY, [], {}, {"app@2.1": health}))
    assert bool(alerts) == told
    if told:
        [(key, alert)] = alerts.items()
        assert key == "crash_free:app@2.1:2026-11-21"
        assert (alert.release, alert.sessions, alert.group) == ("app@2.1", health.sessions, "")
