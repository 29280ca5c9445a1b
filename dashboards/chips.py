"""The filter of a page, in words, with ways to turn it round and to let it go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.cards import filter_path, noun_of
from dashboards.panels import Panel
from dashboards.selection import Selection
from ingest.site import Site


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter."""

    noun: str
    words: str
    value: str
    turned: str
    without: str


def chip_of(site: Site, selection: Selection, panels: Sequence[Panel], keep: Mapping[str, str]) -> Chip | None:
    """Return the filter in words, or None."""
    condition = selection.condition
    if condition is None:
        return None
    panel = next((panel for panel in panels if panel.attribute == condition.attribute), None)
    exact = condition.operator in {"is", "is_not"}
    return Chip(
        noun_of(condition.attribute, panels),
        condition.words,
        panel.label(condition.value) if panel is not None and exact else condition.value,
        filter_path(site, selection, condition.negated, keep),
        filter_path(site, selection, None, keep),
    )
