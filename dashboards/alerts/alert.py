"""An alert: counters, disclosed values and names of code. It has no field for anything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import quote

import msgspec

from dashboards.digest import Digest, write_digest
from dashboards.numbers import many, ratio, whole
from dashboards.unusual import Trend, Unusual
from ingest.app import App
from ingest.site import Site

MOST: Final = 20
"""Alerts that a message spells out; of more it says how many there are."""


class AlertKind(StrEnum):
    """What happened."""

    NEW = "new"
    REGRESSION = "regression"
    UNMUTED = "unmuted"
    VELOCITY = "velocity"
    CRASH_FREE = "crash_free"
    SPIKE = "spike"
    DROP = "drop"
    SILENT = "silent"
    DIGEST = "digest"
    TEST = "test"


TRAFFIC: Final = frozenset({AlertKind.SPIKE, AlertKind.DROP, AlertKind.SILENT})
"""What is about a day of a site."""


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something to tell. Titles and releases are names of code that have passed the schema of crash reports.

    The day of a silence is its first, that of a digest its Monday.
    """

    kind: AlertKind
    day: date
    group: str = ""
    title: str = ""
    release: str = ""
    reports: int = 0
    usual: float = 0.0
    sessions: int = 0
    crash_free: float = 0.0
    visits: int = 0
    digest: Digest | None = None


def key_of(alert: Alert, decision: int = 0) -> str:
    """Return what an alert is about, so that it is told once.

    A group is new once, regresses once for each decision, and is unusual once a day. So is a site; it has one digest
    a week.
    """
    if alert.kind in TRAFFIC:
        return f"traffic:{alert.kind}:{alert.day}"
    if alert.kind is AlertKind.DIGEST:
        return digest_key(alert.day)
    if alert.kind in {AlertKind.REGRESSION, AlertKind.UNMUTED}:
        return f"{alert.kind}:{alert.group}:{decision}"
    if alert.kind is AlertKind.NEW:
        return f"{alert.kind}:{alert.group}"
    return f"{alert.kind}:{alert.group or alert.release}:{alert.day}"


def digest_key(monday: date) -> str:
    """Return the key of the digest of a week."""
    return f"digest:{monday}"


def traffic_alert(one: Unusual) -> Alert:
    """Return what is unusual as an alert."""
    return Alert(AlertKind(one.trend.value), one.day, visits=one.visits, usual=float(one.usual))


def sentence_of(alert: Alert) -> str:
    """Return an alert in words, as one line."""
    if alert.kind in TRAFFIC:
        return Unusual(Trend(alert.kind.value), alert.day, alert.visits, round(alert.usual)).sentence
    if alert.digest is not None:
        return alert.digest.headline
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


def paragraph_of(alert: Alert, page: str) -> str:
    """Return an alert as plain text with the address of its page: a digest is a whole letter, others are a line."""
    return f"{sentence_of(alert)}\n{page}\n" if alert.digest is None else write_digest(alert.digest, page)


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts of one site or app that go out together."""

    owner: str
    name: str
    alerts: tuple[Alert, ...]

    @property
    def app(self) -> int | None:
        """The number of the app that owns it, or None: it is a site's."""
        kind, is_app, number = self.owner.partition(":")
        return int(number) if is_app and kind == "app" else None

    @property
    def path(self) -> str:
        """Where the owner's pages are."""
        return f"/sites/{quote(self.owner, safe='')}" if self.app is None else f"/apps/{self.app}"

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


def write_message(owner: Site | App, alerts: Sequence[Alert]) -> str:
    """Return a message as JSON."""
    return msgspec.json.encode(Message(owner.owner, name_of(owner), tuple(alerts))).decode()


def name_of(owner: Site | App) -> str:
    """Return what people call a site or app."""
    return owner.id if isinstance(owner, Site) else owner.name


def read_message(text: str) -> Message:
    """Return the message of JSON that `write_message` wrote. Raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=Message)


def page_of(message: Message, alert: Alert, base_url: str) -> str:
    """Return the address of the page about an alert."""
    return f"{base_url}{message.path}{_place(alert)}"


def _place(alert: Alert) -> str:
    if alert.kind is AlertKind.DIGEST:
        return f"/digest?week={alert.day}"
    if alert.kind in TRAFFIC:
        week = timedelta(days=6)
        return f"?period=custom&from={alert.day - week}&to={alert.day}"
    if alert.group:
        return f"/crashes/{alert.group}"
    return "/releases" if alert.release else "/alerts"
