"""The referrer audit: every referring host with what it sent, what is odd about it, and what a reviewer found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from dashboards.counts import Counts
from dashboards.hosts import Hosts
from dashboards.referrers import Converted, Seen
from ingest.site import Site
from ingest.store.control.reviews import Review, Status

NEW_DAYS: Final = 14
FEW: Final = 5
"""Visits below which nothing is made of their being short."""

FLAGS: Final = {
    "new": f"first seen in the last {NEW_DAYS} days",
    "spam": "on the list of referrer spam; what it sends is refused, what is counted here came before it was listed",
    "no engagement": f"{FEW} visits or more, and not one engaged second, event or second page in any of them",
    "trimmed": "more visits name it by a tag in their link than arrived with its address: anybody can write a tag",
    "self": "the site's own host, or a neighbour of it; name it in hosts if it is yours",
}


@dataclass(frozen=True, slots=True)
class Audited:
    """One host of the audit."""

    host: str
    declared: str
    """`partner`, `referrer`, or nothing."""
    source: str
    """The name that its visits are counted under, where that is another one."""
    counts: Counts
    tagged: int
    """Visits that name it by a tag and did not bring its address."""
    goals: int
    first: date | None
    last: date | None
    flags: tuple[str, ...]
    review: Review | None
    is_overdue: bool

    @property
    def status(self) -> Status:
        """What the newest review found."""
        return self.review.finding.status if self.review else Status.NOT_REVIEWED

    @property
    def engaged_share(self) -> int:
        """Percent of visits that did not bounce."""
        return 100 - self.counts.bounce_rate if self.counts.visits else 0


def audit(
    site: Site,
    hosts: Mapping[str, Seen],
    sources: Mapping[str, Seen],
    goals: Iterable[Converted],
    reviews: Mapping[str, Review],
    knowledge: Hosts,
    today: date,
) -> list[Audited]:
    """Return every disclosed, declared or reviewed host: overdue ones first, then those that sent most visits."""
    reached: Counter[str] = Counter()
    for one in goals:
        reached[one.source] += one.converters
    names = {host for host in hosts if is_host(host)} | site.partners | site.referrers | set(reviews)
    found = []
    for host in names:
        name, seen, review = knowledge.source(host), hosts.get(host, Seen()), reviews.get(host)
        # A name that several hosts share tells nothing about one of them.
        tagged = sources[host].counts.visits - seen.counts.visits if name == host and host in sources else 0
        found.append(
            Audited(
                host=host,
                declared="partner" if host in site.partners else "referrer" if host in site.referrers else "",
                source="" if name == host else name,
                counts=seen.counts.shown(site.profile),
                tagged=Counts(visits=max(tagged, 0)).shown(site.profile).visits,
                goals=reached[name],
                first=seen.first,
                last=seen.last,
                flags=tuple(_flags(site, host, seen, tagged, knowledge, today)),
                review=review,
                is_overdue=review is not None and review.is_overdue(today),
            )
        )
    return sorted(found, key=_place)


def is_host(value: str) -> bool:
    """Return whether a value names a host; those in parentheses stand for none."""
    return bool(value) and not value.startswith("(")


def _place(one: Audited) -> tuple[bool, date, int, str]:
    due = one.review.finding.due if one.review and one.is_overdue else None
    return not one.is_overdue, due or date.max, -one.counts.visits, one.host


def _flags(site: Site, host: str, seen: Seen, tagged: int, knowledge: Hosts, today: date) -> Iterable[str]:
    counts = seen.counts
    if seen.first is not None and (today - seen.first).days < NEW_DAYS:
        yield "new"
    if knowledge.is_spam(host):
        yield "spam"
    if counts.visits >= FEW and counts.bounces >= counts.visits and counts.seconds == 0:
        yield "no engagement"
    if tagged > 0:
        yield "trimmed"
    if any(_are_neighbours(host, own.removeprefix("www.")) for own in site.hosts):
        yield "self"


def _are_neighbours(host: str, own: str) -> bool:
    return host == own or host.endswith(f".{own}") or (host.count(".") > 0 and own.endswith(f".{host}"))
