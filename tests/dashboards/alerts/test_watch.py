"""The clock of alerts, on a real store, a real control database and a real receiver."""

from __future__ import annotations

import asyncio
import json

import pytest
from dashboards_stage import NOW, TODAY, Clock, Memory
from receivers import Receiver

from dashboards.alerts.traffic import Traffic
from dashboards.alerts.watch import WAITS, Watch, every
from dashboards.alerts.webhook import Webhooks
from dashboards.figures import Figures
from dashboards.questions import Questions
from dashboards.reports import Reports
from dashboards.triage import Triage
from ingest.app import App, Apps
from ingest.counters.exemplar import Exemplar
from ingest.site import Profile, Sites
from ingest.store.client import StoreError
from ingest.store.control.actions import list_actions
from ingest.store.control.channels import Channel, ChannelKind, add_channel, list_channels
from ingest.store.control.database import Control
from ingest.store.control.decisions import State, Until, list_decisions
from ingest.store.control.deliveries import count_waiting, queue_one
from ingest.store.control.rules import Rule, RuleKind, put_rule
from ingest.store.reader import Reader

pytest_plugins = ["dashboards_fixtures"]

A, B = "a" * 16, "b" * 16


@pytest.fixture
def app(app: App) -> App:
    """An app that is looked at every minute."""
    return App(id=app.id, name=app.name, key=app.key, profile=Profile.PLAIN)


@pytest.fixture
def channel(control: Control, app: App, receiver: Receiver) -> Channel:
    return add_channel(control, app.owner, ChannelKind.WEBHOOK, f"http://127.0.0.1:{receiver.port}/")


class House:
    """A watch over the apps of a test, built anew whenever it is asked for, as after a restart."""

    def __init__(self, apps: Apps, reader: Reader, live: Memory, control: Control, clock: Clock) -> None:
        self.clock = clock
        self.apps = apps
        self.control = control
        self.reports = Reports(Questions(reader), live, control)
        self.triage = Triage(self.reports, control)
        self.traffic = Traffic(Figures(Questions(reader), live), (), control)
        self.restart()

    def restart(self) -> None:
        hooks = Webhooks("https://stats.example.org", allows_private=True)
        couriers = {ChannelKind.WEBHOOK: hooks}
        self.watch = Watch(
            self.apps, Sites(), self.reports, self.triage, self.traffic, self.control, couriers, self.clock
        )

    def turn(self, seconds: float = 60) -> None:
        self.clock.now += seconds
        asyncio.run(self.watch.turn())


@pytest.fixture
def house(apps: Apps, reader: Reader, live: Memory, control: Control, clock: Clock) -> House:
    house = House(apps, reader, live, control, clock)
    house.turn(0)
    return house


def told(receiver: Receiver) -> list[list[tuple[str, str]]]:
    bodies = [json.loads(posted.body) for posted in receiver.posted]
    return [[(alert["kind"], alert.get("group", "")) for alert in body["alerts"]] for body in bodies]


def meet(live: Memory, app: App, group: str, release: str, reports: int) -> None:
    """Have an app meet a group today, in memory."""
    live.reports.setdefault(app.id, {})[TODAY, group, "release", release] = reports
    live.stacks.setdefault(app.id, {})[group] = Exemplar(1, "KeyError", f"f{group[0]}", "{}")


@pytest.mark.usefixtures("channel")
def test_a_new_group_is_told_once_over_a_restart_too(
    house: House, app: App, live: Memory, control: Control, receiver: Receiver
) -> None:
    meet(live, app, A, "1.0", 3)
    put_rule(control, app.owner, Rule(RuleKind.NEW, 0, 0))
    house.turn()
    assert told(receiver) == [], "what was there before the rule is not told"
    meet(live, app, B, "1.0", 1)
    house.turn(30)
    assert told(receiver) == [], "the minute is not over"
    house.turn()
    assert told(receiver) == [[("new", B)]]
    meet(live, app, B, "1.0", 5000)
    house.turn()
    house.restart()
    house.turn(0)
    house.turn()
    assert told(receiver) == [[("new", B)]]
    [counted] = list_channels(control, app.owner)
    assert (counted.sent, counted.retried, counted.failed, counted.fault) == (1, 0, 0, "")


@pytest.mark.usefixtures("channel")
def test_a_regression_is_kept_written_down_and_told(
    house: House, app: App, live: Memory, control: Control, receiver: Receiver
) -> None:
    meet(live, app, A, "1.0", 3)
    put_rule(control, app.owner, Rule(RuleKind.REGRESSION, 0, 0))
    house.turn()
    asyncio.run(house.triage.resolve(app, A, Until.NEXT, "", TODAY))
    meet(live, app, A, "1.0", 30)
    house.turn()
    assert list_decisions(control, app.id)[A].state is State.RESOLVED
    live.reports[app.id][TODAY, A, "release", "1.1"] = 1
    house.turn()
    kept = list_decisions(control, app.id)[A]
    assert (kept.state, kept.release, kept.day) == (State.REGRESSED, "1.1", TODAY)
    assert told(receiver) == [[("regression", A)]]
    assert [(one.member, one.action, one.detail) for one in list_actions(control, app.owner, [A])] == [
        ("", "regressed", "in 1.1")
    ]
    live.reports[app.id][TODAY, A, "release", "1.1"] = 9
    house.turn()
    assert len(receiver.posted) == 1
    asyncio.run(house.triage.resolve(app, A, Until.NOW, "", TODAY))
    live.reports[app.id][TODAY, A, "release", "1.1"] = 10
    house.turn()
    assert told(receiver) == [[("regression", A)]] * 2


