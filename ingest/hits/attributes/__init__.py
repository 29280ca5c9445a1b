"""Breakdowns of visits, one small file each.

A file holds `BREAKDOWN`, which says what the attribute is called, and `value(hit)`, which reads it off the first
hit of a visit. A file may hold `is_declared(value, site)`, for values that the operator declared, and
`fallback(hit)`, for what a value counts as until it may be named. To add a breakdown, write such a file: counting,
disclosure, the Stats API, pages and CSV find it by being here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from ingest.counters.cells import Breakdown, Key
from ingest.counters.slot import Cell
from ingest.hits.hit import Hit
from ingest.site import Site


@dataclass(frozen=True, slots=True)
class VisitAttribute:
    """A breakdown with the way to its value."""

    breakdown: Breakdown
    value: Callable[[Hit], str]
    is_declared: Callable[[str, Site], bool] | None = None
    fallback: Callable[[Hit], Key | None] | None = None

    def cell(self, hit: Hit) -> Cell:
        """Return where a visit that begins with this hit is counted."""
        value, breakdown = self.value(hit), self.breakdown
        free = value in breakdown.free or (self.is_declared is not None and self.is_declared(value, hit.arrival.site))
        return (breakdown.name, value), free, self.fallback(hit) if self.fallback is not None else None


def visit_attributes() -> tuple[VisitAttribute, ...]:
    """Return every breakdown in this folder, in the order of their file names."""
    modules = [
        import_module(f"{__name__}.{found.name}") for found in sorted(iter_modules(__path__), key=lambda m: m.name)
    ]
    return tuple(
        VisitAttribute(
            module.BREAKDOWN, module.value, getattr(module, "is_declared", None), getattr(module, "fallback", None)
        )
        for module in modules
    )
