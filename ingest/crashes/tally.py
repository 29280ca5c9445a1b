"""From a report to cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from ingest.app import App
from ingest.counters.cells import CRASH, RARE, WITHHELD, CrashAttribute
from ingest.counters.day import Day
from ingest.counters.disclosure import Who
from ingest.crashes.crowd import Crowd
from ingest.crashes.event import Report
from ingest.crashes.grouping import Group, Grouping, exemplar_of, group_of
from ingest.crashes.messages import DEFAULT
from ingest.crashes.phrases import Phrases, shipped
from ingest.crashes.security import Violation
from ingest.crashes.stack import Thrown
from ingest.crashes.strings import ReleaseStrings, no_strings
from ingest.crashes.watch import Watch

_ONE: Final = (1,)
CHANGEOVER: Final = timedelta(days=30)
"""For so long after a change of the algorithm reports also tell what their group was called before."""
MANY: Final = "(many)"
"""The type of the group that all those are in which a day has no room for."""
_FINGERPRINT: Final = "fingerprint"


class Tally:
    """Counts reports, and remembers for a week what too few have sent to be told."""

    def __init__(
        self,
        phrases: Phrases | None = None,
        strings: ReleaseStrings | None = None,
        watch: Watch | None = None,
        changed: date | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        """Take the runtimes' own messages, uploaded texts, and the day on which this algorithm of grouping began.

        For thirty days from then on, each group's cells also tell the id that the algorithm before gives it, so that
        what people said of the old group follows to the new one. Without a day they always do.
        """
        self._phrases = phrases if phrases is not None else shipped()
        self._strings = strings if strings is not None else no_strings()
        self.watch = watch if watch is not None else Watch()
        self.crowd = crowd if crowd is not None else Crowd()
        self._changed = changed

    def known(self, app: App, report: Report) -> str | None:
        """Return the text that a report's message is known to be, or None."""
        if not report.message:
            return None
        return self._phrases.find(report.message) or self._strings.find(app.id, report.release, report.message)

    def forget(self, day: Day) -> None:
        """Let go of who sent what on a day that closed, and of what it told apart."""
        self.watch.forget(day.owner, day.date)
        self.crowd.forget(day.owner, day.date)

    def words(self, app: App, report: Report) -> Grouping:
        """Return the words of a report that take part in its group's id whoever else has sent it."""
        return Grouping(report.fingerprint if _is_declared(app, report) else (), self.known(app, report) or "")

    def count(self, day: Day, app: App, report: Report, who: Who) -> Group:
        """Add a report to its day: one cell per attribute of its group, and its stack as the group's exemplar.

        Every report has exactly one cell of `release`, so the sum over releases is the number of reports.
        """
        report = self._bounded(day, report)
        known = self.known(app, report)
        words = self._grouping(day, app, report, who, known)
        changing = self._changed is None or day.date - self._changed <= CHANGEOVER
        group = group_of(report, words, with_former=changing)
        if not self.crowd.has_room_for_group(day.owner, day.date, group.id):
            report, known, words = _one_of_many(report), None, Grouping()
            group = group_of(report, with_former=False)
        for attribute, value, free in _cells(report):
            day.add((CRASH, group.id, attribute.value, value), _ONE, who, free=free)
        if known or words.message:
            day.add((CRASH, group.id, CrashAttribute.MESSAGE.value, known or words.message), _ONE, who, free=True)
        elif report.message:
            self._watched(day, app, (group.id, CrashAttribute.MESSAGE, report.release, report.message), who)
        for attribute, value in ((CrashAttribute.MODEL, report.model), (CrashAttribute.LANGUAGE, report.language)):
            if value:
                self._watched(day, app, (group.id, attribute, report.release, value), who)
        if group.former:
            day.add((CRASH, group.id, CrashAttribute.FORMER.value, group.former), _ONE, who, free=True)
        day.exemplar(group.id, exemplar_of(report, group))
        return group

    def count_violation(self, day: Day, app: App, report: Report, violation: Violation, who: Who) -> None:
        """Add a violation of a security policy as a report, and what was blocked."""
        group = self.count(day, app, report, who)
        if violation.blocked:
            key = (CRASH, group.id, CrashAttribute.BLOCKED.value, violation.blocked)
            day.add(key, _ONE, who, free=violation.blocked_is_free)

    def _bounded(self, day: Day, report: Report) -> Report:
        """Return a report whose release waits for others if the day has too many of them."""
        is_sound = report.release_is_shared or self.crowd.has_room_for_release(day.owner, day.date, report.release)
        return report if is_sound else replace(report, release_is_shared=True)

    def _watched(self, day: Day, app: App, what: tuple[str, CrashAttribute, str, str], who: Who) -> None:
        """Count a value under its name once it is shared, under `(rare)` until then."""
        group, attribute, release, value = what
        named, rare = (CRASH, group, attribute.value, value), (CRASH, group, attribute.value, RARE)
        hidden = self.watch.witness((day.owner, group), (attribute.value, release, value), day.date, who, app.k)
        if hidden:
            day.add(rare, (-hidden,), who, free=True)
            day.add(named, (hidden,), who, free=True)
        day.add(rare if hidden is None else named, _ONE, who, free=True)

    def _grouping(self, day: Day, app: App, report: Report, who: Who, known: str | None) -> Grouping:
        """Return which words may take part in a group's id: an id is kept, and a digest of a text is as good as it."""
        fingerprint: tuple[str, ...] = ()
        if report.fingerprint and (
            _is_declared(app, report)
            or self._is_shared(day, app, (_FINGERPRINT, report.release, "\0".join(report.fingerprint)), who)
        ):
            fingerprint = report.fingerprint
        if not report.is_message or not report.message or known:
            return Grouping(fingerprint, known or "")
        what = (CrashAttribute.MESSAGE.value, report.release, f"{report.logger}\0{report.message}")
        return Grouping(fingerprint, report.message if self._is_shared(day, app, what, who) else "")

    def _is_shared(self, day: Day, app: App, value: tuple[str, str, str], who: Who) -> bool:
        return self.watch.witness((day.owner, ""), value, day.date, who, app.k) is not None


