"""The made-up month: what it promises to those who look at the demonstration."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collector import demonstration
from collector.demonstration.defects import DEFECTS, MIDDLE, NEW, OLD, RELEASES
from collector.demonstration.history import KEY, Line, submissions, write
from collector.demonstration.walks import CRAWLERS, NEXT, ORIGINS

UNTIL = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
PAGES = Path(demonstration.__file__).parent / "pages"
BREAK = timedelta(minutes=30)
CRAWLING = {agent for _, agent in CRAWLERS}


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return list(submissions(UNTIL))


@pytest.fixture(scope="module")
def people(lines: Sequence[Line]) -> list[tuple[datetime, Line, dict[str, Any]]]:
    """Hits that are to be counted: of the site, by a person, on a page that is there."""
    counted = []
    for line in lines:
        if line["path"] != "/api/event" or line["headers"]["user-agent"] in CRAWLING or line["body"][-1] != "}":
            continue
        hit = json.loads(line["body"])
        url = urlsplit(hit["u"])
        if url.hostname == "127.0.0.1" and not url.path.startswith("/demo/drafts/"):
            counted.append((datetime.fromisoformat(line["at"]), line, hit))
    return counted


@pytest.fixture(scope="module")
def events(lines: Sequence[Line]) -> list[tuple[Line, dict[str, Any]]]:
    return [(line, json.loads(line["body"].split("\n")[2])) for line in lines if line["path"] != "/api/event"]


def views_and_events(
    people: Sequence[tuple[datetime, Line, dict[str, Any]]],
) -> list[tuple[datetime, Line, dict[str, Any]]]:
    """Leave out engagement, which begins no visit and comes late."""
    return [each for each in people if each[2]["n"] != "engagement"]


def is_entry(hit: dict[str, Any]) -> bool:
    return hit["n"] == "pageview" and "r" in hit and not hit["r"].startswith("http://127.0.0.1")


def visits_by_day(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> Counter[date]:
    """Count visits as the collector does: hits of one address and agent, less than half an hour apart."""
    last: dict[tuple[str, str], datetime] = {}
    visits: Counter[date] = Counter()
    for at, line, _ in views_and_events(people):
        person = line["ip"], line["headers"]["user-agent"]
        if person not in last or at - last[person] >= BREAK:
            visits[at.date()] += 1
        last[person] = at
    return visits


def test_same_seed_is_the_same_history(lines: Sequence[Line]) -> None:
    assert list(submissions(UNTIL)) == lines
    assert list(submissions(UNTIL, seed=2)) != lines


def test_time_zone_of_until_does_not_matter(lines: Sequence[Line]) -> None:
    assert list(submissions(UNTIL.astimezone(timezone(timedelta(hours=9))))) == lines


def test_until_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        submissions(UNTIL.replace(tzinfo=None))


def test_lines_are_in_order_and_end_at_until(lines: Sequence[Line]) -> None:
    times = [datetime.fromisoformat(line["at"]) for line in lines]
    assert times == sorted(times)
    assert times[0].date() == date(2026, 10, 22)
    assert UNTIL - timedelta(minutes=15) < times[-1] <= UNTIL
    assert all(line["at"].endswith("Z") and len(line["at"]) == 20 for line in lines)


def test_lines_have_the_fields_of_a_replay_file(lines: Sequence[Line]) -> None:
    for line in lines:
        assert set(line) == {"at", "ip", "method", "path", "headers", "body"}
        assert line["method"] == "POST"
        assert line["path"] in {"/api/event", "/api/1/envelope/"}
        assert all(isinstance(value, str) for value in line["headers"].values())
        assert isinstance(line["body"], str)


def test_days_have_enough_visits_and_weeks_have_a_shape(
    people: Sequence[tuple[datetime, Line, dict[str, Any]]],
) -> None:
    visits = visits_by_day(people)
    whole = {day: count for day, count in visits.items() if day < UNTIL.date()}
    assert len(whole) == 30
    assert min(whole.values()) >= 300
    assert max(whole.values()) <= 520
    weekend = [count for day, count in whole.items() if day.weekday() >= 5]
    weekdays = [count for day, count in whole.items() if day.weekday() < 4]
    assert max(weekend) < min(weekdays)


def test_days_have_a_shape(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    hours = Counter(at.hour for at, _, _ in people if at.date() < UNTIL.date())
    assert len(hours) == 24
    assert min(hours[hour] for hour in range(8, 21)) > 3 * max(hours[hour] for hour in range(1, 5))


def test_visits_are_walks_along_links(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    walks: dict[tuple[str, str], list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    lengths: Counter[int] = Counter()
    for at, line, hit in views_and_events(people):
        walk = walks[line["ip"], line["headers"]["user-agent"]]
        if is_entry(hit):
            lengths[sum(seen["n"] == "pageview" for _, seen in walk)] += 1
            walk.clear()
        else:
            assert at - walk[-1][0] <= timedelta(seconds=930)
            if hit["n"] == "pageview":
                assert urlsplit(hit["r"]).path in NEXT
        walk.append((at, hit))
    assert set(lengths) - {0} == {1, 2, 3, 4, 5, 6}


def test_pages_exist(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    paths = {urlsplit(hit["u"]).path for _, _, hit in people}
    assert paths == set(NEXT)
    for path in paths:
        assert (PAGES / path.removeprefix("/demo/") / "index.html").is_file(), path


def test_bodies_are_what_the_beacon_sends(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    further = {"pageview": {"r", "rv"}, "engagement": {"e", "sd"}}
    for _, line, hit in people:
        assert set(hit) - further.get(hit["n"], {"p"}) == {"n", "u", "d", "h", "w", "l"}
        assert hit["d"] == "demo"
        assert line["headers"]["content-type"] == "text/plain;charset=UTF-8"
    props = {(hit["n"], *prop) for _, _, hit in people for prop in hit.get("p", {}).items()}
    assert props == {
        *(("signup", "plan", plan) for plan in ("free", "personal", "team")),
        *(("download", "system", system) for system in ("android", "ios", "linux", "macos", "windows")),
        ("download", "url", "http://127.0.0.1/demo/thanks/"),
        ("File Download", "url", "http://127.0.0.1/demo/download/lantern-manual.pdf"),
        ("Outbound Link: Click", "url", "https://commonmark.org/"),
    }


def test_engagement_is_believable(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    told: dict[tuple[str, str, str], int] = Counter()
    seconds, percents, late = [], [], 0
    last: dict[tuple[str, str], str] = {}
    for _, line, hit in people:
        person = line["ip"], line["headers"]["user-agent"]
        if hit["n"] == "engagement":
            assert hit["e"] % 1000 == 0
            assert 0 <= hit["e"] <= 900_000
            assert 0 < hit["sd"] <= 100
            told[(*person, hit["u"])] += hit["e"]
            seconds.append(hit["e"] / 1000)
            percents.append(hit["sd"])
            late += last[person] != hit["u"]
        elif hit["n"] == "pageview":
            last[person] = hit["u"]
    views = sum(hit["n"] == "pageview" for _, _, hit in people)
    assert 0.85 < len(seconds) / views < 1, "of some pages nothing arrives"
    assert 10 < median(seconds) < 30
    assert 50 < mean(percents) < 80
    assert late / len(seconds) > 0.15, "many arrive after the next view"


def test_bounces_are_some_but_not_most(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    """Count what the collector calls a bounce: one page view, no event, under ten engaged seconds."""
    visits: list[list[dict[str, Any]]] = []
    running: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _, line, hit in people:
        person = line["ip"], line["headers"]["user-agent"]
        if is_entry(hit):
            running[person] = []
            visits.append(running[person])
        running[person].append(hit)
    bounces = sum(
        all(hit["n"] in {"pageview", "engagement"} for hit in visit)
        and sum(hit["n"] == "pageview" for hit in visit) == 1
        and sum(hit.get("e", 0) for hit in visit) < 10_000
        for visit in visits
    )
    assert 0.15 < bounces / len(visits) < 0.5


def test_people_come_again(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    classes = Counter(hit.get("rv") for _, _, hit in people if is_entry(hit))
    assert set(classes) == {None, 0, 1, 2, 3}
    assert classes[0] > classes[2] > classes[3] > 100
    assert classes[1] > classes[3]
    for _, _, hit in people:
        if hit["n"] == "pageview" and not is_entry(hit):
            assert hit.get("rv", 1) == 1, "this week, by the second page at the latest"


def test_history_is_not_too_long(lines: Sequence[Line]) -> None:
    assert 50_000 < len(lines) < 70_000


def test_mixture_is_wide(people: Sequence[tuple[datetime, Line, dict[str, Any]]]) -> None:
    assert len({line["headers"]["user-agent"] for _, line, _ in people}) >= 15
    assert len({hit["l"] for _, _, hit in people}) >= 20
    assert {hit["r"] for _, _, hit in people if is_entry(hit)} == {origin.referrer for origin in ORIGINS}
    campaigns = {value for _, _, hit in people for value in parse_qs(urlsplit(hit["u"]).query).get("utm_campaign", ())}
    assert campaigns == {"november", "lantern-2.2", "plain-text"}
    assert len({line["ip"] for _, line, _ in people}) > 5000


def test_addresses_are_global(lines: Sequence[Line]) -> None:
    versions = Counter(ip_address(ip).version for ip in {line["ip"] for line in lines})
    assert all(ip_address(line["ip"]).is_global for line in lines)
    assert versions[4] > versions[6] > 1000


def test_refusals_will_show(lines: Sequence[Line]) -> None:
    bodies = [line["body"] for line in lines if line["path"] == "/api/event"]
    assert sum(line["headers"]["user-agent"] in CRAWLING for line in lines) >= 150
    assert sum("/demo/drafts/" in body for body in bodies) >= 30
    assert sum("http://lantern-notes.example/" in body for body in bodies) >= 30
    assert sum(not body.endswith("}") for body in bodies) >= 3


def test_reports_a_day(events: Sequence[tuple[Line, dict[str, Any]]]) -> None:
    days = Counter(line["at"][:10] for line, _ in events)
    whole = [count for day, count in days.items() if day < UNTIL.date().isoformat()]
    assert len(whole) == 30
    assert min(whole) >= 58
    assert max(whole) <= 82


def test_envelopes_are_well_formed(events: Sequence[tuple[Line, dict[str, Any]]]) -> None:
    without_consent = 0
    for line, event in events:
        header, item, _, rest = line["body"].split("\n")
        assert rest == ""
        assert json.loads(header) == {"event_id": event["event_id"]}
        assert json.loads(item)["type"] == "event"
        assert f"sentry_key={KEY}" in line["headers"]["x-sentry-auth"]
        assert len(event["event_id"]) == 32
        assert event["release"] in RELEASES
        assert event["environment"] in {"production", "beta"}
        assert event["contexts"]["os"]["version"]
        without_consent += event.get("tags") != {"consent": "given"}
        for exception in event["exception"]["values"]:
            assert exception["stacktrace"]["frames"]
            assert all(frame["function"] for frame in exception["stacktrace"]["frames"])
    assert 1 <= without_consent <= 31


def group_of(event: dict[str, Any]) -> tuple[Any, ...]:
    """Tell defects apart as a collector would: the chain of types, and the app's own functions."""
    return tuple(
        (value["type"], *(frame["function"] for frame in value["stacktrace"]["frames"] if frame["in_app"]))
        for value in event["exception"]["values"]
    )