@pytest.mark.usefixtures("channel")
def test_a_mute_that_ends_by_its_number_is_told(
    house: House, app: App, live: Memory, control: Control, receiver: Receiver
) -> None:
    meet(live, app, A, "1.0", 3)
    put_rule(control, app.owner, Rule(RuleKind.REGRESSION, 0, 0))
    house.turn()
    asyncio.run(house.triage.mute(app, A, Until.MORE, 10, None, TODAY))
    meet(live, app, A, "1.0", 12)
    house.turn()
    assert told(receiver) == []
    meet(live, app, A, "1.0", 13)
    house.turn()
    house.turn()
    assert told(receiver) == [[("unmuted", A)]]
    assert list_decisions(control, app.id)[A].state is State.OPEN


@pytest.mark.usefixtures("channel")
def test_what_comes_together_is_told_together(
    house: House, app: App, live: Memory, control: Control, receiver: Receiver
) -> None:
    put_rule(control, app.owner, Rule(RuleKind.NEW, 0, 0))
    house.turn()
    for number in range(30):
        meet(live, app, f"{number:016x}", "1.0", 1)
    house.turn()
    assert [len(message) for message in told(receiver)] == [30]


@pytest.mark.usefixtures("channel")
def test_what_does_not_arrive_is_tried_again_ever_later_and_given_up(
    house: House, app: App, live: Memory, control: Control, receiver: Receiver
) -> None:
    receiver.answer = b"HTTP/1.1 503 x\r\n\r\n"
    put_rule(control, app.owner, Rule(RuleKind.NEW, 0, 0))
    house.turn()
    meet(live, app, A, "1.0", 1)
    house.turn()
    for tries, wait in enumerate(WAITS, 1):
        assert len(receiver.posted) == tries
        house.turn(wait - 1)
        assert len(receiver.posted) == tries
        house.turn(1)
    [counted] = list_channels(control, app.owner)
    assert (counted.sent, counted.retried, counted.failed, counted.fault) == (0, len(WAITS), 1, "busy")
    assert count_waiting(control) == {}
    house.turn(100_000)
    assert len(receiver.posted) == len(WAITS) + 1


@pytest.mark.usefixtures("channel")
def test_what_another_attempt_does_not_mend_is_given_up_at_once(
    house: House, app: App, live: Memory, control: Control, receiver: Receiver
) -> None:
    receiver.answer = b"HTTP/1.1 301 x\r\nLocation: http://127.0.0.1/\r\n\r\n"
    put_rule(control, app.owner, Rule(RuleKind.NEW, 0, 0))
    house.turn()
    meet(live, app, A, "1.0", 1)
    house.turn()
    [counted] = list_channels(control, app.owner)
    assert (counted.retried, counted.failed, counted.fault) == (0, 1, "redirect")


def test_a_message_of_another_version_is_given_up(house: House, app: App, channel: Channel, control: Control) -> None:
    queue_one(control, channel.id, '{"owner": "app:6", "name": "desktop", "alerts": [], "colour": "red"}', NOW)
    house.turn()
    [counted] = list_channels(control, app.owner)
    assert (counted.sent, counted.failed, counted.fault) == (0, 1, "broken")


@pytest.mark.usefixtures("channel")
def test_a_store_that_is_away_is_looked_at_again(
    apps: Apps, app: App, live: Memory, control: Control, clock: Clock, receiver: Receiver, reader: Reader
) -> None:
    class Away(Reader):
        def __init__(self) -> None:
            self.is_away = True

        async def rows(self, sql: str, parameters: object) -> list[tuple[object, ...]]:
            if self.is_away:
                raise StoreError("away")
            return await reader.rows(sql, parameters)  # type: ignore[arg-type]

    away = Away()
    house = House(apps, away, live, control, clock)
    away.is_away = False
    put_rule(control, app.owner, Rule(RuleKind.NEW, 0, 0))
    house.turn(0)
    house.turn()
    meet(live, app, A, "1.0", 1)
    away.is_away = True
    house.turn()
    assert told(receiver) == []
    away.is_away = False
    house.turn()
    assert told(receiver) == [[("new", A)]]


def test_an_app_of_more_people_is_looked_at_on_the_hour(
    apps: Apps, app: App, reader: Reader, live: Memory, control: Control, clock: Clock, receiver: Receiver
) -> None:
    quiet = App(id=app.id + 500_000, name="quiet", key="2" * 32)
    apps.replace([quiet])
    assert (every(quiet), every(app)) == (3600, 60)
    house = House(apps, reader, live, control, clock)
    house.turn(0)
    add_channel(control, quiet.owner, ChannelKind.WEBHOOK, f"http://127.0.0.1:{receiver.port}/")
    put_rule(control, quiet.owner, Rule(RuleKind.NEW, 0, 0))
    house.turn(3600)
    meet(live, quiet, A, "1.0", 1)
    house.turn(1740)
    assert told(receiver) == []
    house.turn(60)
    assert NOW % 3600 == 1800
    assert clock.now % 3600 == 0
    assert told(receiver) == [[("new", A)]]
