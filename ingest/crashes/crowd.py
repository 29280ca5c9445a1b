"""How many groups and releases of an app a day tells apart.

Names of code are kept from the first report on, and whoever has a DSN can invent them, by the thousand. A real app has
some hundreds of groups a day and some dozens of releases. Past these bounds, reports of groups that are new that day
are one group, and releases that are new that day wait for k senders.
"""

from __future__ import annotations

from datetime import date
from typing import Final

MOST_GROUPS: Final = 2_000
MOST_RELEASES: Final = 500

Day = tuple[str, date]
"""An owner and one of its dates."""


class Crowd:
    """The groups and releases of the days that are open, of every app; names of code and digests of them."""

    def __init__(self, groups: int = MOST_GROUPS, releases: int = MOST_RELEASES) -> None:
        self._most_groups = groups
        self._most_releases = releases
        self._groups: dict[Day, set[str]] = {}
        self._releases: dict[Day, set[str]] = {}

    def has_room_for_group(self, owner: str, day: date, group: str) -> bool:
        """Tell whether a group is told apart on a day, and remember that it is."""
        return _joins(self._groups.setdefault((owner, day), set()), group, self._most_groups)

    def has_room_for_release(self, owner: str, day: date, release: str) -> bool:
        """Tell whether a release is named at once on a day, and remember that it is."""
        return _joins(self._releases.setdefault((owner, day), set()), release, self._most_releases)

    def forget(self, owner: str, day: date) -> None:
        """Let go of a day that closed."""
        self._groups.pop((owner, day), None)
        self._releases.pop((owner, day), None)


def _joins(names: set[str], name: str, most: int) -> bool:
    if name in names:
        return True
    if len(names) >= most:
        return False
    names.add(name)
    return True
