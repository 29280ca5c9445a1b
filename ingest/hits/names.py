"""What steps name things by: the pages of the day, and the lists of sources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ingest.hits.catalogue import Catalogue
from ingest.hits.location import Location
from ingest.hits.paths import Paths

_LONGEST: Final = 300
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Names:
    """Pages and referrers are remembered until the day ends, so that nobody reads the same text for each hit."""

    catalogue: Catalogue
    paths: Paths = field(default_factory=Paths)
    _locations: dict[str, Location] = field(default_factory=dict, repr=False)

    def location(self, url: str) -> Location:
        """Return the parts of a URL, as `Location.read` does.

        A page's is read once a day, if it has no query, fragment or user: what stands there may be somebody's own.
        """
        location = self._locations.get(url)
        if location is None:
            location = Location.read(url)
            is_plain = location.host and not location.query and not location.fragment and "@" not in url
            if is_plain and len(url) <= _LONGEST:
                if len(self._locations) >= _MOST:
                    self._locations.clear()
                self._locations[url] = location
        return location

    def forget(self) -> None:
        """Empty the memory: no value outlives its day."""
        self.paths.forget()
        self._locations.clear()
