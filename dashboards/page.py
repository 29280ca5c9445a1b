"""What a page says, before it is written as HTML, JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashboards.table import Table


@dataclass(frozen=True, slots=True)
class Tab:
    """A link of the shell's navigation."""

    title: str
    path: str
    is_current: bool = False
    key: str = ""
    """The letter that leads there."""


@dataclass(frozen=True, slots=True)
class Picker:
    """The days that a page can be about: the usual ones as tabs, all others in a menu."""

    title: str
    path: str
    since: date
    until: date
    today: date
    tabs: Sequence[Tab]
    every: Sequence[Tab]
    earlier: str = ""
    later: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    """Arguments that a form of other days hands on."""
    comparisons: Sequence[Tab] = ()
    weekdays: Tab | None = None
    """The switch between comparing weekdays and comparing dates."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its template with values for people, its data for programs, its table for spreadsheets."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    table: Table | None = None
    place: str = ""
    """Name of the site or app that the page is about."""
    tabs: Sequence[Tab] = ()
    periods: Picker | None = None
    section: Sequence[Tab] = ()
    """Links between the pages of one tab."""
    is_live: bool = False
    """Whether its numbers move while somebody looks."""
    status: int = 200
