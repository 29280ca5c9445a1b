"""Values on their way to k: message templates, models, languages and fingerprints of a release.

A value is shared once k senders have sent it within a release, on one day or over a week: a sender counts once a day,
since the keys by which senders are told apart die with the day. So the digests of today are held, and of the days
before only how many there were. Nothing of it is in a file: what a week does not fill is forgotten, a planned restart
hands it on from memory to memory, and after any other all begins anew. A shared value stays shared for as long as no
week passes without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import msgspec

from ingest.counters.disclosure import Who

_WEEK: Final = timedelta(days=7)
_MANY_NETWORKS: Final = 3

Place = tuple[str, str]
"""An owner and one of its groups, or no group: what is watched together."""
Value = tuple[str, str, str]
"""An attribute, a release and a value."""


class Underway(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How far a value is on its way to k, as a planned restart hands it on."""

    place: Place
    value: Value
    today: int  # ordinal of the date
    is_shared: bool
    earlier: dict[int, int]
    senders: list[bytes]
    networks: list[str]
    hidden: int


@dataclass(slots=True)
class _Progress:
    today: date  # the newest day on which somebody sent it
    shared: bool = False
    earlier: dict[date, int] = field(default_factory=dict)  # senders of the days before
    senders: set[bytes] = field(default_factory=set, repr=False)
    networks: set[str] = field(default_factory=set, repr=False)
    hidden: int = 0  # reports of today that did not tell the value

    def close(self) -> None:
        """Let go of who sent it on a day that is over; how many they were stays, and from how many networks."""
        if self.senders:
            self.earlier[self.today] = len(self.senders)
        # Installations behind an exit of the operator's own count as networks, and are digests of the day.
        self.networks = {
            network if "." in network or ":" in network else f"{self.today}.{number}"
            for number, network in enumerate(self.networks)
        }
        self.senders, self.hidden = set(), 0

    def turn(self, today: date) -> None:
        """Go on to another day, and let go of all that is a week old."""
        if today <= self.today:
            return
        self.close()
        self.earlier = {day: count for day, count in self.earlier.items() if today - day < _WEEK}
        self.today = today

    @property
    def count(self) -> int:
        return sum(self.earlier.values()) + len(self.senders)


class Watch:
    """What waits for k, of every app."""

    def __init__(self, most: int = 50_000) -> None:
        """Take how many values are watched at most. For what comes on top those make room that fewest have sent."""
        self._most = most
        self._places: dict[Place, dict[Value, _Progress]] = {}
        self._watched = 0
        self._swept = date.min

    def witness(self, place: Place, value: Value, today: date, who: Who, k: int) -> int | None:
        """Note that somebody sent a value. Return None while it may not be told.

        Once it may, return how many reports of today did not tell it: 0, but for the first time.
        """
        self._sweep(today)
        progress = self._open(place, value, today)
        if progress is None:
            return None
        progress.turn(today)
        # No set grows past what the decision needs: what is not needed is not remembered.
        if progress.count < k or progress.shared:
            progress.senders = {who.sender} if progress.shared else progress.senders | {who.sender}
        if len(progress.networks) < _MANY_NETWORKS:
            progress.networks.add(who.network)
        if not progress.shared and progress.count >= k and len(progress.networks) >= min(k, _MANY_NETWORKS):
            hidden, progress.hidden, progress.shared = progress.hidden, 0, True
            return hidden
        if progress.shared:
            return 0
        progress.hidden += 1
        return None

    def _open(self, place: Place, value: Value, today: date) -> _Progress | None:
        values = self._places.get(place, {})
        progress = values.get(value)
        if progress is None:
            if self._watched >= self._most:
                self._thin()
            self._watched += 1
            progress = self._places.setdefault(place, {})[value] = _Progress(today)
        return progress

    def _thin(self) -> None:
        """Keep the better half: what is shared, then what most and last have sent.

        Else whoever invents enough messages would hide everybody's for a week. Half the room is free then, so this
        is seldom done.
        """
        everything = [
            (progress.shared, progress.count, progress.today, number, place, value)
            for number, (place, value, progress) in enumerate(self._all())
        ]
        for *_, place, value in sorted(everything)[: (len(everything) + 1) // 2]:
            del self._places[place][value]
            if not self._places[place]:
                del self._places[place]
        self._watched = sum(map(len, self._places.values()))

    def _all(self) -> Iterator[tuple[Place, Value, _Progress]]:
        for place, values in self._places.items():
            for value, progress in values.items():
                yield place, value, progress

    def nearest(self, place: Place, attribute: str, k: int) -> int | None:
        """Return how far the value of an attribute is that is nearest to k, at most k - 1, or None if none waits."""
        waiting = self._places.get(place, {}).items()
        counts = [progress.count for (name, _, _), progress in waiting if name == attribute and not progress.shared]
        return min(max(counts), k - 1) if counts else None

    def forget(self, owner: str, day: date) -> None:
        """Let go of who sent what on a day of an owner that closed."""
        for (of, _), values in self._places.items():
            for progress in values.values():
                if of == owner and progress.today <= day:
                    progress.close()

    def hand_over(self) -> list[Underway]:
        """Return all that is watched: for the next process' memory in a planned restart."""
        return [
            Underway(
                place,
                value,
                progress.today.toordinal(),
                progress.shared,
                {day.toordinal(): count for day, count in progress.earlier.items()},
                list(progress.senders),
                list(progress.networks),
                progress.hidden,
            )
            for place, value, progress in self._all()
        ]

    def take_over(self, underway: Iterable[Underway]) -> None:
        """Go on with what the process before has handed over, as far as there is room for it."""
        for each in underway:
            progress = self._open(each.place, each.value, date.fromordinal(each.today))
            if progress is not None:
                progress.shared, progress.hidden = each.is_shared, each.hidden
                progress.earlier = {date.fromordinal(day): count for day, count in each.earlier.items()}
                progress.senders, progress.networks = set(each.senders), set(each.networks)

    def _sweep(self, today: date) -> None:
        """Forget, once a day, what nobody has sent for a week."""
        if today <= self._swept:
            return
        self._swept = today
        self._places = {place: kept for place in self._places if (kept := dict(self._fresh(place, today)))}
        self._watched = sum(map(len, self._places.values()))

    def _fresh(self, place: Place, today: date) -> Iterator[tuple[Value, _Progress]]:
        for value, progress in self._places[place].items():
            if today - progress.today < _WEEK:
                yield value, progress
