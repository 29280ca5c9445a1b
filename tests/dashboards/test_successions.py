"""An algorithm of grouping takes over from another: what a team said of a crash stays said, and nobody is woken."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from dashboards_stage import NOW, TODAY, Clock, Memory, Rows
from receivers import Receiver
from starlette.testclient import TestClient

from dashboards.alerts.traffic import Traffic
from dashboards.alerts.watch import Watch
from dashboards.alerts.webhook import Webhooks
from dashboards.figures import Figures
from dashboards.period import CUSTOM, Period
from dashboards.questions import Questions
from dashboards.reports import Reports
from dashboards.triage import Standing, Triage
from ingest.app import App, Apps
from ingest.counters.cells import CRASH, Refusal
from ingest.counters.disclosure import Who
from ingest.counters.exemplar import Exemplar
from ingest.counters.journal import Unjournaled
from ingest.counters.ledger import Ledger
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.grouping import group_of
from ingest.crashes.tally import Tally
from ingest.site import Profile, Sites
from ingest.store.control.assignments import assign
from ingest.store.control.channels import ChannelKind, add_channel
from ingest.store.control.database import Control
from ingest.store.control.decisions import State, Until
from ingest.store.control.merges import list_merges, merge_groups, split_group
from ingest.store.control.notes import add_note, list_notes
from ingest.store.control.rules import Rule, RuleKind, put_rule
from ingest.store.control.successions import begin_grouping, end_changeover, is_changing, list_successions
from ingest.store.control.users import User
from ingest.store.reader import Reader

pytest_plugins = ["dashboards_fixtures"]

OLD, OTHER = "a1" * 8, "a2" * 8
NEW, SECOND = "b1" * 8, "b2" * 8
LONG_AGO = TODAY - timedelta(days=20)
MONDAY = LONG_AGO - timedelta(days=LONG_AGO.weekday())
PERIOD = Period(CUSTOM, LONG_AGO, TODAY, TODAY)
RULES = (Rule(RuleKind.NEW, 0, 0), Rule(RuleKind.REGRESSION, 0, 0))


@pytest.fixture
def app(app: App) -> App:
    """An app that is looked at every minute."""
    return App(id=app.id, name=app.name, key=app.key, profile=Profile.PLAIN)


class House:
    """What pages and alerts read, about one app with two groups of algorithm 1 that were met long ago."""

    def __init__(self, app: App, rows: Rows, reader: Reader, live: Memory, control: Control, clock: Clock) -> None:
        self.app, self.rows, self.live, self.control = app, rows, live, control
        self.reports = Reports(Questions(reader), live, control)
        self.triage = Triage(self.reports, control)
        self.clock = clock
        hooks = {ChannelKind.WEBHOOK: Webhooks("https://stats.example.org", allows_private=True)}
        apps = Apps()
        apps.replace([app])
        traffic = Traffic(Figures(Questions(reader), live), (), control)
        self.watch = Watch(apps, Sites(), self.reports, self.triage, traffic, control, hooks, clock)
        for group, reports in ((OLD, 10), (OTHER, 4)):
            rows.groups(app.id, [(group, MONDAY, Exemplar(1, "KeyError", f"of_{group[:2]}", "{}"), LONG_AGO, LONG_AGO)])
            rows.crashes(app.id, [(LONG_AGO, group, "release", "app@2.0", reports)])
        begin_grouping(control, 2, TODAY, has_groups=True)

    def resolve(self, group: str, until: Until = Until.NEXT) -> None:
        asyncio.run(self.triage.resolve(self.app, group, until, "", TODAY))

    def mute(self, group: str, number: int) -> None:
        asyncio.run(self.triage.mute(self.app, group, Until.MORE, number, None, TODAY))

    def meet(self, group: str, reports: int, *formers: tuple[str, int], release: str = "app@2.0") -> None:
        """Have the present algorithm group some reports, in the store, as the writer leaves them there."""
        self.rows.groups(self.app.id, [(group, MONDAY, Exemplar(2, "KeyError", "merge", "{}"), TODAY, TODAY)])
        told = [(TODAY, group, "former", former, count) for former, count in formers]
        self.rows.crashes(self.app.id, [(TODAY, group, "release", release, reports), *told])
        self.live.number += 2  # a write began and ended

    def standing(self, group: str) -> Standing:
        return asyncio.run(self.triage.standings(self.app, TODAY)).get(group, Standing())

    def state(self, group: str) -> State:
        return self.standing(group).state

    def shown(self) -> dict[str, int]:
        return {group.id: group.reports for group in asyncio.run(self.reports.groups(self.app, PERIOD))}

    def turn(self) -> None:
        self.clock.now += 60
        asyncio.run(self.watch.turn())


@pytest.fixture
def house(app: App, rows: Rows, reader: Reader, live: Memory, control: Control, clock: Clock) -> House:
    return House(app, rows, reader, live, control, clock)


def test_a_group_that_is_only_renamed_keeps_state_note_member_and_counts(
    house: House, control: Control, owner: User, app: App, member: TestClient, apps: Apps
) -> None:
    apps.replace([app])
    house.resolve(OLD)
    assign(control, app.id, OLD, owner.id)
    add_note(control, app.id, OLD, owner.id, "Comes with the old index", TODAY, lambda _: None)
    house.meet(NEW, 3, (OLD, 3))
    standing = house.standing(NEW)
    assert (standing.state, standing.decision.release) == (State.RESOLVED, "app@2.0")
    assert standing.assignee == owner
    assert house.shown() == {NEW: 13, OTHER: 4}
    answer = member.get(f"/apps/{app.id}/crashes/{OLD}?period=30d")
    assert answer.headers["location"] == f"/apps/{app.id}/crashes/{NEW}?period=30d"
    told = member.get(f"/apps/{app.id}/crashes/{NEW}.json?period=30d").json()
    assert (told["state"], told["assignee"], told["reports"], told["new"]) == ("resolved", "ada", 13, False)
    assert (told["algorithm"], told["formerly"], [note["text"] for note in told["notes"]]) == (
        2,
        [OLD],
        ["Comes with the old index"],
    )
    text = member.get(f"/apps/{app.id}/crashes/{NEW}?period=30d").text
    assert "what it was called by the grouping before" in text


def crash_of(app: App, function: str) -> Report:
    """Read an event as a Python SDK sends it: one frame of the app's, below one of asyncio, which is only passed by."""
    own = {"function": function, "module": "app.sync", "filename": "sync.py", "lineno": 88, "in_app": True}
    plumbing = {"function": "_run", "module": "asyncio.events", "filename": "events.py", "lineno": 80, "in_app": True}
    thrown = {"type": "KeyError", "value": "'of bob'", "stacktrace": {"frames": [plumbing, own]}}
    event = {"platform": "python", "release": "app@2.0", "exception": {"values": [thrown]}}
    opened = open_event(memoryview(json.dumps(event).encode()))
    assert not isinstance(opened, Refusal)
    return read_report(opened, app)


