"""How healthy a release is: sessions and installations without a crash, and between which bounds that may be chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from ingest.counters.cells import SESSION_METRICS

Z_95: Final = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5% on either side."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a whole, from 0 to 1, and the bounds of its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def percent(self) -> float:
        """The share in percent, to two places; it is 100 only when nothing at all is missing."""
        return min(round(100 * self.value, 2), 99.99) if self.value < 1 else 100.0


def wilson(hits: int, trials: int, z: float = Z_95) -> Share | None:
    """Return the share of hits among trials with its score interval, or None when there were no trials.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927): the interval
    stays within 0 and 1 and is of use for few trials and for shares near 1, where crash-free ones are.
    """
    if trials <= 0:
        return None
    hits = min(max(hits, 0), trials)
    share = hits / trials
    weight = z * z / trials
    centre = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * sqrt(share * (1 - share) / trials + weight / (4 * trials))
    # At either end the interval reaches the end exactly; floats may miss it by a little.
    low = 0.0 if hits == 0 else min(max(0.0, centre - reach), share)
    high = 1.0 if hits == trials else max(min(1.0, centre + reach), share)
    return Share(share, low, high)


def crash_free(crashed: int, whole: int) -> Share | None:
    """Return the share without a crash.

    "A session does not have to be started in order to crash", and its start may be of an earlier day: there are
    never fewer sessions than crashed ones.
    """
    return wilson(whole - crashed, whole) if whole >= crashed else wilson(0, crashed)


@dataclass(frozen=True, slots=True)
class Health:
    """Sums of sessions and installations, in the order of SESSION_METRICS; a release's share of all of them."""

    sessions: int = 0
    crashed: int = 0
    errored: int = 0
    abnormal: int = 0
    installs: int = 0  # over several days, install-days
    crashed_installs: int = 0
    adoption: float = 0.0

    @classmethod
    def of(cls, amounts: Sequence[int], adoption: float = 0.0) -> Health:
        """Build from amounts in the order of SESSION_METRICS."""
        return cls(**dict(zip(SESSION_METRICS, amounts, strict=True)), adoption=adoption)

    @property
    def amounts(self) -> tuple[int, ...]:
        """The sums, in the order of SESSION_METRICS."""
        return tuple(getattr(self, name) for name in SESSION_METRICS)

    @property
    def crash_free_sessions(self) -> Share | None:
        """The share of sessions that did not crash."""
        return crash_free(self.crashed, self.sessions)

    @property
    def crash_free_installs(self) -> Share | None:
        """The share of installations that met no crash on a day: None where apps send no installation."""
        return crash_free(self.crashed_installs, self.installs)


def total(healths: Iterable[Health]) -> Health:
    """Return the sum of several days or releases. Installations of two releases in a day are summed too."""
    return Health.of([sum(column) for column in zip(*(health.amounts for health in healths), strict=True)] or _NOTHING)


def by_release(sums: Mapping[str, Sequence[int]]) -> dict[str, Health]:
    """Return the health of each release, with its share of all installations: of sessions, where there are none."""
    whole = total(Health.of(amounts) for amounts in sums.values())
    found = {}
    for release, amounts in sums.items():
        health = Health.of(amounts)
        part, among = (health.installs, whole.installs) if whole.installs else (health.sessions, whole.sessions)
        found[release] = Health.of(amounts, max(0, part) / among if among > 0 else 0.0)
    return found


_NOTHING: Final = (0,) * len(SESSION_METRICS)