def _one_of_many(report: Report) -> Report:
    """Return a report of a group that is one too many of its day: without all that would tell it apart."""
    return replace(report, chain=(Thrown(MANY, ()),), failure=None, logger="", message="", fingerprint=())


def _is_declared(app: App, report: Report) -> bool:
    return all(part == DEFAULT or part in app.fingerprints for part in report.fingerprint)


def _cells(report: Report) -> Iterator[tuple[CrashAttribute, str, bool]]:
    """Yield attribute, value, and whether the value is free: a name of code, declared, or on a printed list.

    Buckets are on printed lists, but wait for k all the same: the few reports of a small group would otherwise show
    all of one device beside each other.
    """
    yield CrashAttribute.RELEASE, report.release, not report.release_is_shared
    yield CrashAttribute.STATE, report.state.value, True
    for attribute, value, free in (
        (CrashAttribute.SYSTEM_VERSION, report.system, False),
        (CrashAttribute.ARCH, report.arch, True),
        (CrashAttribute.ENVIRONMENT, report.environment, True),
        (CrashAttribute.MEMORY, report.memory, False),
        (CrashAttribute.STORAGE, report.storage, False),
        (CrashAttribute.UPTIME, report.uptime, False),
        (CrashAttribute.VPN, report.vpn, True),
        (CrashAttribute.LOW_MEMORY, {True: "yes", False: "no", None: ""}[report.low_memory], True),
        *((CrashAttribute.TAG, tag, True) for tag in report.tags),
    ):
        if value:
            yield attribute, value, free
    detectors = dict(sorted(report.tripped))
    for field in sorted(report.stripped):
        detector = f":{detectors[field].value}" if field in detectors else ""
        yield CrashAttribute.STRIPPED, field.value + detector, True
    release = "" if report.release_is_shared or report.release == WITHHELD else f" ({report.release})"
    for field, detector in sorted(report.tripped):
        yield CrashAttribute.TRIPPED, f"{field.value}:{detector.value}{release}", True
