"""What is asked of the Stats API, read from JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec

from dashboards.period import Bucket, Period, custom_period, named_period, today_in
from dashboards.stats.filters import Filter, QuestionError, read_filters
from dashboards.stats.vocabulary import (
    BUCKETS,
    CONVERSIONS,
    CRASH_DIMENSIONS,
    CRASH_METRICS,
    GOAL,
    GROUP,
    RANGES,
    REASON,
    REFUSALS,
    TITLE,
    VISIT_METRICS,
    props_of,
)
from ingest.app import App, Apps
from ingest.site import Site, Sites
from ingest.store.control.tokens import Token

__all__ = ["Filter", "ForeignError", "Order", "Question", "QuestionError", "read_question"]

MOST_ROWS: Final = 1_000_000
DEFAULT_ROWS: Final = 10_000
KEYS: Final = (
    "site_id", "app_id", "metrics", "date_range", "dimensions", "filters", "order_by", "pagination", "include"
)  # fmt: skip


class ForeignError(Exception):
    """The token does not cover the site or app that is asked about."""


@dataclass(frozen=True, slots=True)
class Order:
    """A metric or dimension to order by."""

    name: str
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question that makes sense."""

    owner: Site | App
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]
    filters: tuple[Filter, ...]
    period: Period
    order: tuple[Order, ...]
    limit: int
    offset: int
    time_labels: bool
    total_rows: bool
    attributes: Mapping[str, str]
    """Dimensions of visits, each with the attribute that it asks for."""

    @property
    def time(self) -> Bucket | None:
        """The bucket of the time dimension, if there is one."""
        return next((BUCKETS[name] for name in self.dimensions if name in BUCKETS), None)

    @property
    def asked(self) -> tuple[str, ...]:
        """The attributes that dimensions and filters are about, each once."""
        names = [*self.dimensions, *(item.dimension for item in self.filters)]
        return tuple(dict.fromkeys(self.attributes[name] for name in names if name in self.attributes))

    @property
    def of_everybody(self) -> Question:
        """The same question about whoever came, whether they reached a goal or not."""
        return replace(
            self,
            dimensions=tuple(name for name in self.dimensions if self.attributes.get(name) != GOAL),
            filters=tuple(item for item in self.filters if self.attributes.get(item.dimension) != GOAL),
        )

    @property
    def is_about_refusals(self) -> bool:
        """Whether refusals are asked for."""
        return self.metrics == (REFUSALS,)

    @property
    def data(self) -> dict[str, Any]:
        """The question as it was understood."""
        owner = self.owner
        return {
            **({"site_id": owner.id} if isinstance(owner, Site) else {"app_id": owner.id}),
            "metrics": list(self.metrics),
            "date_range": [self.period.since.isoformat(), self.period.until.isoformat()],
            "dimensions": list(self.dimensions),
            "filters": [[item.operator, item.dimension, list(item.values)] for item in self.filters],
            "order_by": [[item.name, "desc" if item.is_descending else "asc"] for item in self.order],
            "include": {"time_labels": self.time_labels, "total_rows": self.total_rows},
            "pagination": {"limit": self.limit, "offset": self.offset},
        }


def read_question(
    body: bytes, token: Token, sites: Sites, apps: Apps, attributes: Mapping[str, str], now: float
) -> Question:
    """Read a question. Raises QuestionError; ForeignError when the token is for another site or app."""
    asked = _read_json(body)
    owner = _owner(asked, token, sites, apps)
    metrics = _metrics(asked, owner)
    if isinstance(owner, Site):
        attributes = {**attributes, **props_of(owner)}
    known = known_dimensions(owner, metrics, attributes)
    dimensions = _dimensions(asked, owner, metrics, known)
    include = _object(asked, "include", ("time_labels", "total_rows", "imports"))
    pagination = _object(asked, "pagination", ("limit", "offset"))
    question = Question(
        owner=owner,
        metrics=metrics,
        dimensions=dimensions,
        filters=read_filters(asked.get("filters", []), known),
        period=_period(asked, today_in(owner.timezone, now)),
        order=_order(asked, metrics, dimensions),
        limit=_whole(pagination, "limit", DEFAULT_ROWS, 1, MOST_ROWS),
        offset=_whole(pagination, "offset", 0, 0, 10**9),
        time_labels=_flag(include, "time_labels"),
        total_rows=_flag(include, "total_rows"),
        attributes=attributes,
    )
    if question.time_labels and question.time is None:
        raise QuestionError("include.time_labels needs a time dimension in dimensions")
    if CONVERSIONS in metrics and GOAL not in question.asked:
        raise QuestionError("metrics: conversion_rate is of a goal: name event:goal in dimensions or filters")
    return question


def _read_json(body: bytes) -> Mapping[str, Any]:
    try:
        asked = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise QuestionError("the body is not JSON") from error
    if not isinstance(asked, dict):
        raise QuestionError("the body is not a JSON object")
    if any(key not in KEYS for key in asked):
        raise QuestionError(f"a key is unknown; known are {', '.join(KEYS)}")
    return asked