@pytest.mark.parametrize("since", [TODAY, TODAY - timedelta(days=40)], ids=["now", "long ago: no cell tells so"])
def test_real_crashes_find_what_was_decided_about_them_under_the_algorithm_before(
    house: House, app: App, owner: User, since: date
) -> None:
    is_followed = since == TODAY
    resolved, muted = crash_of(app, "merge"), crash_of(app, "poll")
    for report in (resolved, muted):
        former = group_of(report).former
        stored = (former, MONDAY, Exemplar(1, "KeyError", "", "{}"), LONG_AGO, LONG_AGO)
        house.rows.groups(app.id, [stored])
        house.rows.crashes(app.id, [(LONG_AGO, former, "release", "app@2.0", 5)])
    house.resolve(group_of(resolved).former)
    house.mute(group_of(muted).former, 9)
    add_note(house.control, app.id, group_of(muted).former, owner.id, "Known", TODAY, lambda _: None)
    ledger = Ledger(Unjournaled(), lambda _: None, itertools.count(1))
    ledger.renew([app])
    day, tally, who = ledger.day(app, NOW), Tally(changed=since), Who(b"sender", "203.0")
    groups = [tally.count(day, app, report, who).id for report in (resolved, muted)]
    cells = [(on, key, amounts[0]) for on, key, amounts in ledger.unwritten(app.owner) if key[0] == CRASH]
    house.rows.crashes(app.id, [(on, key[1], key[2], key[3], reports) for on, key, reports in cells])
    house.rows.groups(app.id, [(group, MONDAY, Exemplar(2, "KeyError", "", "{}"), TODAY, TODAY) for group in groups])
    house.live.number += 2
    shown = house.shown()
    assert [house.state(group) for group in groups] == (
        [State.RESOLVED, State.MUTED] if is_followed else [State.OPEN, State.OPEN]
    )
    assert [shown[group] for group in groups] == ([6, 6] if is_followed else [1, 1])
    detail = asyncio.run(house.reports.group(app, groups[1], PERIOD))
    assert detail is not None
    notes = list_notes(house.control, app.id, [part.id for part in detail.parts])
    assert [note.text for note in notes] == (["Known"] if is_followed else [])


def test_grouping_that_begins_where_no_crash_was_ever_counted_follows_nothing(tmp_path: Path) -> None:
    control = Control.open(f"sqlite:///{tmp_path / 'new.db'}")
    assert begin_grouping(control, 2, TODAY, has_groups=False) == date.min
    assert not is_changing(control)
    later = TODAY + timedelta(days=9)
    assert begin_grouping(control, 2, later, has_groups=True) == date.min, "it began without"
    assert begin_grouping(control, 3, later, has_groups=True) == later
    assert is_changing(control)
    assert begin_grouping(control, 3, later + timedelta(days=1), has_groups=True) == later
    control.close()


