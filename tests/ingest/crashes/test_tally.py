from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crashes.door import EXPLICIT, RecordingDay, crash
from ingest.counters.cells import RARE
from ingest.counters.disclosure import Who
from ingest.crashes.crowd import Crowd
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.grouping import Group
from ingest.crashes.phrases import phrase_of
from ingest.crashes.strings import ReleaseStrings
from ingest.crashes.tally import Tally

APP = replace(EXPLICIT, tags={"screen": ("login", "servers")}, fingerprints=frozenset({"login"}))


def report(**fields: Any) -> Report:
    section = open_event(json.dumps(crash(**fields)).encode())
    assert isinstance(section, dict)
    return read_report(section, APP)


def saying(text: str, **fields: Any) -> Report:
    event = crash(**fields)
    event["exception"]["values"][0]["value"] = text
    return report(**event)


class Counter:
    """Counts reports of different people on one day."""

    def __init__(self, tally: Tally | None = None) -> None:
        self.tally = tally or Tally()
        self.day = RecordingDay(APP)
        self.people = 0

    def count(self, made: Report, times: int = 1) -> Group:
        for _ in range(times):
            self.people += 1
            who = Who(self.people.to_bytes(4), f"198.{self.people}")
            group = self.tally.count(self.day, APP, made, who)
        return group

    def cells(self, attribute: str) -> dict[str, int]:
        """Return what may leave memory of an attribute, by value, over all groups."""
        found: dict[str, int] = {}
        self.day.settle()
        for change in self.day.standing():
            for (_, _, name, value), reports in change.cells.items():
                if name == attribute and reports:
                    found[value] = found.get(value, 0) + reports
        return found


def of_type(number: int, **fields: Any) -> Report:
    return report(exception=[{"type": f"Error{number}", "value": "of somebody"}], **fields)


def test_past_a_bound_new_groups_of_a_day_are_one_that_holds_no_name() -> None:
    counter = Counter(Tally(crowd=Crowd(groups=3)))
    groups = {counter.count(of_type(number)).id for number in range(3)}
    many = {counter.count(of_type(number, logger="x", fingerprint=["login"])).id for number in range(3, 50)}
    assert len(groups) == 3
    [group] = many
    assert group not in groups
    assert counter.count(of_type(1)).id in groups, "a group that is known goes on"
    assert {stack.type for stack in counter.day.stacks} == {"Error0", "Error1", "Error2", "(many)"}
    assert sum(counter.cells("release").values()) == 51, "every report is counted"
    named = {key[3] for key in counter.day.keys if key[1] == group and key[2] == "message"}
    assert named == set()


def test_past_a_bound_new_releases_of_a_day_wait_for_others() -> None:
    counter = Counter(Tally(crowd=Crowd(releases=2)))
    for number in range(10):
        counter.count(report(release=f"vpn@{number}"))
    assert counter.cells("release") == {"vpn@0": 1, "vpn@1": 1, "(rare)": 8}
    counter.count(report(release="vpn@9"), times=4)
    assert counter.cells("release")["vpn@9"] == 5
    counter.tally.forget(counter.day)
    counter.count(report(release="vpn@10"))
    assert counter.cells("release")["vpn@10"] == 1, "another day has room again"


def test_a_message_of_the_runtime_is_shown_at_once() -> None:
    counter = Counter()
    counter.count(saying("division by zero"))
    assert counter.cells("message") == {"division by zero": 1}


def test_a_message_is_shown_once_k_people_have_sent_it() -> None:
    counter = Counter()
    counter.count(saying("no route for 10.0.0.1"), 4)
    assert counter.cells("message") == {RARE: 4}
    assert counter.tally.watch.nearest((APP.owner, counter.count(saying("other")).id), "message", APP.k) == 4
    counter.count(saying("no route for 10.0.0.2"))
    assert counter.cells("message") == {RARE: 1, "no route for <n>": 5}


def test_what_nobody_shares_is_never_handed_on() -> None:
    counter = Counter()
    for name in ("Alice", "Bob", "Carol", "Dave", "Eve", "Frank"):
        counter.count(saying(f"no route for {name}"))
    assert counter.cells("message") == {RARE: 6}
    assert not any("Alice" in part for key in counter.day.keys for part in key)


def test_five_thousand_reports_of_one_crash_are_one_group() -> None:
    counter = Counter()
    groups = {
        counter.count(saying(f"peer 10.{n % 250}.0.{n % 99}:{n} of host{n}.example.org, id {n:032x} timed out")).id
        for n in range(5_000)
    }
    assert len(groups) == 1
    assert counter.cells("message") == {"peer <n> of <n>, id <n> timed out": 5_000}