def _owner(asked: Mapping[str, Any], token: Token, sites: Sites, apps: Apps) -> Site | App:
    if ("site_id" in asked) == ("app_id" in asked):
        raise QuestionError("give either site_id or app_id")
    if "site_id" in asked:
        name = asked["site_id"]
        if not isinstance(name, str):
            raise QuestionError("site_id is a string")
        if not token.covers_site(name):
            raise ForeignError
        site = sites.get(name)
        if site is None:
            raise QuestionError("site_id: no site of that id is configured")
        return site
    number = asked["app_id"]
    if isinstance(number, bool) or not isinstance(number, int):
        raise QuestionError("app_id is a whole number")
    if not token.covers_app(number):
        raise ForeignError
    app = apps.get(number)
    if app is None:
        raise QuestionError("app_id: no app of that id is configured")
    return app


def _metrics(asked: Mapping[str, Any], owner: Site | App) -> tuple[str, ...]:
    names = _strings(asked, "metrics")
    known = (*VISIT_METRICS, CONVERSIONS) if isinstance(owner, Site) else CRASH_METRICS
    if not names:
        raise QuestionError(f"metrics names at least one of {', '.join((*known, REFUSALS))}")
    if REFUSALS in names and len(names) > 1:
        raise QuestionError("metrics: refusals is asked for alone")
    if any(name not in known and name != REFUSALS for name in names):
        raise QuestionError(f"metrics has an unknown name; known are {', '.join((*known, REFUSALS))}")
    return names


def known_dimensions(owner: Site | App, metrics: Sequence[str], attributes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that `dimensions` may hold, apart from those of time."""
    if REFUSALS in metrics:
        return (REASON,)
    return tuple(attributes) if isinstance(owner, Site) else (GROUP, TITLE, *CRASH_DIMENSIONS)


def _dimensions(
    asked: Mapping[str, Any], owner: Site | App, metrics: Sequence[str], valued: Sequence[str]
) -> tuple[str, ...]:
    names = _strings(asked, "dimensions")
    known = (*BUCKETS, *valued)
    if any(name not in known for name in names):
        raise QuestionError(f"dimensions has an unknown name; known are {', '.join(known)}")
    if sum(name in BUCKETS for name in names) > 1:
        raise QuestionError("dimensions: only one of them can be of time")
    hour = f"time:{Bucket.HOUR.value}"
    if hour in names and (len(names) > 1 or not isinstance(owner, Site) or REFUSALS in metrics):
        raise QuestionError("dimensions: time:hour is kept of a site's totals only, so it stands alone")
    return names


def _period(asked: Mapping[str, Any], today: date) -> Period:
    given = asked.get("date_range")
    period = None
    if isinstance(given, str) and given in RANGES:
        period = named_period(given, today)
    elif isinstance(given, list) and len(given) == 2 and all(isinstance(day, str) for day in given):
        period = custom_period(given[0], given[1], today)
    if period is None:
        names = ", ".join(f'"{name}"' for name in RANGES)
        raise QuestionError(f'date_range is one of {names}, or two days ["YYYY-MM-DD", "YYYY-MM-DD"] up to today')
    return period


def _order(asked: Mapping[str, Any], metrics: Sequence[str], dimensions: Sequence[str]) -> tuple[Order, ...]:
    found = asked.get("order_by")
    if found is None:
        # As Plausible has it: by time if there is a time, else the first metric, the most first.
        times = tuple(Order(name, is_descending=False) for name in dimensions if name in BUCKETS)
        return times or (Order(metrics[0], is_descending=True),)
    if not isinstance(found, list):
        raise QuestionError('order_by is a list of [name, "asc" or "desc"]')
    return tuple(_order_item(item, (*metrics, *dimensions)) for item in found)


def _order_item(item: object, known: Sequence[str]) -> Order:
    if not isinstance(item, list) or len(item) != 2 or item[1] not in ("asc", "desc"):
        raise QuestionError('order_by: each is [name, "asc" or "desc"]')
    if item[0] not in known:
        raise QuestionError("order_by: each name is one of the metrics or dimensions that are asked for")
    return Order(item[0], item[1] == "desc")


def _strings(asked: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = asked.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise QuestionError(f"{name} is a list of strings")
    if len(set(found)) != len(found):
        raise QuestionError(f"{name} names something twice")
    return tuple(found)


def _object(asked: Mapping[str, Any], name: str, known: Sequence[str]) -> Mapping[str, Any]:
    found = asked.get(name, {})
    if not isinstance(found, dict) or any(key not in known for key in found):
        raise QuestionError(f"{name} is an object of {', '.join(known)}")
    return found


def _whole(found: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    number = found.get(name, default)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise QuestionError(f"pagination.{name} is a whole number from {least} to {most}")
    return number


def _flag(found: Mapping[str, Any], name: str) -> bool:
    flag = found.get(name, False)
    if not isinstance(flag, bool):
        raise QuestionError(f"include.{name} is true or false")
    return flag