def test_without_cells_that_tell_so_the_new_group_is_new(house: House) -> None:
    house.resolve(OLD)
    house.meet(NEW, 3)
    assert house.state(NEW) is State.OPEN
    assert house.shown() == {NEW: 3, OLD: 10, OTHER: 4}
    assert list_successions(house.control, house.app.id) == {}


def test_a_former_group_that_nobody_ever_saw_is_nobody(house: House) -> None:
    house.meet(NEW, 3, ("f" * 16, 3))
    assert house.shown() == {NEW: 3, OLD: 10, OTHER: 4}
    assert list_successions(house.control, house.app.id) == {}


def test_it_is_so_before_anything_is_written(house: House) -> None:
    house.resolve(OLD)
    house.live.reports[house.app.id] = {
        (TODAY, NEW, "release", "app@2.0"): 2,
        (TODAY, NEW, "former", OLD): 2,
        (TODAY, SECOND, "release", "app@2.0"): 1,
        (TODAY, SECOND, "former", "e" * 16): 1,
    }
    assert house.state(NEW) is State.RESOLVED
    assert house.shown() == {NEW: 12, OTHER: 4, SECOND: 1}


def test_what_another_node_wrote_is_settled_when_alerts_look(house: House) -> None:
    house.resolve(OLD)
    house.meet(NEW, 3, (OLD, 3))
    house.live.number -= 2
    assert house.state(NEW) is State.OPEN, "this node has counted nothing since it asked"
    asyncio.run(house.triage.settle(house.app, TODAY, NOW))
    assert house.state(NEW) is State.RESOLVED


def test_a_decision_outlives_the_reports_that_it_was_about(house: House) -> None:
    house.mute("c" * 16, 50)
    house.meet(NEW, 3, ("c" * 16, 3))
    assert house.state(NEW) is State.MUTED


def test_a_renamed_group_regresses_and_a_mute_ends_as_they_would_have(house: House) -> None:
    house.resolve(OLD)
    house.mute(OTHER, 5)
    house.meet(NEW, 1, (OLD, 1), release="app@2.1")
    house.meet(SECOND, 4, (OTHER, 4))
    assert (house.state(NEW), house.state(SECOND)) == (State.REGRESSED, State.MUTED)
    house.meet(SECOND, 1, (OTHER, 1))
    assert house.state(SECOND) is State.OPEN


def test_of_one_that_becomes_two_each_takes_the_state_and_one_the_counts(house: House, owner: User) -> None:
    house.resolve(OLD)
    assign(house.control, house.app.id, OLD, owner.id)
    house.meet(NEW, 2, (OLD, 2))
    house.meet(SECOND, 5, (OLD, 5))
    assert (house.state(NEW), house.state(SECOND)) == (State.RESOLVED, State.RESOLVED)
    assert house.standing(NEW).assignee == house.standing(SECOND).assignee == owner
    assert house.shown() == {SECOND: 15, NEW: 2, OTHER: 4}
    # Who came into the counts keeps them.
    house.meet(NEW, 90, (OLD, 90))
    assert house.shown() == {SECOND: 15, NEW: 92, OTHER: 4}


@pytest.mark.parametrize(
    ("decide", "expected"),
    [
        (lambda house: house.resolve(OLD), State.OPEN),
        (lambda house: (house.resolve(OLD), house.mute(OTHER, 99)), State.MUTED),
        (lambda house: (house.resolve(OLD), house.resolve(OTHER)), State.RESOLVED),
    ],
    ids=["open", "muted", "resolved"],
)
def test_of_two_that_become_one_the_more_wakeful_state_holds(
    house: House, decide: Callable[[House], object], expected: State
) -> None:
    decide(house)
    house.meet(NEW, 3, (OLD, 1), (OTHER, 2))
    assert house.state(NEW) is expected
    assert house.shown() == {NEW: 17}


def test_two_that_were_resolved_today_do_not_bring_each_other_back(house: House) -> None:
    for group in (OLD, OTHER):
        house.rows.crashes(house.app.id, [(TODAY, group, "release", "app@2.0", 3)])
        house.resolve(group, Until.NOW)
    begun = {(TODAY, NEW, "former", OLD): 1, (TODAY, NEW, "former", OTHER): 1}
    house.live.reports[house.app.id] = begun
    assert house.state(NEW) is State.RESOLVED
    house.live.reports[house.app.id] = {**begun, (TODAY, NEW, "release", "app@2.0"): 2}
    assert house.state(NEW) is State.REGRESSED