def test_groups_and_the_regression(events: Sequence[tuple[Line, dict[str, Any]]]) -> None:
    releases: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for _, event in events:
        if "tags" in event:
            releases[group_of(event)].add(event["release"])
    assert len(releases) == len(DEFECTS) >= 30
    assert [group[0][0] for group, seen in releases.items() if seen == {OLD, NEW}].count(
        "ConcurrentModificationException"
    ) == 1
    assert sum(defect.releases == (OLD, NEW) for defect in DEFECTS) == 1
    assert {OLD, MIDDLE, NEW} == {release for seen in releases.values() for release in seen}


def test_frequent_groups_tell_their_systems_and_models(events: Sequence[tuple[Line, dict[str, Any]]]) -> None:
    """A value is disclosed once five senders of a day share it, from three networks."""
    days: dict[tuple[Any, ...], dict[str, list[tuple[Line, dict[str, Any]]]]] = defaultdict(lambda: defaultdict(list))
    for line, event in events:
        days[group_of(event)][line["at"][:10]].append((line, event["contexts"]))
    frequent = sorted(days.values(), key=lambda group: -sum(map(len, group.values())))[:2]
    for group in frequent:
        assert sum(len(reports) >= 12 for reports in group.values()) >= 24
        for context, name in (("os", "version"), ("device", "model")):
            disclosed = 0
            for reports in group.values():
                senders: dict[str, set[str]] = defaultdict(set)
                for line, contexts in reports:
                    senders[contexts[context][name]].add(line["ip"])
                disclosed += max(map(len, senders.values())) >= 5
            assert disclosed >= 24, f"{name}: on most days"


