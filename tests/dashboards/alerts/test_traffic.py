"""The digest and the alerts of a site: from counters in a real store to a real mail server and a real receiver."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dashboards_stage import BREAKDOWNS, Clock, Memory, Rows
from hypothesis import given
from hypothesis import strategies as st
from receivers import Postbox, Receiver, mail_server
from starlette.testclient import TestClient

from dashboards.alerts.mail import Mailer, MailServer, Security
from dashboards.alerts.traffic import FRESH, Traffic, find_traffic
from dashboards.alerts.watch import WAITS, Courier, Watch
from dashboards.alerts.webhook import Webhooks
from dashboards.figures import Figures
from dashboards.panels import panels_of
from dashboards.questions import Questions
from dashboards.reports import Reports
from dashboards.triage import Triage
from ingest.app import Apps
from ingest.site import Profile, Site, Sites
from ingest.store.control.channels import Channel, ChannelKind, add_channel, list_channels
from ingest.store.control.database import Control
from ingest.store.control.deliveries import count_waiting
from ingest.store.control.rules import Rule, RuleKind, drop_rule, put_rule
from ingest.store.reader import Reader

pytest_plugins = ["dashboards_fixtures"]

MONDAY = date(2026, 11, 16)
"""The week that the digests of these tests are about."""
BASE = "https://stats.example.org"
BERLIN = ZoneInfo("Europe/Berlin")


def at(day: date, hour: int = 0, minute: int = 0) -> float:
    """Return a moment of a day in Berlin."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).timestamp()


def amounts(visits: int) -> tuple[int, ...]:
    return visits, visits, 2 * visits, 0, visits // 2, 30 * visits, 0, 0


@pytest.fixture
def site(site: Site) -> Site:
    return Site(id=site.id, hosts=site.hosts, timezone=BERLIN)


@pytest.fixture
def sites(site: Site) -> Sites:
    sites = Sites()
    sites.replace([site])
    return sites


@pytest.fixture
def channel(control: Control, site: Site, receiver: Receiver) -> Channel:
    return add_channel(control, site.owner, ChannelKind.WEBHOOK, f"http://127.0.0.1:{receiver.port}/")


class House:
    """A watch over the sites of a test, built anew whenever it is asked for, as after a restart."""

    def __init__(self, sites: Sites, reader: Reader, live: Memory, control: Control, clock: Clock) -> None:
        self.clock = clock
        self.parts = sites, Questions(reader), live, control
        self.port = 0
        self.restart()

    def restart(self) -> None:
        sites, questions, live, control = self.parts
        reports = Reports(questions, live, control)
        traffic = Traffic(Figures(questions, live), panels_of(BREAKDOWNS), control)
        server = MailServer("127.0.0.1", self.port, Security.NONE, "", "", "logless@example.org")
        hooks = Webhooks(BASE, allows_private=True)
        couriers: dict[ChannelKind, Courier] = {
            ChannelKind.MAIL: Mailer(server, BASE), ChannelKind.WEBHOOK: hooks, ChannelKind.SLACK: hooks
        }  # fmt: skip
        self.watch = Watch(
            Apps(), sites, reports, Triage(reports, control), traffic, control, couriers, self.clock
        )  # fmt: skip

    def turn(self, moment: float) -> None:
        self.clock.now = moment
        asyncio.run(self.watch.turn())


@pytest.fixture
def house(sites: Sites, reader: Reader, live: Memory, control: Control, clock: Clock) -> House:
    return House(sites, reader, live, control, clock)


def ask_for(house: House, site: Site, *kinds: RuleKind, day: date = MONDAY) -> None:
    """Ask to be told, and have the house know what is there already."""
    for kind in kinds:
        put_rule(house.parts[3], site.owner, Rule(kind))
    house.turn(at(day, 10, 30))
    house.turn(at(day, 11))


def told(receiver: Receiver) -> list[list[tuple[str, str]]]:
    bodies = [json.loads(posted.body) for posted in receiver.posted]
    return [[(alert["kind"], alert["day"]) for alert in body["alerts"]] for body in bodies]


@pytest.fixture
def filled(rows: Rows, site: Site) -> None:
    before = MONDAY - timedelta(weeks=1)
    rows.hours(
        site.id, [(before + timedelta(days=number), 9, amounts(50 if number < 7 else 60)) for number in range(14)]
    )
    rows.cells(site.id, "source", [(MONDAY, "Google", amounts(90)), (before, "Google", amounts(40))])
    rows.cells(site.id, "page", [(MONDAY, "/few", amounts(3)), (MONDAY, "/launch", amounts(40))])