def test_what_a_team_had_merged_stays_merged(house: House) -> None:
    merge_groups(house.control, house.app.id, [OLD], OTHER)
    house.mute(OTHER, 99)
    house.meet(NEW, 3, (OLD, 3))
    assert (house.state(OTHER), house.shown()) == (State.MUTED, {OTHER: 17})
    house.meet(SECOND, 1, (OTHER, 1))
    assert (house.state(SECOND), house.shown()) == (State.MUTED, {SECOND: 18})


def test_what_a_team_decides_afterwards_holds(house: House) -> None:
    house.resolve(OLD)
    house.resolve(OTHER)
    house.meet(NEW, 3, (OLD, 3))
    assert house.state(NEW) is State.RESOLVED
    asyncio.run(house.triage.reopen(house.app, NEW))
    assert split_group(house.control, house.app.id, OLD)
    house.meet(NEW, 2, (OLD, 1), (OTHER, 1))
    assert house.state(NEW) is State.OPEN
    assert house.shown() == {NEW: 9, OLD: 10}


def test_it_holds_when_the_change_over_is_over_and_only_then_it_ends(house: House) -> None:
    house.resolve(OLD)
    house.meet(NEW, 3, (OLD, 3))
    end_changeover(house.control, TODAY)
    assert house.state(NEW) is State.RESOLVED
    end_changeover(house.control, TODAY + timedelta(days=1))
    house.meet(SECOND, 3, (OTHER, 3))
    assert (house.state(NEW), house.shown()) == (State.RESOLVED, {NEW: 13, OTHER: 4, SECOND: 3})


def test_after_the_next_change_over_too(house: House) -> None:
    house.resolve(OLD)
    house.meet(NEW, 3, (OLD, 3))
    assert house.state(NEW) is State.RESOLVED
    house.meet(SECOND, 1, (NEW, 1))
    assert (house.state(SECOND), house.shown()) == (State.RESOLVED, {SECOND: 14, OTHER: 4})
    assert list_merges(house.control, house.app.id) == {OLD: SECOND, NEW: SECOND}


@pytest.fixture
def receiver(receiver: Receiver, control: Control, app: App) -> Receiver:
    """The receiver, as a channel of the app."""
    add_channel(control, app.owner, ChannelKind.WEBHOOK, f"http://127.0.0.1:{receiver.port}/")
    return receiver


def told(receiver: Receiver) -> list[tuple[str, str]]:
    bodies = [json.loads(posted.body) for posted in receiver.posted]
    return [(alert["kind"], alert["group"]) for body in bodies for alert in body["alerts"]]


def test_nobody_hears_of_a_new_group_that_is_only_renamed(house: House, receiver: Receiver) -> None:
    for rule in RULES:
        put_rule(house.control, house.app.owner, rule)
    house.turn()
    house.turn()
    house.meet(NEW, 2, (OLD, 2))
    house.meet(SECOND, 1, (OLD, 1))
    house.turn()
    assert told(receiver) == []
    house.meet("d" * 16, 1)
    house.turn()
    assert told(receiver) == [("new", "d" * 16)], "a group that nobody knew is told"


def test_what_was_told_of_the_old_group_is_not_told_again(house: House, receiver: Receiver) -> None:
    young = "e1" * 8
    for rule in RULES:
        put_rule(house.control, house.app.owner, rule)
    house.resolve(OLD)
    house.turn()
    house.turn()
    house.rows.groups(house.app.id, [(young, MONDAY, Exemplar(1, "OSError", "poll", "{}"), TODAY, TODAY)])
    house.rows.crashes(house.app.id, [(TODAY, young, "release", "app@2.0", 1), (TODAY, OLD, "release", "app@2.1", 1)])
    house.turn()
    assert sorted(told(receiver)) == [("new", young), ("regression", OLD)]
    house.meet(NEW, 1, (OLD, 1), release="app@2.1")
    house.meet(SECOND, 1, (young, 1))
    house.turn()
    assert house.state(NEW) is State.REGRESSED
    assert len(told(receiver)) == 2
    house.resolve(NEW)
    house.meet(NEW, 1, (OLD, 1), release="app@2.2")
    house.turn()
    assert told(receiver)[2:] == [("regression", NEW)]


def test_a_new_crash_that_was_renamed_before_anybody_heard_of_it_is_told(house: House, receiver: Receiver) -> None:
    young = "e2" * 8
    put_rule(house.control, house.app.owner, RULES[0])
    house.turn()
    house.turn()
    house.rows.groups(house.app.id, [(young, MONDAY, Exemplar(1, "OSError", "poll", "{}"), TODAY, TODAY)])
    house.rows.crashes(house.app.id, [(TODAY, young, "release", "app@2.0", 1)])
    house.meet(NEW, 1, (young, 1))
    house.turn()
    assert told(receiver) == [("new", NEW)]
