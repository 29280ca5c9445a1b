"""What steps name things by: the pages of the day, and the lists of sources."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.hits.catalogue import Catalogue
from ingest.hits.paths import Paths


@dataclass(frozen=True, slots=True)
class Names:
    """Pages are remembered until the day ends; of sources nothing is, since each look-up costs microseconds."""

    catalogue: Catalogue
    paths: Paths = field(default_factory=Paths)

    def forget(self) -> None:
        """Empty the memory: no value outlives its day."""
        self.paths.forget()
