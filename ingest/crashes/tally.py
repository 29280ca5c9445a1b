"""From a report to cells."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.counters.cells import CRASH, CrashAttribute
from ingest.counters.disclosure import Who
from ingest.counters.window import Day
from ingest.crashes.event import Report
from ingest.crashes.grouping import exemplar_of, group_of
from ingest.crashes.security import Violation

_ONE = (1,)


def count_report(day: Day, report: Report, who: Who) -> None:
    """Add a report to its day: one cell per attribute of its group, and its stack as the group's exemplar.

    Every report has exactly one cell of `release`, so the sum over releases is the number of reports.
    """
    group = group_of(report)
    for attribute, value, free in _cells(report):
        day.add((CRASH, group.id, attribute.value, value), _ONE, who, free=free)
    day.exemplar(group.id, exemplar_of(report, group))


def count_violation(day: Day, report: Report, violation: Violation, who: Who) -> None:
    """Add a violation of a security policy as a report, and what was blocked."""
    count_report(day, report, who)
    if violation.blocked:
        key = (CRASH, group_of(report).id, CrashAttribute.BLOCKED.value, violation.blocked)
        day.add(key, _ONE, who, free=violation.blocked_is_free)


def _cells(report: Report) -> Iterator[tuple[CrashAttribute, str, bool]]:
    """Yield attribute, value, and whether the value is free: a name of code, declared, or on a printed list."""
    yield CrashAttribute.RELEASE, report.release, not report.release_is_shared
    yield CrashAttribute.STATE, report.state.value, True
    for attribute, value, free in (
        (CrashAttribute.SYSTEM_VERSION, report.system, False),
        (CrashAttribute.MODEL, report.model, False),
        (CrashAttribute.ARCH, report.arch, True),
        (CrashAttribute.ENVIRONMENT, report.environment, True),
    ):
        if value:
            yield attribute, value, free
    for field in sorted(report.stripped):
        yield CrashAttribute.STRIPPED, field.value, True