def test_releases_come_one_after_the_other(events: Sequence[tuple[Line, dict[str, Any]]]) -> None:
    first: dict[str, str] = {}
    for line, event in events:
        first.setdefault(event["release"], line["at"][:10])
    assert first[OLD] == "2026-10-22"
    assert "2026-11-01" <= first[MIDDLE] <= "2026-11-03"
    assert "2026-11-11" <= first[NEW] <= "2026-11-13"


def test_reports_come_from_many_senders(events: Sequence[tuple[Line, dict[str, Any]]]) -> None:
    assert len({line["ip"] for line, _ in events}) >= 400
    assert len({event["event_id"] for _, event in events}) < len(events), "some are sent twice"


def test_names_are_the_callers(lines: Sequence[Line]) -> None:
    others = list(submissions(UNTIL, days=1, site="other", host="other.example:8443", app=7, key="f" * 32))
    text = json.dumps(others)
    assert '\\"d\\":\\"other\\"' in text
    assert "http://other.example:8443/demo/" in text
    assert "/api/7/envelope/" in text
    assert "sentry_key=" + "f" * 32 in text
    assert '\\"d\\":\\"demo\\"' not in text
    assert "127.0.0.1" not in text
    assert len(others) < len(lines) / 10


def test_file_holds_the_submissions(tmp_path: Path, lines: Sequence[Line]) -> None:
    count = write(tmp_path / "history.jsonl", UNTIL)
    text = (tmp_path / "history.jsonl").read_text(encoding="utf-8")
    assert count == len(lines)
    assert [json.loads(line) for line in text.splitlines()] == lines
