"""Which lines are taken, and why the others are not."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hits_door import FIREFOX, catalogue, countries

from ingest.boundary.networks import Hosting
from ingest.counters.cells import Refusal
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Batch, Ledger
from ingest.hits.attributes import visit_attributes
from ingest.hits.logs.calendar import Calendar
from ingest.hits.logs.formats import format_of
from ingest.hits.logs.intake import Intake, Means
from ingest.hits.logs.pages import is_page
from ingest.hits.logs.told import LONGEST, Passed
from ingest.site import Profile, Site

SITE = Site(
    "example.org", ("example.org",), ZoneInfo("Europe/Gibraltar"), Profile.PLAIN, pages=("/wiki/*", "/feed.xml")
)
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC).timestamp()


def line(target: str = "/", day: int = 10, clock: str = "12:00:00", **fields: Any) -> bytes:
    told = {
        "method": "GET",
        "status": 200,
        "agent": FIREFOX,
        "referrer": "-",
        "address": "81.2.3.4",
        "host": "",
    } | fields
    front = f"{told['host']} " if told["host"] else ""
    return (
        f'{front}{told["address"]} - - [{day:02}/Oct/2026:{clock} +0000] "{told["method"]} {target} HTTP/1.1" '
        f'{told["status"]} 5 "{told["referrer"]}" "{told["agent"]}"'
    ).encode()


def caddy(target: str, content: str = "text/html", **headers: str) -> bytes:
    asked = ",".join(
        f'"{name.replace("_", "-")}":["{value}"]' for name, value in {"User_Agent": FIREFOX, **headers}.items()
    )
    return (
        f'{{"ts":1791633600,"request":{{"client_ip":"81.2.3.4","method":"GET","host":"example.org","uri":"{target}",'
        f'"headers":{{{asked}}},"tls":{{}}}},"status":200,"resp_headers":{{"Content-Type":["{content}"]}}}}'
    ).encode()


def take(*lines: bytes, form: str = "combined", site: Site = SITE, **calendar: Any) -> tuple[Intake, list[Batch]]:
    shipped: list[Batch] = []
    means = Means(countries(), Hosting(), catalogue(), visit_attributes())
    ledger = Ledger(Unjournaled(), shipped.append, itertools.count(1))
    intake = Intake(site, format_of(form), ledger, Calendar(site.timezone, NOW, **calendar), means)
    for each in lines:
        intake.take(each)
    intake.close()
    return intake, shipped


def values(shipped: list[Batch], attribute: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for batch in shipped:
        for key, amounts in batch.lot.cells.items():
            if key[0] == attribute:
                found[key[1]] += amounts[1]
    return dict(found)


@pytest.mark.parametrize(
    ("target", "content", "wanted"),
    [
        ("/", b"", True), ("/about", b"", True), ("/about.HTML", b"", True), ("/x.php", b"", True),
        ("/v2.0", b"", True),
        ("/a.css", b"", False), ("/a.min.js", b"", False), ("/a.PNG", b"", False), ("/a.7z", b"", False),
        ("/robots.txt", b"", False), ("/feed.xml", b"", True), ("/other.xml", b"", False), ("/wiki/Node.js", b"", True),
        ("/a.dir/b", b"", True), ("/.env", b"", False), ("/a.", b"", True), ("/api", b"application/json", False),
        ("/a.css", b"text/html; charset=utf-8", True), ("/x", b"application/xhtml+xml", True),
    ],
)  # fmt: skip
def test_a_page_is_known_by_its_extension_its_declaration_or_its_media_type(
    target: str, content: bytes, wanted: bool
) -> None:
    assert is_page(target, content, SITE) is wanted


def test_every_line_is_counted_once_and_each_that_is_passed_over_has_a_reason() -> None:
    lines = {
        Passed.UNREADABLE: b"rubbish \xff\x00",
        Passed.TOO_LONG: line("/" + "a" * LONGEST),
        Passed.WRONG_DATE: line(day=99),
        Passed.OUT_OF_ORDER: line(clock="09:00:00"),
        Passed.HELD: line(day=11),
        Passed.AFTER_UNTIL: line(day=15),
        Passed.EXPIRED: line(day=1),
        Passed.METHOD: line(method="POST"),
        Passed.STATUS: line(status=301),
        Passed.ASSET: line("/a.css"),
        Passed.STRAY: line("/wp-login.php", status=404, address="82.3.4.5"),
    }
    bounds: dict[str, Any] = {"held": {date(2026, 10, 11)}, "first": date(2026, 10, 2), "until": date(2026, 10, 15)}
    refused = [line(agent="curl/8.5.0"), line(referrer="https://semalt.com/"), line(agent="")]
    intake, shipped = take(line(), *lines.values(), *refused, line("/gone", status=404), **bounds)
    assert intake.passed == Counter(list(lines))
    assert {*lines, Passed.NOT_OVER, Passed.OTHER_HOST, Passed.OBJECTED} == set(Passed), (
        "the others have their own tests"
    )
    assert intake.refused == {Refusal.BOT: 2, Refusal.SPAM: 1}
    assert (intake.views, intake.missing, intake.lines) == (1, 1, len(lines) + 5)
    assert values(shipped, "missing") == {"/gone": 1}
    assert {key[1]: amounts[0] for b in shipped for key, amounts in b.lot.cells.items() if key[0] == "refused"} == {
        "bot": 2,
        "spam": 1,
    }
    assert take(line(day=20))[0].passed == {Passed.NOT_OVER: 1}


def test_a_day_is_over_when_the_last_visit_of_it_must_be() -> None:
    """Midnight of Gibraltar is at 22:00 UTC in October; two hours later its visits are closed."""
    last, moment = line(day=19, clock="21:59:00"), datetime(2026, 10, 20, tzinfo=UTC).timestamp()
    for now, wanted in ((moment - 1, Passed.NOT_OVER), (moment, None)):
        calendar = Calendar(SITE.timezone, now)
        assert calendar.passed(datetime(2026, 10, 19, 21, 59, tzinfo=UTC).timestamp()) is wanted
    assert take(last)[0].views == 1


def test_hosts_of_others_are_passed_over() -> None:
    hosts = ("example.org:443", "other.example", "EXAMPLE.org")
    intake, shipped = take(*(line(host=host) for host in hosts), form="vhost_combined")
    assert (intake.views, intake.passed) == (2, {Passed.OTHER_HOST: 1})
    assert values(shipped, "host") == {"example.org": 1}


def test_a_log_without_agents_counts_everybody_and_says_nothing_of_browsers() -> None:
    intake, shipped = take(line().partition(b' "-"')[0], form="common")
    assert intake.views == 1
    assert values(shipped, "browser") == {"(unknown)": 1}


def test_what_caddy_tells_of_a_request_is_read_as_of_a_live_one() -> None:
    intake, shipped = take(
        caddy("/de", Accept_Language="de-CH, en", Sec_Fetch_Site="none"), caddy("/data", "application/json"),
        caddy("/no", Sec_Gpc="1"), caddy("/no", Dnt="1"), caddy("/ahead", Sec_Purpose="prefetch;prerender"),
        form="caddy",
    )  # fmt: skip
    assert (intake.views, intake.refused) == (1, {Refusal.PREFETCH: 1})
    assert intake.passed == {Passed.ASSET: 1, Passed.OBJECTED: 2}
    assert values(shipped, "language") == {"de": 1}
    assert values(shipped, "traffic") == {"direct": 1}


def test_an_address_is_cut_first_where_the_operator_says_so() -> None:
    lines = [line(address=f"81.2.{n}.{n}") for n in range(3)]
    assert values(take(*lines)[1], "device") == {"desktop": 3}
    shipped: list[Batch] = []
    means = Means(countries(), Hosting(), catalogue(), visit_attributes(), truncate_first=True)
    ledger = Ledger(Unjournaled(), shipped.append, itertools.count(1))
    intake = Intake(SITE, format_of("combined"), ledger, Calendar(SITE.timezone, NOW), means)
    for each in lines:
        intake.take(each)
    intake.close()
    assert values(shipped, "device") == {"desktop": 1}


def test_too_many_from_one_sender_are_refused_where_the_operator_says_so() -> None:
    shipped: list[Batch] = []
    means = Means(countries(), Hosting(), catalogue(), visit_attributes(), per_minute=2)
    ledger = Ledger(Unjournaled(), shipped.append, itertools.count(1))
    intake = Intake(SITE, format_of("combined"), ledger, Calendar(SITE.timezone, NOW), means)
    for n in range(5):
        intake.take(line(f"/{n}"))
    assert (intake.views, intake.refused) == (2, {Refusal.OVER_RATE: 3})


@pytest.mark.from_source
def test_nothing_of_a_day_is_remembered_after_it() -> None:
    shipped: list[Batch] = []
    means = Means(countries(), Hosting(), catalogue(), visit_attributes())
    ledger = Ledger(Unjournaled(), shipped.append, itertools.count(1))
    intake = Intake(replace(SITE, profile=Profile.STANDARD), format_of("combined"), ledger, Calendar(UTC, NOW), means)
    intake.take(line("/zqxjkvbpyg", day=9, referrer="https://zqxjkvbpyg.example/"))

    def remembered() -> str:
        return repr([vars(intake._targets), vars(intake._names.paths), intake._names._locations])

    assert "zqxjkvbpyg" in remembered(), "the control: within the day it is there"
    intake.take(line("/", day=11))
    assert "zqxjkvbpyg" not in remembered()
    assert len(intake._browsers._keys) == 1
    assert len(intake._browsers._known) == 1
