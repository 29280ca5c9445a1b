"""Every reason for which a hit is not counted, each through the real front door."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import walk_packages

import pytest
from hits_door import FIREFOX, SITE, Door, read_cases, submission

import ingest.body
import ingest.hits
from collector.sections import Limits
from collector.settings import Settings
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.site import Profile, Site

GUARDED = Site(
    SITE.id,
    SITE.hosts,
    profile=Profile.PLAIN,
    exclude=("/account/*", "/app#/me/*", "/exactly"),
    own_networks=("203.0.113.0/24",),
)


@dataclass(frozen=True)
class RefusalCase:
    reason: str
    owner: str
    status: int
    body: str = ""
    url: str = "https://example.org/"
    path: str = "/api/event"
    method: str = "POST"
    kind: str = "text/plain"
    address: str = "198.51.100.7"
    agent: str = FIREFOX
    came_from: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    padding: int = 0
    times: int = 1

    @property
    def named_headers(self) -> list[tuple[bytes, bytes]]:
        return [(name.encode(), value.encode()) for name, value in self.headers.items()]

    @property
    def sent(self) -> bytes:
        return self.body.encode() if self.body else submission(self.url, r=self.came_from) + b" " * self.padding


CASES = read_cases("refusals.toml", RefusalCase)


def guarded_door() -> Door:
    return Door([GUARDED], settings=Settings(limits=Limits(body="2000B", per_sender=3)))


@pytest.fixture(scope="module")
def door() -> Door:
    return guarded_door()


@pytest.fixture
def fresh_door() -> Door:
    """A door of this test alone: its sums are of one day."""
    return guarded_door()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.reason} {case.url[8:]} {case.path} {case.came_from}")
def test_a_refusal_is_counted_under_its_reason_and_nothing_else_is(door: Door, case: RefusalCase) -> None:
    door.now += 3_600  # a minute of its own, and no visit that goes on
    owner = {"site": SITE.id, "unknown": UNKNOWN_OWNER}[case.owner]
    answer = None
    before = door.snapshot()
    for _ in range(case.times):
        before = door.snapshot()
        answer = door.knock(
            case.sent,
            method=case.method,
            path=case.path,
            address=case.address,
            agent=case.agent,
            kind=case.kind.encode(),
            headers=case.named_headers,
        )
    after = door.snapshot()
    assert answer is not None
    assert answer.status == case.status
    changed = {name: amounts for name, amounts in after.items() if before.get(name) != amounts}
    assert [(name[0], name[2]) for name in changed] == [(owner, ("refused", case.reason))]
    ((name, amounts),) = changed.items()
    assert amounts == [before.get(name, [0])[0] + 1]


def test_a_hit_that_nothing_is_wrong_with_is_counted(door: Door) -> None:
    """The control of the table: its submission, without what is wrong in each case, is a page view."""
    door.now += 3_600
    before = door.refusals()
    assert door.hit("https://example.org/accounting").status == 202
    assert door.refusals() == before
    assert door.values("page")["/accounting"] == 1


def named_reasons(sources: Iterable[str]) -> set[Refusal]:
    """Return the reasons that code names."""
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)))
    return {
        Refusal[node.attr]
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Refusal"
    }


@pytest.mark.from_source
def test_every_reason_that_hits_can_produce_has_a_case() -> None:
    modules = [import_module(found.name) for found in walk_packages(ingest.hits.__path__, "ingest.hits.")]
    produced = named_reasons(inspect.getsource(module) for module in (*modules, ingest.body))
    assert len(produced) >= 11
    # Ids that were ignored refuse no submission: they are counted beside it, and tried in test_matomo.
    assert produced - {Refusal.IDS_IGNORED} == {Refusal(case.reason) for case in CASES}


def test_a_reason_without_a_case_would_be_seen() -> None:
    assert named_reasons(["x = Refusal.DUPLICATE if y else None"]) == {Refusal.DUPLICATE}


def test_the_first_step_that_refuses_gives_the_reason(fresh_door: Door) -> None:
    """A bot of the operator's own network on a foreign host is one refusal, not three."""
    fresh_door.now += 3_600
    before = fresh_door.refusals()
    fresh_door.hit("https://evil.example/account/x", address="203.0.113.5", agent="Googlebot/2.1")
    assert fresh_door.refusals() == {**before, "host": before.get("host", 0) + 1}


def test_what_a_sender_sends_past_the_limit_is_refused_until_the_minute_is_over(fresh_door: Door) -> None:
    fresh_door.now += 3_600 - fresh_door.now % 60
    before = fresh_door.refusals().get("over_rate", 0)
    for _ in range(5):
        fresh_door.hit(address="192.0.2.1")
    fresh_door.hit(address="192.0.2.2")
    assert fresh_door.refusals()["over_rate"] == before + 2
    fresh_door.now += 60
    fresh_door.hit(address="192.0.2.1")
    assert fresh_door.refusals()["over_rate"] == before + 2
