"""Annotations as members wrote them into the control database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards.annotations import Annotation
from ingest.store.control.annotations import list_annotations
from ingest.store.control.database import Control


@dataclass(frozen=True, slots=True)
class Written:
    """Reads them for charts, the earliest first. It blocks: ask from a thread."""

    control: Control

    def __call__(self, owner: str, since: date, until: date) -> list[Annotation]:
        """Return the annotations of a site or app between two days, both within."""
        found = list_annotations(self.control, owner, since, until)
        return [Annotation(one.day, one.text) for one in reversed(found)]
