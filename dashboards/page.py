"""What a page says, before it is written as HTML, JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.table import Table


@dataclass(frozen=True, slots=True)
class Tab:
    """A link of the shell's navigation."""

    title: str
    path: str
    is_current: bool = False


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
    periods: Sequence[Tab] = ()
    is_live: bool = False
    """Whether its numbers move while somebody looks."""
    status: int = 200