def test_texts_of_the_release_are_shown_at_once() -> None:
    uploaded = {(6, "vpn@2.14.0"): {phrase_of("no route for %s")}}
    strings = ReleaseStrings(lambda app, release: uploaded.get((app, release), set()), uploaded)
    counter = Counter(Tally(strings=strings))
    counter.count(saying("no route for Bob"))
    counter.count(saying("no route for Bob", release="vpn@2.15.0"))
    assert counter.cells("message") == {"no route for <n>": 1, RARE: 1}


def test_what_looks_like_an_identifier_is_not_shown_however_many_share_it() -> None:
    counter = Counter()
    made = saying("login with sk_live_abcdefghijkl failed")
    assert made.message == ""
    counter.count(made, 10)
    assert counter.cells("message") == {}
    assert counter.cells("stripped") == {"exception.value:token": 10}


def test_models_and_languages_wait_within_a_release() -> None:
    counter = Counter()
    contexts = {"device": {"model": "Pixel 8", "locale": "de-DE"}}
    counter.count(report(contexts=contexts), 4)
    counter.count(report(contexts=contexts, release="vpn@2.15.0"), 4)
    assert (counter.cells("model"), counter.cells("language")) == ({RARE: 8}, {RARE: 8})
    counter.count(report(contexts=contexts))
    assert (counter.cells("model"), counter.cells("language")) == ({"Pixel 8": 5, RARE: 4}, {"de": 5, RARE: 4})


def test_buckets_wait_and_lists_do_not() -> None:
    counter = Counter()
    contexts = {"device": {"memory_size": 1 << 33, "low_memory": False}, "vpn": {"state": "blocked"}}
    counter.count(report(contexts=contexts, tags={"consent": "given", "screen": "login", "account": "bob"}))
    assert counter.cells("memory") == {RARE: 1}
    assert counter.cells("low_memory") == {"no": 1}
    assert counter.cells("vpn") == {"blocked": 1}
    assert counter.cells("tag") == {"screen: login": 1}
    assert counter.cells("stripped")["tags"] == 1
    counter.count(report(contexts=contexts), 4)
    assert counter.cells("memory") == {"8 to 16 GB": 5}


@pytest.mark.parametrize("value", ["settings", "bob", 5, None])
def test_a_tag_has_only_declared_values(value: object) -> None:
    assert report(tags={"consent": "given", "screen": value}).tags == ()


def test_a_tripped_field_is_counted_with_its_detector_and_release() -> None:
    frames = [{"function": "for_bob@example.org", "module": "vpn"}]
    counter = Counter()
    made = report(exception=[{"type": "E", "stacktrace": {"frames": frames}}])
    counter.count(made)
    assert made.chain[0].frames[0].function == "(withheld)"
    assert (made.chain[0].type, made.chain[0].frames[0].module, made.release) == ("E", "vpn", "vpn@2.14.0")
    assert counter.cells("tripped") == {"frame.function:email (vpn@2.14.0)": 1}
    assert counter.cells("stripped") == {"frame.function:email": 1}


def test_messages_group_by_logger_and_by_template_once_it_may_be_told() -> None:
    counter = Counter()
    said = {"exception": None, "logger": "vpn.login"}
    known = counter.count(report(message="division by zero", **said))
    unknown = counter.count(report(message="hello Bob", **said))
    other = counter.count(report(message="hello Alice", **said))
    assert unknown.id == other.id != known.id
    shared = counter.count(report(message="tunnel 5 is down", **said), 5)
    assert shared.id not in {unknown.id, known.id}
    assert counter.cells("message") == {"division by zero": 1, "tunnel <n> is down": 1, RARE: 6}
    assert counter.count(report(message="division by zero", exception=None, logger="x")).id != known.id


def test_declared_fingerprints_are_honoured_at_once_and_others_once_shared() -> None:
    counter = Counter()
    plain = counter.count(report())
    declared = counter.count(report(fingerprint=["login"]))
    elsewhere = report(fingerprint=["login"], exception=[{"type": "Other"}])
    assert counter.count(elsewhere).id == declared.id != plain.id
    both = counter.count(report(fingerprint=["{{ default }}", "login"]))
    assert both.id not in {plain.id, declared.id}
    assert counter.count(report(fingerprint=["{{ default }}"])).id == plain.id
    own = report(fingerprint=["of Bob"])
    assert counter.count(own, 4).id == plain.id
    assert counter.count(own).id != plain.id


def test_the_change_of_the_algorithm_is_told_for_thirty_days() -> None:
    counter = Counter(Tally(changed=date(1970, 1, 1)))
    group = counter.count(report())
    assert counter.cells("former") == {group.former: 1}
    late = Counter(Tally(changed=date(1969, 12, 1)))
    late.count(report())
    assert late.cells("former") == {}
