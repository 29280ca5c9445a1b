"""Goals and funnels: who may be told, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hits_door import NOON, SITE, Door

from ingest.site import Funnel, Goal, Profile

MONDAY = date(2026, 11, 16)
BUY = Goal("Buy", page="/thanks/*")
STANDARD = replace(SITE, profile=Profile.STANDARD, goals=(BUY, Goal("Sign up", event="signup")))
NEWS = "https://news.example/story"


def address(number: int, networks: int = 7) -> str:
    return f"81.{number % networks + 1}.{number + 1}.9"


def buy(door: Door, number: int, *, referrer: str = "", networks: int = 7) -> None:
    door.hit("https://example.org/start", address=address(number, networks), r=referrer)
    door.hit("https://example.org/thanks/42", address=address(number, networks))


def weekly(door: Door, pair: str) -> dict[tuple[str, ...], list[int]]:
    """Return what was written of a pair of goals: visitors, visits and events, by goal and value."""
    found = {}
    for batch in door.shipped:
        for key, amounts in batch.lot.cells.items():
            if key[0] == pair:
                assert batch.lot.date == MONDAY
                assert batch.lot.closing, "a week is written once"
                found[key[1:]] = [amounts[0], amounts[1], amounts[3]]
    return found


def close(door: Door) -> None:
    door.now += 9 * 86_400
    door.pipeline.tick(eager=False)


def test_a_source_is_named_beside_a_goal_once_five_converters_of_the_week_share_it() -> None:
    door = Door([STANDARD])
    for number in range(30):
        # Four who came from the one, five from the other; everybody else only looks.
        if number < 4:
            buy(door, number, referrer="https://few.example/")
        elif number < 9:
            buy(door, number, referrer=NEWS)
        else:
            door.hit(address=address(number))
    door.pipeline.tick()
    assert weekly(door, "goal*referrer") == {}
    assert not weekly(door, "goal*source"), "nothing is told before the week is over"
    close(door)
    assert weekly(door, "goal*source") == {("Buy", "news.example"): [5, 5, 5], ("Buy", "(rare)"): [4, 4, 4]}


def test_converters_of_different_days_of_a_week_add_up() -> None:
    door = Door([STANDARD], now=NOON - 5 * 86_400)
    for day in range(5):
        door.now = NOON + (day - 5) * 86_400
        door.pipeline.tick(eager=False)
        buy(door, day, referrer=NEWS)
        for number in range(20, 50):
            door.hit(address=address(number))
    close(door)
    assert weekly(door, "goal*source") == {("Buy", "news.example"): [5, 5, 5]}


def test_five_converters_of_one_network_are_no_crowd() -> None:
    door = Door([STANDARD])
    for number in range(30):
        if number < 8:
            buy(door, number, referrer=NEWS, networks=2)
        else:
            door.hit(address=address(number))
    close(door)
    assert weekly(door, "goal*source") == {("Buy", "(rare)"): [8, 8, 8]}


def test_a_week_of_too_few_visitors_tells_nothing_of_its_goals() -> None:
    door = Door([STANDARD])
    for number in range(19):
        buy(door, number, referrer=NEWS)
    close(door)
    assert weekly(door, "goal*source") == {}
    assert {key[0] for batch in door.shipped for key in batch.lot.cells} == {"hours"}


def test_a_goal_counts_a_visit_once_and_each_time_that_it_is_reached() -> None:
    door = Door([replace(STANDARD, profile=Profile.PLAIN)])
    for page in ("/", "/thanks/1", "/thanks/2"):
        door.hit(f"https://example.org{page}")
    door.hit(n="signup")
    door.hit(n="signup", address=address(1))
    door.now += 3_600
    door.hit("https://example.org/thanks/3")
    amounts = {key: amounts for (_, key), amounts in door.amounts().items() if key[0] in {"goal", "goal*device"}}
    # visitors, visits, page views, events
    assert amounts[("goal", "Buy")][:4] == [1, 2, 0, 3]
    assert amounts[("goal", "Sign up")][:4] == [2, 2, 0, 2]
    assert amounts[("goal*device", "Buy", "desktop")][:4] == [1, 2, 0, 3]


def test_steps_of_a_funnel_count_in_their_order_within_a_visit() -> None:
    funnel = Funnel("Buying", (Goal("/", page="/"), Goal("/pricing", page="/pricing"), Goal("signup", event="signup")))
    door = Door([replace(SITE, funnels=(funnel,))])

    def visit(number: int, *deeds: str) -> None:
        for deed in deeds:
            name = "pageview" if deed.startswith("/") else deed
            path = deed if deed.startswith("/") else "/pricing"
            door.hit(f"https://example.org{path}", address=address(number), n=name)

    visit(0, "/", "/other", "/pricing", "signup")
    visit(1, "/pricing", "/", "signup", "/pricing")
    visit(2, "signup", "/pricing")
    visit(3, "/", "/", "/")
    assert door.values("funnel:Buying") == {"1": 3, "2": 2, "3": 1}
    door.now += 3_600
    visit(3, "/pricing")
    assert door.values("funnel:Buying") == {"1": 3, "2": 2, "3": 1}, "another visit begins anew"


def test_an_exit_moves_on_with_the_visit() -> None:
    door = Door()
    for page in ("/a", "/b", "/a"):
        door.hit(f"https://example.org{page}")
        assert door.values("exit") == {page: 1}
    door.now += 3_600
    door.hit("https://example.org/a")
    assert door.values("exit") == {"/a": 2}
    assert [amounts[0] for (_, key), amounts in door.amounts().items() if key == ("exit", "/a")] == [1]
    door.hit("https://example.org/b")
    assert {key[1]: amounts[:2] for (_, key), amounts in door.amounts().items() if key[0] == "exit"} == {
        "/a": [1, 1], "/b": [1, 1]
    }  # fmt: skip
