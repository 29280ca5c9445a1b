"""The history of the demonstration: a month of made-up submissions, as lines of a replay file.

Everything follows from the seed and the time at which the history ends. No line is a row of the store: `logless
replay` sends each through the real pipeline, under the clock that the line names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Final, TypedDict

from collector.demonstration.audience import Person, meet
from collector.demonstration.defects import RELEASES
from collector.demonstration.senders import SDKS, Installation, break_down, install, write_envelope, write_event
from collector.demonstration.walks import CRAWLERS, HOME, PRICING, Beacon, Hit

KEY: Final = "d3000000000000000000000000000001"
"""The key of the demonstration's app. It is in the demonstration's pages for all to read, and opens nothing else."""

VISITS: Final = 410
WEEK: Final = (1.07, 1.09, 1.07, 1.04, 0.98, 0.82, 0.86)
"""How busy the days of a week are, from Monday."""

HOURS: Final = (14, 10, 8, 7, 8, 12, 22, 38, 54, 62, 64, 62, 58, 62, 66, 68, 66, 64, 62, 64, 62, 52, 38, 24)
"""How busy the hours of a day are, from midnight UTC: most people of the demonstration live in Europe or America."""

REPORTS: Final = 70
ROLLOUT: Final = 4.0
"""Days after which most installations have a new release."""

UNSTORED: Final = 0.04
"""Share of people whose browsers store nothing: nobody knows whether they have been here before."""


_write = json.JSONEncoder(separators=(",", ":")).encode


class Line(TypedDict):
    """One submission of a replay file."""

    at: str  # RFC 3339, UTC, whole seconds, ending in Z
    ip: str
    method: str
    path: str
    headers: dict[str, str]
    body: str


def submissions(
    until: datetime,
    days: int = 30,
    seed: int = 1,
    *,
    site: str = "demo",
    host: str = "127.0.0.1",
    app: int = 1,
    key: str = KEY,
) -> Iterator[Line]:
    """Yield the submissions of that many whole days (UTC) and of the day of `until` up to it, in time order.

    Every whole day has 320 to 520 visits, fewer at weekends, and 60 to 80 crash reports. `until` must be aware:
    ValueError else.
    """
    if until.tzinfo is None:
        raise ValueError("until has no time zone: pass an aware datetime, such as datetime.now(UTC)")
    until = until.astimezone(UTC)
    # Not for secrets: the same seed must make the same history.
    chance = Random(seed)  # noqa: S311
    first = until.date() - timedelta(days=days)
    demonstration = _Demonstration(Beacon(site, host), app=app, key=key, first=first, days=max(days, 1), chance=chance)
    timed: list[tuple[datetime, Line]] = []
    for number in range(days + 1):
        timed.extend(demonstration.day(first + timedelta(days=number)))
    timed.sort(key=itemgetter(0))
    return (line for at, line in timed if at <= until)


def write(
    path: Path,
    until: datetime,
    days: int = 30,
    seed: int = 1,
    *,
    site: str = "demo",
    host: str = "127.0.0.1",
    app: int = 1,
    key: str = KEY,
) -> int:
    """Write `submissions` as JSON lines in UTF-8, and return how many. Raises what opening the file raises."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in submissions(until, days, seed, site=site, host=host, app=app, key=key):
            file.write(_write(line) + "\n")
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class _Sent:
    """A submission before it is a line."""

    at: datetime
    ip: str
    path: str
    headers: Mapping[str, str]
    body: str

    def line(self) -> tuple[datetime, Line]:
        at = self.at.replace(microsecond=0)
        return at, {
            "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "ip": self.ip,
            "method": "POST",
            "path": self.path,
            "headers": dict(self.headers),
            "body": self.body,
        }


