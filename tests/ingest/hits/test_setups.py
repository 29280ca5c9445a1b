"""A hit that carries a setup token is told to whoever made it, and counted nowhere."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hits_door import FIREFOX, SITE, Answer, Door, submission
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters.cells import REFUSED, UNKNOWN_OWNER, Key
from ingest.hits.setups import LIFE, TOLD, Setup
from ingest.site import Profile

GUARDED = replace(
    SITE,
    pages=("/", "/blog/*"),
    events=frozenset({"signup"}),
    exclude=("/account/*",),
    own_networks=("203.0.113.0/24",),
)
CAREFUL = replace(GUARDED, id="careful.example", profile=Profile.STANDARD)
PAGE = "https://example.org/"
NOBODYS = "logless-setup-" + "x" * 22
"""A token that nobody made."""

PEOPLE = itertools.count(1)


@pytest.fixture(scope="module")
def shared() -> Door:
    return Door([GUARDED, CAREFUL])


@pytest.fixture
def door(shared: Door) -> Door:
    """The door an hour after the last test: no visit goes on."""
    shared.now += 3_600
    shared.full = False
    return shared


def begin(door: Door, member: int = 1) -> Setup:
    return door.pipeline.setups.begin(SITE.id, member, door.now)


def somebody() -> str:
    """Return an address in a network that no other hit of these tests comes from."""
    number = next(PEOPLE)
    return f"{11 + number // 250}.{number % 250}.7.7"


def carry(setup: Setup, url: str = PAGE) -> str:
    return f"{url}{'&' if '?' in url else '?'}ref={setup.token}"


def told(setup: Setup) -> list[tuple[str, str | None]]:
    return [(trace.event, trace.refusal.value if trace.refusal else None) for trace in setup.traces]


WAYS: dict[str, tuple[str | None, Callable[[Door, str], Answer]]] = {
    "page view": (None, lambda door, token: door.hit(f"{PAGE}?ref={token}")),
    "event": (None, lambda door, token: door.hit(f"{PAGE}?ref={token}", n="signup", p={"plan": "free"})),
    "late": ("late", lambda door, token: door.hit(f"{PAGE}?ref={token}", n="engagement", e=5_000)),
    "bot": ("bot", lambda door, token: door.hit(f"{PAGE}?ref={token}", agent="Googlebot/2.1")),
    "host": ("host", lambda door, token: door.hit(f"https://evil.example/?ref={token}")),
    "excluded": ("excluded", lambda door, token: door.hit(f"{PAGE}account/1?ref={token}")),
    "own network": ("own_network", lambda door, token: door.hit(f"{PAGE}?ref={token}", address="203.0.113.9")),
    "next page of a router": (None, lambda door, token: door.hit(f"{PAGE}next", r=f"{PAGE}?ref={token}")),
    "unknown site": ("unknown_site", lambda door, token: door.hit(f"{PAGE}?ref={token}", d="exmaple.org")),
    "bad field": ("bad_field", lambda door, token: door.hit(f"{PAGE}?ref={token}", w="wide")),
    "not JSON": ("bad_json", lambda door, token: sent(door, f'{{"u": "{PAGE}?ref={token}"'.encode())),
}  # fmt: skip


def sent(door: Door, body: bytes) -> Answer:
    answer = door.knock(body)
    assert answer is not None
    return answer


@pytest.mark.parametrize("way", WAYS)
def test_what_carries_a_token_is_told_and_counted_nowhere(door: Door, way: str) -> None:
    reason, send = WAYS[way]
    setup = begin(door)
    before = (
        door.snapshot(),
        len(door.pipeline.keys),
        len(door.pipeline.visits),
        door.pipeline.recent.reasons(SITE.id),
    )
    strays = door.pipeline.recent.reasons(UNKNOWN_OWNER)
    send(door, setup.token)
    assert [refused for _, refused in told(setup)] == [reason]
    # Not even a digest is made: there is no key of this day, unless another test needed one.
    assert before == (
        door.snapshot(), len(door.pipeline.keys), len(door.pipeline.visits), door.pipeline.recent.reasons(SITE.id)
    )  # fmt: skip
    assert door.pipeline.recent.reasons(UNKNOWN_OWNER) == strays


def test_no_digest_is_made_of_whoever_tests() -> None:
    door = Door([GUARDED])
    door.hit(carry(begin(door)))
    assert len(door.pipeline.keys) == 0
    door.hit()
    assert len(door.pipeline.keys) == 1


@pytest.mark.parametrize("way", WAYS)
def test_without_a_token_in_force_each_is_counted_and_answered_alike(door: Door, way: str) -> None:
    """The control of the test above."""
    reason, send = WAYS[way]
    before = door.snapshot()
    answer = send(door, NOBODYS)
    changed = {name[2] for name, amounts in door.snapshot().items() if before.get(name) != amounts}
    assert changed
    assert {key[1] for key in changed if key[0] == REFUSED} == ({reason} if reason else set())
    assert send(door, begin(door).token) == answer


def test_it_is_told_while_nothing_more_can_be_counted(door: Door) -> None:
    setup = begin(door)
    door.full = True
    assert door.hit(carry(setup)).status == 202
    assert door.hit().status == 503
    assert told(setup) == [("pageview", None)]


def test_who_objects_is_not_looked_at_even_then(door: Door) -> None:
    setup = begin(door)
    assert door.hit(carry(setup), headers=[(b"sec-gpc", b"1")]).status == 202
    assert told(setup) == []


def test_a_page_and_what_is_done_on_it_are_one_visit(door: Door) -> None:
    setup = begin(door)
    door.hit(carry(setup, "https://example.org/blog/x"))
    door.now += 30
    door.hit(carry(setup, "https://example.org/blog/x"), n="engagement", e=12_000, sd=80)
    first, second = setup.traces
    assert [each.result for each in first.passages if each.step == "visit"] == ["a visit begins"]
    assert [each.result for each in second.passages if each.step == "visit"] == ["the visit goes on"]
    grown = {cell.key: cell.amounts for cell in second.cells}
    assert grown["page", "/blog/x"] == (0, 0, 0, 0, -1, 12, 80, 1)


def test_every_step_is_told_until_one_refuses(door: Door) -> None:
    setup = begin(door)
    door.hit(carry(setup, "https://example.org/account/7"), agent=FIREFOX)
    (trace,) = setup.traces
    steps = [each.step for each in trace.passages]
    assert steps[:3] == ["site", "submission", "request"]
    assert steps[-1] == "drop_excluded"
    assert "put_page" not in steps
    assert trace.data["refused"] == "excluded"
    assert trace.data["steps"][1]["result"] == "pageview, page example.org/account/7"
    assert "browser Firefox" in trace.data["steps"][2]["result"]
    assert trace.cells == ()


def test_what_too_few_share_is_told_to_wait(door: Door) -> None:
    setup = door.pipeline.setups.begin(CAREFUL.id, 1, door.now)
    door.hit(carry(setup, "https://example.org/blog/x"), d=CAREFUL.id, w=1_280)
    waits = {cell.key: cell.waits for cell in setup.traces[0].cells}
    assert waits["page", "/blog/*"] is False
    assert waits["device", "desktop"] is False
    assert waits["page", "/blog/x"] is True
    assert waits["browser", "Firefox"] is True


def test_a_token_is_in_force_for_half_an_hour_and_then_its_page_is_as_any_other(door: Door) -> None:
    setup = begin(door)
    door.now += LIFE - 1
    door.hit(carry(setup))
    assert len(setup.traces) == 1
    door.now += 1
    assert door.pipeline.setups.of(SITE.id, 1, door.now) is None
    before = Counter(door.values("source"))
    door.hit(f"{carry(setup)}&utm_source=news", address=somebody())
    door.hit(carry(setup), address=somebody())
    assert len(setup.traces) == 1
    assert Counter(door.values("source")) - before == {"news": 1, "(direct)": 1}
    assert not [page for page in door.values("page") if "logless-setup" in page]


def test_a_member_has_one_of_each_site_and_sees_no_other(door: Door) -> None:
    setups = door.pipeline.setups
    first, other = begin(door), begin(door, member=2)
    door.hit(carry(first))
    assert (len(first.traces), len(other.traces)) == (1, 0)
    again = begin(door)
    assert setups.of(SITE.id, 1, door.now) is again
    assert setups.of(SITE.id, 2, door.now) is other
    assert setups.of("elsewhere.example", 1, door.now) is None
    assert again.token != first.token
    before = door.values("page")["/"]
    door.hit(carry(first), address=somebody())
    assert told(again) == []
    assert door.values("page")["/"] == before + 1


def test_they_are_bounded(door: Door) -> None:
    setup = begin(door)
    for number in range(TOLD + 5):
        door.hit(carry(setup), n=f"event {number}")
    assert (setup.arrived, len(setup.traces)) == (TOLD + 5, TOLD)
    assert setup.traces[-1].event == f"event {TOLD + 4}"
    made = [begin(door, member) for member in range(200)]
    present = [one for one in made if door.pipeline.setups.of(SITE.id, one.member, door.now) is one]
    assert present == made[100:]


def test_a_token_is_not_in_the_representation_of_anything(door: Door) -> None:
    setup = begin(door)
    assert setup.token not in repr(setup)
    assert setup.token not in repr(door.pipeline.setups)


PAGES = (PAGE, f"{PAGE}blog/x", f"{PAGE}account/7", "https://evil.example/", f"{PAGE}?utm_source=a")
SUBMISSIONS = st.fixed_dictionaries(
    {
        "n": st.sampled_from(["pageview", "pageview", "engagement", "signup", "rare event"]),
        "u": st.sampled_from(PAGES),
        "r": st.sampled_from(["", "https://forum.example/x", "https://www.google.com/", "nonsense"]),
        "e": st.integers(-1, 40_000),
        "sd": st.integers(-1, 120),
        "w": st.sampled_from([320, 1_280]),
    }
)


@settings(max_examples=40)
@given(submissions=st.lists(SUBMISSIONS, max_size=8))
def test_what_is_told_is_what_is_counted(shared: Door, submissions: list[dict[str, Any]]) -> None:
    """The same hits with a token and without: the sums of what is told are what is counted."""
    shared.now += 3_600
    setup, address = begin(shared), somebody()
    grown: Counter[tuple[Key, int]] = Counter()
    before = amounts_of(shared)
    for fields in submissions:
        rest = {name: value for name, value in fields.items() if name != "u"}
        shared.hit(carry(setup, fields["u"]), address=address, **rest)
        trace = setup.traces[-1]
        if trace.refusal:
            grown[(REFUSED, trace.refusal.value), 0] += 1
        for cell in trace.cells:
            if not cell.waits:
                grown.update({(cell.key, place): amount for place, amount in enumerate(cell.amounts)})
    assert amounts_of(shared) == before
    for fields in submissions:
        shared.hit(fields["u"], address=address, **{name: value for name, value in fields.items() if name != "u"})
    counted = amounts_of(shared)
    counted.subtract(before)
    assert without_zeros(grown) == without_zeros(counted)


def amounts_of(door: Door) -> Counter[tuple[Key, int]]:
    found: Counter[tuple[Key, int]] = Counter()
    for (_, key), amounts in door.amounts().items():
        found.update({(key, place): amount for place, amount in enumerate(amounts)})
    return found


def without_zeros(amounts: Counter[tuple[Key, int]]) -> dict[tuple[Key, int], int]:
    return {name: amount for name, amount in amounts.items() if amount}


@settings(max_examples=50)
@given(before=st.binary(max_size=200), after=st.binary(max_size=200))
def test_whatever_bytes_stand_around_a_token_nothing_is_counted(shared: Door, before: bytes, after: bytes) -> None:
    setup = begin(shared)
    strays = shared.refusals(UNKNOWN_OWNER)
    shared.knock(before + setup.token.encode() + after)
    assert shared.refusals(UNKNOWN_OWNER) == strays
    assert len(setup.traces) == 1
    shared.knock(before + b"logless-setup-" + after)
    assert shared.refusals(UNKNOWN_OWNER) != strays, "without a whole token it is refused, and counted"


def test_a_body_of_several_is_told_whole(door: Door) -> None:
    setup = begin(door)
    bodies = [json.loads(submission(url)) for url in (carry(setup), f"{PAGE}blog/y")]
    before = door.snapshot()
    sent(door, json.dumps(bodies).encode())
    assert told(setup) == [("pageview", None)] * 2
    assert door.snapshot() == before
