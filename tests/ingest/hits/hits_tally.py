"""Counts visits in the simplest way there is: all hits in a list, each visit summed up once it is over.

It shares no code with the product. What it says in a few loops, the product has to reach by increments that are
added and taken back while visits unfold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

METRICS = ("visitors", "visits", "pageviews", "events", "bounces", "seconds", "scroll", "scrolls")
PAIRS = (
    ("page", "source"), ("page", "country"), ("page", "device"), ("source", "country"), ("source", "device"),
    ("country", "language"), ("country", "system"), ("country", "device"), ("entry", "source"), ("entry", "channel"),
    ("entry", "utm_campaign"), ("channel", "country"), ("channel", "device"),
)  # fmt: skip
OF_GOALS = ("source", "channel", "utm_campaign", "entry", "country", "device", "system")
Name = tuple[date, tuple[str, ...]]
Totals = dict[Name, dict[str, int]]
Been = dict[Name, set[tuple[str, str]]]


@dataclass(frozen=True)
class Told:
    """One submission, and what is known of who sent it."""

    at: float
    site: str
    visitor: tuple[str, str]
    name: str
    page: str
    first: dict[str, str]  # the values that its visit has if it begins one
    seconds: int = 0
    scroll: int | None = None
    interactive: bool = True
    props: tuple[tuple[str, str], ...] = ()


@dataclass
class Stay:
    """One visit, as a list of what happened in it."""

    visitor: tuple[str, str]
    day: date
    hour: int
    last: float
    values: dict[str, str]
    views: list[tuple[str, int]] = field(default_factory=list)  # page, hour
    events: list[tuple[str, str, int]] = field(default_factory=list)  # name, page if it was viewed before, hour
    told: list[tuple[str, int, int | None, int]] = field(default_factory=list)  # page, seconds, scroll, hour
    acted: bool = False
    deeds: list[str] = field(default_factory=list)  # pages and events, in the order in which they came
    props: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Tally:
    """Counts of one site. Goals and funnels are named by the page or event that each step is."""

    zone: ZoneInfo
    idle: float = 1_800
    goals: dict[str, str] = field(default_factory=dict)
    funnels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    of: dict[tuple[str, str], list[Stay]] = field(default_factory=dict)
    late: Counter[date] = field(default_factory=Counter)

    def take(self, told: Told) -> None:
        moment = datetime.fromtimestamp(told.at, self.zone)
        own = self.of.setdefault(told.visitor, [])
        running = [stay for stay in own if self._goes_on(stay, told.at)]
        stay = running[-1] if running else None
        if told.name == "engagement" and (stay is None or told.page not in {page for page, _ in stay.views}):
            self.late[moment.date()] += 1
            return
        if stay is None:
            stay = Stay(told.visitor, moment.date(), moment.hour, told.at, {**told.first, "entry": told.page})
            self.stays.append(stay)
            own.append(stay)
        stay.last = told.at
        hour = moment.hour if moment.date() == stay.day else 23
        if told.name == "pageview":
            stay.views.append((told.page, hour))
            stay.deeds.append(told.page)
        elif told.name == "engagement":
            stay.told.append((told.page, told.seconds, told.scroll, hour))
        else:
            viewed = told.page in {page for page, _ in stay.views}
            stay.events.append((told.name, told.page if viewed else "", hour))
            stay.deeds.append(told.name)
            stay.props += told.props
            stay.acted = stay.acted or told.interactive

    def _goes_on(self, stay: Stay, now: float) -> bool:
        midnight = datetime.combine(stay.day + timedelta(days=1), time(0), self.zone)
        return now - stay.last < self.idle and now < midnight.timestamp() + 7_200

    def totals(self) -> Totals:
        found: Totals = defaultdict(lambda: dict.fromkeys(METRICS, 0))
        visitors: Been = defaultdict(set)
        been: set[tuple[date, tuple[str, str]]] = set()
        for stay in self.stays:
            if (stay.day, stay.visitor) not in been:
                been.add((stay.day, stay.visitor))
                found[stay.day, ("hours", str(stay.hour))]["visitors"] += 1
            self._hours(stay, found)
            for key, amounts in self._parts(stay):
                visitors[stay.day, key].add(stay.visitor)
                for metric, amount in amounts.items():
                    found[stay.day, key][metric] += amount
            self._by_week(stay, visitors, found)
        for name, who in visitors.items():
            if name[1][0] == "by week":
                continue
            found[name]["visitors"] = len(who)
        for day, count in self.late.items():
            found[day, ("refused", "late")] = {"refused": count}
        return self._without_networks({name: amounts for name, amounts in found.items() if any(amounts.values())})

    @staticmethod
    def _hours(stay: Stay, found: Totals) -> None:
        begun = found[stay.day, ("hours", str(stay.hour))]
        begun["visits"] += 1
        begun["bounces"] += _bounces(stay)
        begun["seconds"] += sum(seconds for _, seconds, _, _ in stay.told)
        for _, hour in stay.views:
            found[stay.day, ("hours", str(hour))]["pageviews"] += 1
        for _, _, hour in stay.events:
            found[stay.day, ("hours", str(hour))]["events"] += 1
        deepest: dict[str, int] = {}
        for page, _, scroll, hour in stay.told:
            if scroll is None or scroll <= deepest.get(page, -1):
                continue
            at_hour = found[stay.day, ("hours", str(hour))]
            at_hour["scroll"] += scroll - deepest.get(page, 0)
            at_hour["scrolls"] += page not in deepest
            deepest[page] = scroll

    def _by_week(
        self, stay: Stay, visitors: dict[tuple[date, tuple[str, ...]], set[tuple[str, str]]], found: Totals
    ) -> None:
        """Count what goals are crossed with; a week's visitors are those of its days, added."""
        monday = stay.day - timedelta(days=stay.day.weekday())
        for name, deed in self.goals.items():
            times = stay.deeds.count(deed)
            for attribute in OF_GOALS:
                if not times or attribute not in stay.values:
                    continue
                key = (f"goal*{attribute}", name, stay.values[attribute])
                amounts = found[monday, key]
                amounts["visits"] += 1
                amounts["events"] += times
                been = visitors.setdefault((stay.day, ("by week", *key)), set())
                amounts["visitors"] += stay.visitor not in been
                been.add(stay.visitor)

    def _parts(self, stay: Stay) -> list[tuple[tuple[str, ...], dict[str, int]]]:
        pages = dict.fromkeys(page for page, _ in stay.views)
        depths = {
            page: [scroll for where, _, scroll, _ in stay.told if where == page and scroll is not None]
            for page in pages
        }
        whole = {
            "visits": 1, "pageviews": len(stay.views), "events": len(stay.events), "bounces": _bounces(stay),
            "seconds": sum(seconds for _, seconds, _, _ in stay.told),
            "scroll": sum(max(told) for told in depths.values() if told),
            "scrolls": sum(bool(told) for told in depths.values()),
        }  # fmt: skip
        parts: list[tuple[tuple[str, ...], dict[str, int]]] = [
            ((name, value), whole) for name, value in stay.values.items()
        ]
        parts += [
            ((f"{a}*{b}", stay.values[a], stay.values[b]), whole)
            for a, b in PAIRS
            if a in stay.values and b in stay.values
        ]
        if stay.views:
            parts.append((("exit", stay.views[-1][0]), {"visits": 1}))
        for name, deed in self.goals.items():
            if deed in stay.deeds:
                parts.append((("goal", name), {"visits": 1, "events": stay.deeds.count(deed)}))
        for name, steps in self.funnels.items():
            parts += [((f"funnel:{name}", str(step + 1)), {"visits": 1}) for step in range(_made(steps, stay.deeds))]
        for (name, value), count in Counter(stay.props).items():
            parts.append(((f"prop:{name}", value), {"visits": 1, "events": count}))
        for page in pages:
            own = {
                "visits": 1, "pageviews": sum(where == page for where, _ in stay.views),
                "events": sum(where == page for _, where, _ in stay.events),
                "bounces": _bounces(stay) if page == stay.views[0][0] else 0,
                "seconds": sum(seconds for where, seconds, _, _ in stay.told if where == page),
                "scroll": max(depths[page], default=0), "scrolls": int(bool(depths[page])),
            }  # fmt: skip
            parts.append((("page", page), own))
            parts += [((f"page*{b}", page, stay.values[b]), own) for a, b in PAIRS if a == "page"]
        for name, count in Counter(name for name, _, _ in stay.events).items():
            parts.append((("event", name), {"visits": 1, "events": count}))
        return parts

    @staticmethod
    def _without_networks(found: Totals) -> Totals:
        """Sum up networks, which twenty senders must share before one is named, in any profile."""
        kept: Totals = {}
        for (day, key), amounts in found.items():
            if key[0] == "network":
                rare = kept.setdefault((day, ("network", "(rare)")), dict.fromkeys(METRICS, 0))
                for metric, amount in amounts.items():
                    rare[metric] += amount
            else:
                kept[day, key] = amounts
        return kept


def _made(steps: tuple[str, ...], deeds: list[str]) -> int:
    """Return how many steps were made, each after the one before it."""
    made = 0
    for deed in deeds:
        made += made < len(steps) and deed == steps[made]
    return made


def _bounces(stay: Stay) -> int:
    seconds = sum(seconds for _, seconds, _, _ in stay.told)
    return int(len(stay.views) == 1 and not stay.acted and seconds < 10)