class _Demonstration:
    """Makes days up, one after the other, for one site and one app."""

    def __init__(self, beacon: Beacon, *, app: int, key: str, first: date, days: int, chance: Random) -> None:
        self.beacon = beacon
        self.stranger = Beacon(beacon.site, "lantern-notes.example")
        self.app, self.key = app, key
        self.first, self.days, self.chance = first, days, chance
        self.regulars = [meet(chance) for _ in range(700)]
        # The week in which each was here last; the regulars know the site from before the history begins.
        self.weeks = {person.ip: _week(first) - chance.randint(0, 9) for person in self.regulars}
        self.installations = [install(chance) for _ in range(900)]

    def day(self, day: date) -> Iterator[tuple[datetime, Line]]:
        """Make one day up, in no particular order; a visit may go on into the next."""
        for sent in (*self._visits(day), *self._programs(day), *self._crashes(day), *self._mistakes(day)):
            yield sent.line()

    def _moment(self, day: date) -> datetime:
        hour = self.chance.choices(range(24), HOURS)[0]
        start = datetime.combine(day, time(hour), UTC)
        return start + timedelta(seconds=self.chance.uniform(0, 3600))

    def _visits(self, day: date) -> Iterator[_Sent]:
        grown = 0.97 + 0.06 * (day - self.first).days / self.days
        busy = WEEK[day.weekday()] * grown * self.chance.uniform(0.97, 1.03)
        for _ in range(round(VISITS * busy)):
            is_regular = self.chance.random() < 0.35
            person = self.chance.choice(self.regulars) if is_regular else meet(self.chance)
            begun = self._moment(day)
            for hit in self.beacon.walk(person, self.chance, self._revisit(person, day)):
                yield self._hit(begun, person.ip, person.agent.text, person.language, hit)

    def _revisit(self, person: Person, day: date) -> int | None:
        """Return the class that a browser tells: new, this week, in the four weeks before it, or earlier."""
        if self.chance.random() < UNSTORED:
            return None
        week, last = _week(day), self.weeks.get(person.ip)
        self.weeks[person.ip] = week
        if last is None:
            return 0
        return 1 if last >= week else 2 if last >= week - 4 else 3

    def _hit(self, begun: datetime, ip: str, agent: str, language: str, hit: Hit) -> _Sent:
        headers = {
            "content-type": "text/plain;charset=UTF-8",
            "user-agent": agent,
            "accept-language": language,
            "origin": f"http://{self.beacon.host}",
        }
        return _Sent(begun + timedelta(seconds=hit.after), ip, "/api/event", headers, hit.body)

    def _programs(self, day: date) -> Iterator[_Sent]:
        """Send what crawlers send that run scripts: the collector drops it, and counts that it did."""
        for _ in range(self.chance.randint(6, 14)):
            network, agent = self.chance.choice(CRAWLERS)
            ip = network.format(self.chance.randrange(1, 255))
            hit = self.beacon.hit(0, meet(self.chance), self.chance.choice((HOME, PRICING)), r="")
            yield self._hit(self._moment(day), ip, agent, "en-US", hit)

    def _mistakes(self, day: date) -> Iterator[_Sent]:
        """Send what is refused: excluded pages, a copy of the site on a foreign host, broken bodies, no consent."""
        draft = f"/demo/drafts/{self.chance.randrange(1, 40)}/"
        for count, beacon, path in ((4, self.beacon, draft), (2, self.stranger, HOME)):
            for _ in range(self.chance.randint(1, count)):
                person = meet(self.chance)
                hit = beacon.hit(0, person, path, r="")
                yield self._hit(self._moment(day), person.ip, person.agent.text, person.language, hit)
        if self.chance.random() < 0.4:
            person = meet(self.chance)
            broken = Hit(0, '{"n":"pageview","u":')
            yield self._hit(self._moment(day), person.ip, person.agent.text, person.language, broken)
        if self.chance.random() < 0.5:
            yield self._report(day, self.chance.choice(self.installations), consent=False)

    def _crashes(self, day: date) -> Iterator[_Sent]:
        for _ in range(round(REPORTS * (0.5 + WEEK[day.weekday()] / 2) * self.chance.uniform(0.94, 1.06))):
            report = self._report(day, self.chance.choice(self.installations))
            yield report
            if self.chance.random() < 0.03:
                # An SDK that saw no answer sends the same report again.
                again = report.at + timedelta(seconds=self.chance.uniform(5, 60))
                yield _Sent(again, report.ip, report.path, report.headers, report.body)

    def _report(self, day: date, installation: Installation, *, consent: bool = True) -> _Sent:
        moment = self._moment(day)
        release = self._release(day)
        defect = break_down(installation, release, self.chance)
        event = write_event(installation, defect, release, f"{moment:%Y-%m-%dT%H:%M:%SZ}", self.chance)
        if not consent:
            del event["tags"]
        sdk = SDKS[defect.platform]
        headers = {
            "content-type": "application/x-sentry-envelope",
            "user-agent": sdk,
            "x-sentry-auth": f"Sentry sentry_version=7, sentry_client={sdk}, sentry_key={self.key}",
        }
        path = f"/api/{self.app}/envelope/"
        return _Sent(moment, installation.ip, path, headers, write_envelope(event))

    def _release(self, day: date) -> str:
        """Draw the release of a report: a new one comes out after each third of the time, and spreads in days."""
        release = RELEASES[0]
        age = (day - self.first).days
        for number, newer in enumerate(RELEASES[1:], start=1):
            out_for = age - number * self.days / len(RELEASES)
            if out_for >= 0 and self.chance.random() < min(0.92, (out_for + 1) / ROLLOUT):
                release = newer
        return release


def _week(day: date) -> int:
    """Count ISO weeks, as the beacon does: they begin on Mondays, and 1970 began on a Thursday."""
    return (day - date(1969, 12, 29)).days // 7
