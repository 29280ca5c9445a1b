"""What a verdict on a field is made of. The verdicts themselves are the table in `fields`.

From that table follow which keys of an event are read, which are counted as stripped, `/api/{app}/schema.json`, the
filters that run on the device, and docs/crash-fields.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from ingest.crashes.stripped import Stripped


class Verdict(StrEnum):
    """What becomes of a field."""

    KEEP = "keep"
    COARSEN = "coarsen"
    DROP = "drop"


class Form(StrEnum):
    """What a device leaves of a field before it sends it. The server does the same again, and more."""

    TEXT = "text"  # sent as it is, and judged by the server
    NAME = "name"  # a name of code: likewise, and said to be withheld if it is no text
    LINE = "line"  # a whole number that a file may have lines
    FLAG = "flag"
    DAY = "day"  # the midnight before a moment
    BASENAME = "basename"  # the last part of a path
    OFFSET = "offset"  # an address of the machine, as the distance to the start of its binary
    TEMPLATE = "template"  # a message without what differs from report to report
    LANGUAGE = "language"  # the first part of a locale
    MEMORY = "memory"  # the lower end of a bucket of bytes
    STORAGE = "storage"
    UPTIME = "uptime"  # a start, moved so that it tells no more than a bucket of seconds before the day
    ENVIRONMENT = "environment"  # only if the app declares it
    TAGS = "tags"  # consent, and names with values that the app declares
    FINGERPRINT = "fingerprint"  # texts, each as a template
    PART = "part"  # an object, built by the rules of another part
    LIST = "list"  # a list of such objects
    VALUES = "values"  # `{"values": [...]}` of such objects
    SPARE = "spare"  # a stack that goes to the last exception when that has none


@dataclass(frozen=True, slots=True)
class Rule:
    """One verdict on some fields of a part: why, and under which name a loss is counted, if it is."""

    verdict: Verdict
    names: tuple[str, ...]
    why: str
    form: Form | None = None
    counted: Stripped | None = None
    part: str = ""


@dataclass(frozen=True)
class Part:
    """The fields of one kind of object. `public` are the types of Sentry's public schema that it answers for."""

    name: str
    where: str
    rules: tuple[Rule, ...]
    public: tuple[str, ...] = ()

    @cached_property
    def rule_of(self) -> Mapping[str, Rule]:
        """The rule of every field that has one."""
        return {name: rule for rule in self.rules for name in rule.names}

    @cached_property
    def counted(self) -> Mapping[str, Stripped]:
        """Fields that are dropped, and the name under which that is counted."""
        return {
            name: rule.counted
            for name, rule in self.rule_of.items()
            if rule.verdict is Verdict.DROP and rule.counted is not None
        }

    @cached_property
    def uncounted(self) -> frozenset[str]:
        """Fields whose presence alone is no loss: they are read, or only carry the protocol."""
        return frozenset(self.rule_of) - frozenset(self.counted)


def keep(names: str, why: str, form: Form = Form.TEXT, counted: Stripped | None = None, part: str = "") -> Rule:
    """Return the rule of fields that are kept as they are, once they have the shape of what they are said to be."""
    return Rule(Verdict.KEEP, tuple(names.split()), why, form, counted, part)


def coarsen(names: str, why: str, form: Form, counted: Stripped | None = None) -> Rule:
    """Return the rule of fields of which less is kept than was sent."""
    return Rule(Verdict.COARSEN, tuple(names.split()), why, form, counted)


def drop(names: str, why: str, counted: Stripped | None = None, form: Form | None = None) -> Rule:
    """Return the rule of fields of which nothing is kept."""
    return Rule(Verdict.DROP, tuple(names.split()), why, form, counted)


Steps = tuple[tuple[int, str], ...]

_GB: Final = 1 << 30
_MB: Final = 1 << 20

MEMORY: Final[Steps] = (
    (0, "under 2 GB"),
    (2 * _GB, "2 to 4 GB"),
    (4 * _GB, "4 to 8 GB"),
    (8 * _GB, "8 to 16 GB"),
    (16 * _GB, "16 to 32 GB"),
    (32 * _GB, "32 GB and more"),
)
STORAGE: Final[Steps] = (
    (0, "under 100 MB"),
    (100 * _MB, "100 MB to 1 GB"),
    (_GB, "1 to 10 GB"),
    (10 * _GB, "10 to 100 GB"),
    (100 * _GB, "100 GB and more"),
)
UPTIME: Final[Steps] = (
    (0, "under 1 minute"),
    (60, "1 to 5 minutes"),
    (300, "5 minutes to 1 hour"),
    (3_600, "1 hour to 1 day"),
    (86_400, "1 day and more"),
)
"""Buckets: where each begins, and what it is called."""


def bucket_of(amount: int, steps: Steps) -> str:
    """Return the name of the bucket that an amount, not negative, lies in."""
    return next(name for begin, name in reversed(steps) if amount >= begin)
