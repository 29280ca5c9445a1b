"""Answers about the crash reports of an app, and about the health of its releases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dashboards.groups import Name
from dashboards.health import Health, Share, total
from dashboards.reports import EVERY, Reports
from dashboards.stats.answer import Metric, Row, Rows, time_label
from dashboards.stats.question import Question, QuestionError
from dashboards.stats.vocabulary import BUCKETS, CRASH_DIMENSIONS, GROUP, HEALTH_METRICS, RELEASE, TITLE
from ingest.app import App
from ingest.counters.cells import CrashAttribute

DAYS_SUMMED = "installs are counted anew each day, so a sum over days is of install-days"

Key = tuple[str, ...]


@dataclass(slots=True)
class _Counted:
    """What a row is made of."""

    reports: Counter[Key] = field(default_factory=Counter)
    releases: defaultdict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    health: Mapping[Key, Health] = field(default_factory=dict)

    def metric(self, key: Key, name: str) -> Metric:
        """Return one number of a row; None for a share of nothing."""
        health = self.health.get(key, Health())
        match name:
            case "reports":
                return self.reports[key]
            case "releases":
                return len(self.releases[key])
            case "sessions":
                return health.sessions
            case "installs":
                return health.installs
            case "crash_free_sessions":
                return _percent(health.crash_free_sessions)
            case _:
                return _percent(health.crash_free_installs)


async def answer_crashes(reports: Reports, app: App, question: Question) -> Rows:
    """Answer from the cells of one attribute and from sessions, as far as the metrics ask for either."""
    counted = _Counted()
    healthy = [name for name in question.metrics if name in HEALTH_METRICS]
    if len(healthy) < len(question.metrics):
        await _count_reports(reports, app, question, counted)
    if healthy:
        counted.health = await _health(reports, app, question)
    keys = dict.fromkeys([*counted.reports, *counted.health])
    if not question.dimensions and not keys:
        return Rows([Row((), (0,) * len(question.metrics))], _warnings(question))
    rows = [Row(key, tuple(counted.metric(key, name) for name in question.metrics)) for key in keys]
    return Rows(rows, _warnings(question))


async def _count_reports(reports: Reports, app: App, question: Question, counted: _Counted) -> None:
    """Count reports from the cells of one attribute: a report has one release, so releases also give the totals."""
    attribute = _attribute(question)
    period = question.period
    found = await reports.slices(app, period.since, period.until, _bucket(question), attribute, by_value=True)
    names = await reports.names(app)
    for (start, group, value), amount in found.items():
        title = names.get(group, Name()).title
        if all(item.admits(_pick(item.dimension, group, title, value)) for item in question.filters):
            key = tuple(
                time_label(question, start) if name in BUCKETS else _pick(name, group, title, value)
                for name in question.dimensions
            )
            counted.reports[key] += amount
            counted.releases[key].add(value)


async def _health(reports: Reports, app: App, question: Question) -> Mapping[Key, Health]:
    """Return sessions and installations by the dimensions: of all releases from the totals, else of each."""
    period = question.period
    names = [name for name in question.dimensions if name not in BUCKETS]
    if any(name != RELEASE for name in [*names, *(item.dimension for item in question.filters)]):
        raise QuestionError(f"metrics: sessions and installs are known by {RELEASE} and time, not by another dimension")
    totals = not names and not question.filters
    found = await reports.sessions(app, period.since, period.until, _bucket(question), totals=totals)
    rows: defaultdict[Key, list[Health]] = defaultdict(list)
    for (start, release), amounts in found.items():
        if all(item.admits(release) for item in question.filters):
            rows[_key(question, start, release)].append(Health.of(amounts))
    return {key: total(healths) for key, healths in rows.items()}


def _key(question: Question, start: date, release: str) -> Key:
    return tuple(time_label(question, start) if name in BUCKETS else release for name in question.dimensions)


def _warnings(question: Question) -> Mapping[str, str]:
    asked = [name for name in question.metrics if name.endswith("installs")]
    return {} if question.period.is_one_day or "time:day" in question.dimensions else dict.fromkeys(asked, DAYS_SUMMED)


def _percent(share: Share | None) -> float | None:
    return None if share is None else share.percent


def _bucket(question: Question) -> str:
    return question.time.value if question.time else ""


def _attribute(question: Question) -> CrashAttribute:
    names = [*question.dimensions, *(item.dimension for item in question.filters)]
    wanted = list(dict.fromkeys(CRASH_DIMENSIONS[name] for name in names if name in CRASH_DIMENSIONS))
    if len(wanted) > 1:
        known = ", ".join(f"{GROUP} x {name}" for name in CRASH_DIMENSIONS)
        raise QuestionError(f"these dimensions and filters are not counted together; pairs that are: {known}")
    if "releases" in question.metrics and wanted and wanted[0] is not EVERY:
        raise QuestionError("metrics: releases are known by group, title, release and time, not by another dimension")
    return wanted[0] if wanted else EVERY


def _pick(name: str, group: str, title: str, value: str) -> str:
    if name == GROUP:
        return group
    return title if name == TITLE else value
