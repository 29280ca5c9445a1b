"""An alert: counters, and names of code. It has no field for anything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from dashboards.numbers import many, ratio, whole
from ingest.app import App

MOST: Final = 20
"""Alerts that a message spells out; of more it says how many there are."""


class AlertKind(StrEnum):
    """What happened."""

    NEW = "new"
    REGRESSION = "regression"
    UNMUTED = "unmuted"
    VELOCITY = "velocity"
    CRASH_FREE = "crash_free"
    TEST = "test"


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something to tell. Titles and releases are names of code that have passed the schema of crash reports."""

    kind: AlertKind
    day: date
    group: str = ""
    title: str = ""
    release: str = ""
    reports: int = 0
    usual: float = 0.0
    sessions: int = 0
    crash_free: float = 0.0


def key_of(alert: Alert, decision: int = 0) -> str:
    """Return what an alert is about, so that it is told once.

    A group is new once, regresses once for each decision, and is unusual once a day.
    """
    if alert.kind in {AlertKind.REGRESSION, AlertKind.UNMUTED}:
        return f"{alert.kind}:{alert.group}:{decision}"
    if alert.kind is AlertKind.NEW:
        return f"{alert.kind}:{alert.group}"
    return f"{alert.kind}:{alert.group or alert.release}:{alert.day}"


def sentence_of(alert: Alert) -> str:
    """Return an alert in words, as one line."""
    of = " ".join(alert.title.split())
    release = f" ({' '.join(alert.release.split())})" if alert.release else ""
    counted = many(alert.reports, "report")
    return {
        AlertKind.NEW: f"New crash: {of}{release}, {counted}",
        AlertKind.REGRESSION: f"Back again: {of}{release}",
        AlertKind.UNMUTED: f"Not muted any more: {of}, {counted} since",
        AlertKind.VELOCITY: f"More than usual: {of}, {counted} today, usually {ratio(alert.usual)} a day",
        AlertKind.CRASH_FREE: (
            f"Crash-free sessions{release}: {ratio(alert.crash_free)}% of {whole(alert.sessions)} today"
        ),
        AlertKind.TEST: "This is a test: alerts arrive here",
    }[alert.kind]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts of one app that go out together."""

    app: int
    name: str
    alerts: tuple[Alert, ...]

    @property
    def subject(self) -> str:
        """The first alert, and how many more there are, as one line."""
        more = len(self.alerts) - 1
        subject = f"[{self.name}] {sentence_of(self.alerts[0])}{f', and {more} more' if more else ''}"
        return " ".join(subject.split())

    @property
    def spelled(self) -> Sequence[Alert]:
        """The alerts that are spelled out."""
        return self.alerts[:MOST]

    @property
    def left_out(self) -> str:
        """A line about those that are not, or nothing."""
        return f"And {many(len(self.alerts) - MOST, 'more alert')}." if len(self.alerts) > MOST else ""


def write_message(app: App, alerts: Sequence[Alert]) -> str:
    """Return a message as JSON."""
    return msgspec.json.encode(Message(app.id, app.name, tuple(alerts))).decode()


def read_message(text: str) -> Message:
    """Return the message of JSON that `write_message` wrote. Raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=Message)


def page_of(message: Message, alert: Alert, base_url: str) -> str:
    """Return the address of the page about an alert."""
    return f"{base_url}/apps/{message.app}/" + (
        f"crashes/{alert.group}" if alert.group else "releases" if alert.release else "alerts"
    )