@pytest.mark.usefixtures("filled")
def test_the_digest_arrives_on_monday_after_three_once_over_a_restart_too(
    house: House, site: Site, control: Control, member: TestClient
) -> None:
    postbox = Postbox()
    add_channel(control, site.owner, ChannelKind.MAIL, "team@example.org")
    with mail_server(postbox) as house.port:
        house.restart()
        ask_for(house, site, RuleKind.DIGEST)
        following = MONDAY + timedelta(weeks=1)
        house.turn(at(following, 2))
        assert postbox.letters == [], "Sunday is not settled"
        house.turn(at(following, 3))
        house.turn(at(following, 4))
        house.restart()
        house.turn(at(following, 5))
        page = member.get(f"/sites/{site.id}/digest.txt?week={MONDAY}").text.replace("http://testserver", BASE)
        house.turn(at(following + timedelta(days=6), 23))
    [(to, letter)] = postbox.letters
    assert to == "team@example.org"
    assert letter["Subject"] == f"[{site.id}] The week of 16 Nov 2026: 420 visitor-days, +20%"
    assert letter.get_content_type() == "text/plain"
    text = letter.get_content()  # type: ignore[attr-defined]
    foot = f"Who is told what: {BASE}/sites/{site.id}/alerts"
    assert text.replace("\r\n", "\n").rstrip() == f"{page}\n{foot}"
    assert "+50  Google  (40 to 90)" in text
    assert "/few" not in text
    assert [line for line in text.split() if "://" in line] == [
        f"{BASE}/sites/{site.id}/digest?week={MONDAY}", f"{BASE}/sites/{site.id}/alerts"
    ], "no address is anybody's own"  # fmt: skip


@pytest.mark.usefixtures("filled")
def test_a_digest_that_does_not_arrive_is_tried_again(
    house: House, site: Site, control: Control, channel: Channel, receiver: Receiver
) -> None:
    ask_for(house, site, RuleKind.DIGEST)
    receiver.answer = b"HTTP/1.1 503 x\r\n\r\n"
    moment = at(MONDAY + timedelta(weeks=1), 3)
    house.turn(moment)
    house.restart()
    house.turn(moment + WAITS[0] - 1)
    assert (len(receiver.posted), count_waiting(control)) == (1, {channel.id: 1})
    receiver.answer = b"HTTP/1.1 204 x\r\n\r\n"
    house.turn(moment + WAITS[0])
    assert told(receiver) == [[("digest", "2026-11-16")]] * 2
    [counted] = list_channels(control, site.owner)
    assert (counted.sent, counted.retried, counted.failed) == (1, 1, 0)


@pytest.mark.usefixtures("filled", "channel")
def test_a_digest_for_programs_is_what_its_page_is(
    house: House, site: Site, control: Control, receiver: Receiver, member: TestClient
) -> None:
    add_channel(control, site.owner, ChannelKind.SLACK, f"http://127.0.0.1:{receiver.port}/slack")
    ask_for(house, site, RuleKind.DIGEST)
    # Whoever was away on Monday tells of the week later.
    house.turn(at(MONDAY + timedelta(days=9), 12))
    bodies = {posted.line.split()[1]: json.loads(posted.body) for posted in receiver.posted}
    body, slack = bodies["/"], bodies["/slack"]
    assert body["site"] == {"id": site.id}
    assert "app" not in body
    [alert] = body["alerts"]
    assert alert["url"] == f"{BASE}/sites/{site.id}/digest?week=2026-11-16"
    assert alert["text"] == "The week of 16 Nov 2026: 420 visitor-days, +20%"
    assert alert["digest"] == member.get(f"/sites/{site.id}/digest.json?week={MONDAY}").json()
    assert "+50  Google" in slack["blocks"][0]["text"]["text"]


@pytest.mark.usefixtures("filled", "channel")
def test_nothing_is_sent_that_nobody_asked_for(house: House, site: Site, control: Control, receiver: Receiver) -> None:
    ask_for(house, site, RuleKind.DIGEST)
    drop_rule(control, site.owner, RuleKind.DIGEST)
    house.turn(at(MONDAY + timedelta(weeks=1), 3))
    assert receiver.posted == []
    ask_for(house, site, RuleKind.DIGEST, day=MONDAY + timedelta(days=8))
    house.turn(at(MONDAY + timedelta(days=8), 12))
    assert receiver.posted == [], "the week was over before somebody asked again"


@pytest.mark.usefixtures("filled", "channel")
def test_of_weeks_without_a_visit_only_the_first_is_told(house: House, site: Site, receiver: Receiver) -> None:
    ask_for(house, site, RuleKind.DIGEST)
    for weeks in (1, 2, 3, 4):
        house.turn(at(MONDAY + timedelta(weeks=weeks), 3))
    assert told(receiver) == [[("digest", "2026-11-16")], [("digest", "2026-11-23")]]
    assert "0 visitor-days, -100%" in json.loads(receiver.posted[1].body)["alerts"][0]["text"]


def steady(today: date, visits: int = 120) -> dict[date, int]:
    return {today - timedelta(days=back): visits for back in range(1, 60)}


