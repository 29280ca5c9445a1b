"""What became of one submission, step by step, told to whoever sent it and kept nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from ingest.counters.cells import METRICS, Refusal
from ingest.counters.growth import Growth
from ingest.hits.hit import Arrival, Hit
from ingest.hits.names import Names
from ingest.hits.steps import FIRST_STEPS, STEPS, Step, steps_of


@dataclass(frozen=True, slots=True)
class Passage:
    """One step, and how a submission came through it."""

    step: str
    result: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of a submission to one site: its steps, the last of which may have refused it, and what it comes to."""

    site: str
    event: str
    passages: tuple[Passage, ...]
    cells: tuple[Growth, ...] = ()

    @property
    def refusal(self) -> Refusal | None:
        """Why it is not counted, or None."""
        return self.passages[-1].refusal if self.passages else None

    @property
    def data(self) -> dict[str, Any]:
        """The trace as plain data: `site, event, refused, steps, cells`, as `logless explain hit --json` prints it."""
        return {
            "site": self.site,
            "event": self.event,
            "refused": self.refusal.value if self.refusal else None,
            "steps": [
                {"step": each.step, "result": each.result, "refused": each.refusal.value if each.refusal else None}
                for each in self.passages
            ],
            "cells": [
                {
                    "of": cell.key[0],
                    "values": list(cell.key[1:]),
                    "amounts": {name: amount for name, amount in zip(METRICS, cell.amounts, strict=False) if amount},
                    "waits": cell.waits,
                }
                for cell in self.cells
            ],
        }


def trace_arrival(arrival: Arrival) -> list[Passage]:
    """Return what the request tells, before any step looks at it."""
    location = arrival.location
    told = {
        name: getattr(arrival, name)
        for name in arrival.__struct_fields__
        if name not in {"site", "submission", "location"}
    }
    return [
        Passage("submission", f"{arrival.submission.event}, page {location.host}{location.path}"),
        Passage("request", _list(told)),
    ]


def trace_steps(arrival: Arrival, names: Names) -> tuple[Hit | Refusal, list[Passage]]:
    """Take an arrival through the steps as `walk` does, and those of a first hit, and say of each what it did."""
    hit = Hit(arrival)
    passages: list[Passage] = []
    for step in STEPS:
        refusal = _tell(step, hit, names, passages)
        if refusal is not None:
            return refusal, passages
    for step in (*steps_of(hit.kind), *FIRST_STEPS):
        refusal = _tell(step, hit, names, passages)
        if refusal is not None:
            return refusal, passages
    return hit, passages


def _tell(step: Step, hit: Hit, names: Names, passages: list[Passage]) -> Refusal | None:
    """Take a hit through a step and say what it did."""
    before = _state(hit)
    refusal = step(hit, names)
    if refusal is not None:
        passages.append(Passage(step.__name__, "refused", refusal))
        return refusal
    changed = {name: value for name, value in _state(hit).items() if value != before[name]}
    unmoved = "passed" if step.__name__.startswith("drop_") else "nothing to change"
    passages.append(Passage(step.__name__, _list(changed) or unmoved))
    return None


def _state(hit: Hit) -> dict[str, Any]:
    return {name: getattr(hit, name) for name in hit.__struct_fields__ if name != "arrival"}


def _list(values: Mapping[str, Any]) -> str:
    """Write values by name; what is empty or false says nothing and is left out."""
    return "; ".join(f"{name.replace('_', ' ')} {_words(value)}" for name, value in values.items() if value)


def _words(value: Any) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        return ", ".join(f"{name} {_words(part)}" for name, part in parts.items() if part)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes"
    if isinstance(value, tuple):
        return " ".join(map(_words, value))
    return str(value)
