"""The vocabulary of all that is kept.

A cell is a key and integers. A key is a tuple of strings whose first member names a `Kind`:

    hours          (HOURS, hour)                       amounts: METRICS
    attributes     (attribute, value)                  amounts: METRICS
    pairs          (pair, value, value)                amounts: METRICS
    crashes        (CRASH, group, attribute, value)    amounts: CRASH_METRICS
    refusals       (REFUSED, reason)                   amounts: one count
    marks          (MARK, RESTARTED)                   amounts: METRICS, with one visit for each restart

No key holds a person, a time finer than an hour, or more than two attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

Key = tuple[str, ...]

RARE: Final = "(rare)"
"""The value under which everything that too few people share is summed."""

WITHHELD: Final = "(withheld)"
"""Stands where a text looked like somebody's identifier."""

HOURS: Final = "hours"
CRASH: Final = "crash"
REFUSED: Final = "refused"
MARK: Final = "mark"

RESTARTED: Final = "~"
"""Marks a day whose keys were lost with a crash: its visitors may be counted a little high."""

WHOLE_DAY: Final = -1
"""The hour of a day that had too few visits to tell its hours."""


class Metric(IntEnum):
    """What is counted of visits; the members are positions in a list of amounts."""

    VISITORS = 0
    VISITS = 1
    PAGEVIEWS = 2
    EVENTS = 3
    BOUNCES = 4
    SECONDS = 5  # engaged seconds
    SCROLL = 6  # sum of deepest percents
    SCROLLS = 7  # page views that told a depth


METRICS: Final = tuple(metric.name.lower() for metric in Metric)
CRASH_METRICS: Final = ("reports",)


class Attribute(StrEnum):
    """One-way tables of hits that code refers to by name; `ingest/hits/attributes` holds one file for each."""

    PAGE = "page"
    SOURCE = "source"
    REFERRER = "referrer"
    COUNTRY = "country"
    DEVICE = "device"
    BROWSER = "browser"
    SYSTEM = "system"
    LANGUAGE = "language"
    NETWORK = "network"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """An attribute as the way out sees it: what it is called, and which of its values wait for nobody."""

    name: str  # as it stands in the `cells` table
    dimension: str  # as the Stats API calls it
    title: str  # as a page heads it
    free: frozenset[str] = frozenset()  # a short printed list of values that are disclosed from the first
    shown: bool = True  # whether the overview has a card for it


OF_PAGES: Final = Breakdown("page", "event:page", "Pages")
OF_EVENTS: Final = Breakdown("event", "event:name", "Events")
"""What a visit may have several of, so that visits count them themselves."""

NETWORK_K: Final = 20
"""Networks are shown on the privacy page only, from this many senders on, in every profile."""


class Pair(StrEnum):
    """Two-way tables of hits, by day: a closed list."""

    PAGE_SOURCE = "page*source"
    PAGE_COUNTRY = "page*country"
    PAGE_DEVICE = "page*device"
    SOURCE_COUNTRY = "source*country"
    SOURCE_DEVICE = "source*device"
    COUNTRY_LANGUAGE = "country*language"
    COUNTRY_SYSTEM = "country*system"
    COUNTRY_DEVICE = "country*device"

    @property
    def attributes(self) -> tuple[Attribute, Attribute]:
        """The two attributes that this pair crosses."""
        first, second = self.value.split("*")
        return Attribute(first), Attribute(second)


class CrashAttribute(StrEnum):
    """One-way tables of a crash group, by day."""

    RELEASE = "release"
    SYSTEM_VERSION = "system_version"
    MODEL = "model"
    ARCH = "arch"
    ENVIRONMENT = "environment"
    STATE = "state"
    STRIPPED = "stripped"  # a field that was dropped, or withheld for a detector: `user`, `frame.function:email`
    TRIPPED = "tripped"  # a field, the detector that it set off, and the release: `frame.function:email (2.14.0)`
    MESSAGE = "message"  # a template that is known or shared
    TAG = "tag"  # `name: value`, as declared
    LANGUAGE = "language"
    MEMORY = "memory"
    STORAGE = "storage"
    UPTIME = "uptime"
    LOW_MEMORY = "low_memory"
    VPN = "vpn"
    FORMER = "former"  # the id that the algorithm before gives to the same reports


class Refusal(StrEnum):
    """Why a submission was not counted: a closed list. The text behind each is for `explain` and the README."""

    BAD_JSON = "bad_json"
    BAD_FIELD = "bad_field"
    BAD_TYPE = "bad_type"
    TOO_LARGE = "too_large"
    UNKNOWN_SITE = "unknown_site"
    HOST = "host"
    EXCLUDED = "excluded"
    BOT = "bot"
    OWN_NETWORK = "own_network"
    LATE = "late"
    OVER_RATE = "over_rate"
    FULL = "full"
    UNKNOWN_APP = "unknown_app"
    WRONG_KEY = "wrong_key"
    NO_CONSENT = "no_consent"
    BAD_ENVELOPE = "bad_envelope"
    BAD_ENCODING = "bad_encoding"
    DUPLICATE = "duplicate"
    UNWANTED_ITEM = "unwanted_item"


UNKNOWN_OWNER: Final = "(unknown)"
"""Refusals that no site or app can be named for are filed here."""