@pytest.mark.usefixtures("channel")
def test_unusual_days_are_told_once_each(house: House, site: Site, live: Memory, receiver: Receiver) -> None:
    today = MONDAY + timedelta(days=2)

    def count(changed: dict[date, int]) -> None:
        days = steady(today) | changed
        live.totals[site.id] = {(day, 9): amounts(visits) for day, visits in days.items() if visits}

    count({today - timedelta(days=3): 900})
    ask_for(house, site, RuleKind.SPIKE, RuleKind.DROP, RuleKind.SILENT, day=today)
    assert told(receiver) == [], "what was there before the rule is not told"
    count({today: 359})
    house.turn(at(today, 12))
    assert told(receiver) == []
    count({today: 400})
    for hour in (12, 13, 14, 15):
        house.turn(at(today, hour, 30))
    house.restart()
    house.turn(at(today, 16))
    house.turn(at(today, 17))
    assert told(receiver) == [[("spike", str(today))]]
    [alert] = json.loads(receiver.posted[0].body)["alerts"]
    assert alert["text"] == "More than usual on 18 Nov 2026: 400 visits, usually 120"
    assert alert["url"] == f"{BASE}/sites/{site.id}?period=custom&from=2026-11-12&to=2026-11-18"
    first = today + timedelta(days=1)
    count({today: 400, first: 0})
    house.turn(at(first + timedelta(days=1), 2))
    assert len(receiver.posted) == 1, "the day is not settled"
    for back in range(30):
        house.turn(at(first + timedelta(days=1 + back), 3))
    assert told(receiver)[1:] == [[("drop", str(first))], [("silent", str(first))]]


@pytest.mark.usefixtures("channel")
def test_a_strict_site_is_told_of_in_tens(
    house: House, site: Site, sites: Sites, rows: Rows, receiver: Receiver
) -> None:
    sites.replace([Site(id=site.id, hosts=(), timezone=UTC, profile=Profile.STRICT)])
    rows.hours(site.id, [(MONDAY + timedelta(days=number), -1, amounts(47)) for number in range(7)])
    ask_for(house, site, RuleKind.DIGEST)
    house.turn(at(MONDAY + timedelta(weeks=1), 5))
    [alert] = json.loads(receiver.posted[0].body)["alerts"]
    assert alert["digest"]["visits"] == [350, 0]


@given(st.lists(st.sampled_from((0, 0, 120, 120, 600)), min_size=70, max_size=70), st.sampled_from([*RuleKind][-3:]))
def test_each_thing_is_told_on_the_days_after_it_and_under_one_key(counts: Sequence[int], kind: RuleKind) -> None:
    """Whatever the days were, a key is fresh for a week at most: so four hundred days of memory are enough."""
    days = {MONDAY + timedelta(days=number): count for number, count in enumerate(counts)}
    seen: dict[str, set[date]] = {}
    for number in range(45, 70):
        today = MONDAY + timedelta(days=number)
        for key, alert in find_traffic(Rule(kind), {day: days[day] for day in days if day <= today}, today).items():
            assert key == f"traffic:{kind}:{alert.day}"
            seen.setdefault(key, set()).add(today)
    assert all(max(when) - min(when) < FRESH for when in seen.values())


def test_recipients_and_rules_of_a_site_are_set_on_its_page(
    member: TestClient, site: Site, control: Control, house: House, receiver: Receiver
) -> None:
    path = f"/sites/{site.id}/alerts"
    assert "Nobody is told yet" in member.get(path).text
    assert member.post(f"{path}/rules", data={"digest": "on", "silent": "on", "new": "on"}).status_code == 303
    text = member.get(path).text
    assert 'name="digest" checked' in text
    assert 'name="spike" checked' not in text
    data = member.get(f"{path}.json").json()
    assert (data["site"], [rule["kind"] for rule in data["rules"]]) == (site.id, ["digest", "silent"])
    assert member.post(f"{path}/channels", data={"kind": "mail", "target": "team@example.org"}).status_code == 303
    hook = member.post(f"{path}/channels", data={"kind": "webhook", "target": f"http://127.0.0.1:{receiver.port}/"})
    assert hook.status_code == 400, "a private target is refused unless the configuration allows it"
    [mail] = list_channels(control, site.owner)
    assert member.post(f"{path}/channels/delete", data={"channel": str(mail.id)}).status_code == 303
    channel = add_channel(control, site.owner, ChannelKind.WEBHOOK, f"http://127.0.0.1:{receiver.port}/")
    assert member.post(f"{path}/channels/try", data={"channel": str(channel.id)}).status_code == 303
    house.turn(house.clock.now)
    [alert] = json.loads(receiver.posted[0].body)["alerts"]
    assert (alert["kind"], alert["url"]) == ("test", f"{BASE}{path}")
    assert member.post("/sites/nowhere.example/alerts/rules", data={}).status_code == 404
