"""The vocabulary of all that is kept.

A cell is a key and integers. A key is a tuple of strings whose first member names a `Kind`:

    hours          (HOURS, hour)                       amounts: METRICS
    attributes     (attribute, value)                  amounts: METRICS
    props          ("prop:" and its name, value)       amounts: METRICS
    funnels        ("funnel:" and its name, step)      amounts: METRICS
    pairs          (pair, value, value)                amounts: METRICS
    crashes        (CRASH, group, attribute, value)    amounts: CRASH_METRICS
    sessions       (SESSION, release)                  amounts: SESSION_METRICS
    losses         (LOSS, category, reason)            amounts: LOSS_METRICS
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
SESSION: Final = "session"
LOSS: Final = "loss"
REFUSED: Final = "refused"
MARK: Final = "mark"

RESTARTED: Final = "~"
"""Marks a day whose keys were lost with a crash: its visitors may be counted a little high."""

ALL_RELEASES: Final = ""
"""Stands for the release in the totals of a day's sessions: an installation that was updated has two releases."""

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


class SessionMetric(IntEnum):
    """What is counted of the runs of an app; the members are positions in a list of amounts.

    Of a run that ended badly exactly one of crashed, abnormal and errored is told, the worst.
    """

    SESSIONS = 0
    CRASHED = 1
    ERRORED = 2
    ABNORMAL = 3
    INSTALLS = 4  # installations first heard of that day
    CRASHED_INSTALLS = 5


METRICS: Final = tuple(metric.name.lower() for metric in Metric)
SESSION_METRICS: Final = tuple(metric.name.lower() for metric in SessionMetric)
CRASH_METRICS: Final = ("reports",)
LOSS_METRICS: Final = ("lost",)
REFUSAL_METRICS: Final = ("submissions",)


_OF_KINDS: Final = {
    CRASH: CRASH_METRICS, SESSION: SESSION_METRICS, LOSS: LOSS_METRICS, REFUSED: REFUSAL_METRICS
}  # fmt: skip


def metrics_of(key: Key) -> tuple[str, ...]:
    """Return the names of the amounts that a cell has."""
    return _OF_KINDS.get(key[0], METRICS)


class Attribute(StrEnum):
    """One-way tables of hits that code refers to by name; `ingest/hits/attributes` holds one file for most."""

    PAGE = "page"
    ENTRY = "entry"
    EXIT = "exit"
    SOURCE = "source"
    CHANNEL = "channel"
    REFERRER = "referrer"
    UTM_CAMPAIGN = "utm_campaign"
    COUNTRY = "country"
    DEVICE = "device"
    BROWSER = "browser"
    SYSTEM = "system"
    LANGUAGE = "language"
    NETWORK = "network"
    EVENT = "event"
    OUTBOUND = "outbound"
    DOWNLOAD = "download"
    MISSING = "missing"
    GOAL = "goal"


PROP: Final = "prop:"
"""Begins the attribute of a declared property of events; its name follows."""

FUNNEL: Final = "funnel:"
"""Begins the attribute of a declared funnel; its name follows, and the values are the numbers of its steps."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """An attribute as the way out sees it: what it is called, and which of its values wait for nobody."""

    name: str  # as it stands in the `cells` table
    dimension: str  # as the Stats API calls it
    title: str  # as a page heads it
    free: frozenset[str] = frozenset()  # a short printed list of values that are disclosed from the first
    shown: bool = True  # whether the overview has a card for it


OUTBOUND_EVENT: Final = "Outbound Link: Click"
DOWNLOAD_EVENT: Final = "File Download"
FORM_EVENT: Final = "Form: Submission"
MISSING_EVENT: Final = "404"
"""The events that our beacon and Plausible's send by themselves."""

OF_PAGES: Final = Breakdown("page", "event:page", "Pages")
OF_EVENTS: Final = Breakdown(
    "event", "event:name", "Events", frozenset({OUTBOUND_EVENT, DOWNLOAD_EVENT, FORM_EVENT, MISSING_EVENT})
)
OF_GOALS: Final = Breakdown("goal", "event:goal", "Goals")
OF_EXITS: Final = Breakdown("exit", "visit:exit_page", "Exit pages")
OF_OUTBOUND: Final = Breakdown("outbound", "event:outbound", "Outbound links")
OF_DOWNLOADS: Final = Breakdown("download", "event:download", "Downloads")
OF_MISSING: Final = Breakdown("missing", "event:missing", "Missing pages")
UNFOLDING: Final = (OF_PAGES, OF_EVENTS, OF_GOALS, OF_EXITS, OF_OUTBOUND, OF_DOWNLOADS, OF_MISSING)
"""What a visit may have several of, or changes while it unfolds, so that visits count it themselves."""

NETWORK_K: Final = 20
"""Networks are shown on the privacy page only, from this many senders on, in every profile."""


class Pair(StrEnum):
    """Two-way tables of hits: a closed list. Those of goals are by week, all others by day."""

    PAGE_SOURCE = "page*source"
    PAGE_COUNTRY = "page*country"
    PAGE_DEVICE = "page*device"
    ENTRY_SOURCE = "entry*source"
    ENTRY_CHANNEL = "entry*channel"
    ENTRY_CAMPAIGN = "entry*utm_campaign"
    SOURCE_COUNTRY = "source*country"
    SOURCE_DEVICE = "source*device"
    COUNTRY_LANGUAGE = "country*language"
    COUNTRY_SYSTEM = "country*system"
    COUNTRY_DEVICE = "country*device"
    CHANNEL_COUNTRY = "channel*country"
    CHANNEL_DEVICE = "channel*device"
    GOAL_SOURCE = "goal*source"
    GOAL_CHANNEL = "goal*channel"
    GOAL_CAMPAIGN = "goal*utm_campaign"
    GOAL_ENTRY = "goal*entry"
    GOAL_COUNTRY = "goal*country"
    GOAL_DEVICE = "goal*device"
    GOAL_SYSTEM = "goal*system"

    @property
    def attributes(self) -> tuple[Attribute, Attribute]:
        """The two attributes that this pair crosses."""
        first, second = self.value.split("*")
        return Attribute(first), Attribute(second)

    @property
    def is_weekly(self) -> bool:
        """Whether its rows are about weeks: a day of one buyer could be laid beside a payment."""
        return self.attributes[0] is Attribute.GOAL


class CrashAttribute(StrEnum):
    """One-way tables of a crash group, by day."""

    RELEASE = "release"
    SYSTEM_VERSION = "system_version"
    MODEL = "model"
    ARCH = "arch"
    ENVIRONMENT = "environment"
    STATE = "state"
    BLOCKED = "blocked"  # what a security policy kept a page from loading: a word of a list, or a host that k share
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
    SPAM = "spam"
    HEADLESS = "headless"
    PREFETCH = "prefetch"
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
    IDS_IGNORED = "ids_ignored"  # no refusal of the submission, but of what it says about a person


UNKNOWN_OWNER: Final = "(unknown)"
"""Refusals that no site or app can be named for are filed here."""
