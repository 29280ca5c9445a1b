"""The tables of what a team decides about crash groups, and of the alerts that teams of sites and apps ask for.

None is about a user.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, UniqueConstraint

from ingest.store.control.metadata import METADATA

DECISIONS: Final = Table(
    "crash_decisions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("app", Integer, nullable=False),
    Column("group", String, nullable=False),
    Column("state", String, nullable=False),
    Column("until", String, nullable=False, comment="what the state waits for"),
    Column("release", String, nullable=False, comment="the release that a state is about"),
    Column("number", Integer, nullable=False, comment="reports that end a mute"),
    Column("end", Integer, comment="day since 1970 that ends a mute"),
    Column("day", Integer, nullable=False, comment="day since 1970 of the decision"),
    Column("seen", String, nullable=False, comment="reports of that day so far by release, as JSON"),
    UniqueConstraint("app", "group"),
    sqlite_autoincrement=True,
)
ASSIGNMENTS: Final = Table(
    "crash_assignments",
    METADATA,
    Column("app", Integer, primary_key=True),
    Column("group", String, primary_key=True),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
)
NOTES: Final = Table(
    "crash_notes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("app", Integer, nullable=False),
    Column("group", String, nullable=False, index=True),
    Column("user", ForeignKey("users.id", ondelete="SET NULL"), index=True, comment="null: the author is gone"),
    Column("day", Integer, nullable=False, comment="day since 1970"),
    Column("text", String, nullable=False),
)
MERGES: Final = Table(
    "crash_merges",
    METADATA,
    Column("app", Integer, primary_key=True),
    Column("group", String, primary_key=True),
    Column("into", String, nullable=False, comment="the group that it is shown as; never itself merged"),
)
ACTIONS: Final = Table(
    "actions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("owner", String, nullable=False, index=True, comment="a site, or app:N; empty: the whole installation"),
    Column("minute", Integer, nullable=False, comment="minute since 1970 in which a member did it"),
    Column("member", String, nullable=False, comment="empty: the server itself"),
    Column("action", String, nullable=False),
    Column("object", String, nullable=False),
    Column("detail", String, nullable=False),
)
CHANNELS: Final = Table(
    "alert_channels",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("owner", String, nullable=False, index=True, comment="a site, or app:N"),
    Column("kind", String, nullable=False),
    Column("target", String, nullable=False),
    Column("secret", String, nullable=False, comment="what a webhook's messages are signed with"),
    Column("sent", Integer, nullable=False, default=0),
    Column("retried", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("fault", String, nullable=False, default="", comment="why the last attempt failed; empty: it did not"),
    sqlite_autoincrement=True,
)
RULES: Final = Table(
    "alert_rules",
    METADATA,
    Column("owner", String, primary_key=True, comment="a site, or app:N"),
    Column("kind", String, primary_key=True),
    Column("threshold", Integer, nullable=False),
    Column("least", Integer, nullable=False),
    Column("is_primed", Boolean, nullable=False, comment="whether what was there before the rule is known"),
)
TOLD: Final = Table(
    "alert_told",
    METADATA,
    Column("owner", String, primary_key=True, comment="a site, or app:N"),
    Column("key", String, primary_key=True, comment="what an alert was about: a group, a release, a day, a week"),
    Column("day", Integer, nullable=False, comment="day since 1970"),
)
DELIVERIES: Final = Table(
    "alert_deliveries",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("channel", ForeignKey("alert_channels.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message", String, nullable=False, comment="alerts as JSON of their closed type"),
    Column("attempts", Integer, nullable=False),
    Column("due", Integer, nullable=False, comment="second since 1970; the row goes when it is sent or given up"),
    sqlite_autoincrement=True,
)

SUCCESSIONS: Final = Table(
    "crash_successions",
    METADATA,
    Column("app", Integer, primary_key=True),
    Column("former", String, primary_key=True, comment="a group of the algorithm of grouping before"),
    Column("group", String, primary_key=True, comment="a group that its reports are in now"),
)

TABLES: Final = (DECISIONS, ASSIGNMENTS, NOTES, MERGES, ACTIONS, CHANNELS, RULES, TOLD, DELIVERIES)
