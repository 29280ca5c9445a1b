"""Which release of an app came after which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from dashboards.versions import UNNAMED, Version, read_version

Place = tuple[bool, tuple[Version, ...], int, str]


class Lineage:
    """The releases of an app in their order: by version, and by the day they were first seen where there is none."""

    def __init__(self, firsts: Mapping[str, date]) -> None:
        """Take the first day of every release that reports named."""
        self._firsts = {release: day for release, day in firsts.items() if release not in UNNAMED}

    def place(self, release: str) -> Place:
        """Return what to sort releases by, the oldest first. Releases without a version come before all others."""
        version = read_version(release)
        first = self._firsts.get(release, date.min).toordinal()
        return version is not None, (version,) if version is not None else (), first, release

    def begun(self, since: date, until: date) -> list[tuple[date, str]]:
        """Return the releases that were first seen between two days, both within, each with its day, in order."""
        found = [(day, release) for release, day in self._firsts.items() if since <= day <= until]
        return sorted(found, key=lambda one: (one[0], self.place(one[1])))

    def newest(self, like: Iterable[str] = ()) -> str:
        """Return the newest release, of the package that the newest of some others has; empty when there is none."""
        model = max((release for release in like if release not in UNNAMED), key=self.place, default="")
        family = [release for release in self._firsts if not model or _are_kin(release, model)]
        return max(family, key=self.place, default=model)

    def before(self, release: str) -> str:
        """Return the release of the same package that came before, or an empty text."""
        older = [
            other for other in self._firsts if _are_kin(other, release) and self.place(other) < self.place(release)
        ]
        return max(older, key=self.place, default="")

    def is_at_least(self, release: str, other: str) -> bool:
        """Tell whether a release is another or came after it. After no release at all comes everything."""
        if release == other or other in UNNAMED:
            return True
        mine, theirs = read_version(release), read_version(other)
        if mine is not None and theirs is not None and _are_kin(release, other):
            return mine >= theirs
        first, since = self._firsts.get(release), self._firsts.get(other)
        return first is not None and since is not None and first > since


def _are_kin(one: str, other: str) -> bool:
    """Tell whether two releases can be of the same program; a name without a package can be of any."""
    first, second = read_version(one), read_version(other)
    if first is None or second is None:
        return True
    return first.package == second.package or not (first.package and second.package)
