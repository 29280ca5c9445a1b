"""The beacon in Chromium and in Firefox as people have them: pages are seen, scrolled, left and come back to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from .browsers import Tab, Window
from .recorder import BARRIER, Recorder, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("beacon")]


@dataclass
class Visitor:
    """Somebody with a browser that has not been on this host before."""

    window: Window
    server: Recorder
    tab: Tab
    origin: str

    def goto(self, path: str) -> None:
        self.tab.goto(self.origin + path)

    def settle(self) -> None:
        """Wait until what the page sent has been received."""
        self.tab.evaluate(BARRIER)

    def leave(self) -> Tab:
        """Turn to another tab: this one is hidden."""
        other = self.window.open()
        other.front()
        wait_for(lambda: self.tab.evaluate("document.hidden"), lambda: "the tab is not hidden")
        return other

    def come_back(self, other: Tab) -> None:
        self.tab.front()
        wait_for(lambda: self.tab.evaluate("document.hasFocus()"), lambda: "the tab has no focus")
        other.close()


@pytest.fixture(params=["chromium", "firefox"])
def visitor(request: pytest.FixtureRequest, server: Recorder) -> Iterator[Visitor]:
    window: Window = request.getfixturevalue(f"{request.param}_window")
    tab = window.open()
    tab.front()
    server.begin()
    yield Visitor(window, server, tab, server.origin)
    tab.close()


def path_of(post: dict[str, Any]) -> str:
    return urlsplit(str(post["u"])).path


def test_load_is_one_view(visitor: Visitor) -> None:
    visitor.goto("/plain/one?utm_source=news&token=secret&email=a@b.example#part")
    (post,) = visitor.server.wait(1)
    width = visitor.tab.evaluate("screen.width")
    assert post == {
        "n": "pageview",
        "u": f"{visitor.origin}/plain/one?utm_source=news",
        "d": "demo",
        "h": False,
        "w": width,
        "l": "de-AT",
        "r": "",
        "rv": 0,
    }
    assert visitor.server.methods == ["POST"], "a preflight went ahead"
    assert "cookie" not in visitor.server.headers[0]
    assert "referer" not in visitor.server.headers[0]


def test_beacon_of_a_configuration_knows_where_submissions_go(visitor: Visitor) -> None:
    visitor.goto("/moved/one")
    assert visitor.server.wait(1)[0]["n"] == "pageview"
    module = f"import('{visitor.origin}/moved/s.mjs')"
    visitor.goto("/bare/two")
    visitor.tab.evaluate(f"{module}.then((beacon) => beacon.init({{ site: 'demo' }})).then(() => 1)")
    assert path_of(visitor.server.wait(2)[1]) == "/bare/two"
    assert set(visitor.server.paths) == {"/elsewhere"}


def test_navigation_within_the_page_tells_the_page_that_is_left_first(visitor: Visitor) -> None:
    visitor.goto("/timed/one")
    visitor.server.wait(1)
    visitor.tab.evaluate("pass(7)")
    visitor.tab.evaluate("history.pushState({}, '', '/timed/two')")
    visitor.server.wait(2)
    visitor.tab.evaluate("pass(3)")
    visitor.tab.evaluate("history.back()")
    posts = visitor.server.wait(3)
    assert [path_of(post) for post in posts] == ["/timed/one", "/timed/two", "/timed/one"]
    assert posts[1]["r"] == f"{visitor.origin}/timed/one", "as if it had been loaded"
    assert ["rv" in post for post in posts] == [True, False, False]
    deltas = visitor.server.wait_engagements(2)
    assert [(path_of(delta), delta["e"]) for delta in deltas] == [("/timed/one", 7000), ("/timed/two", 3000)]
    assert visitor.server.order == ["pageview", "engagement", "pageview", "engagement", "pageview"]


def test_events_and_calls_without_props(visitor: Visitor) -> None:
    visitor.goto("/plain/one")
    visitor.server.wait(1)
    visitor.tab.evaluate(
        "void logless('signup', { props: { plan: 'free', seats: 3, trial: true }, interactive: false })"
    )
    visitor.tab.evaluate("void logless('download')")
    posts = visitor.server.wait(3)
    assert posts[1]["props"] == {"plan": "free", "seats": 3, "trial": True}
    assert posts[1]["interactive"] is False
    assert posts[2]["n"] == "download"
    assert "props" not in posts[2]


def test_hidden_tab_tells_what_it_was_given_and_only_that(visitor: Visitor) -> None:
    visitor.goto("/timed/one")
    visitor.server.wait(1)
    visitor.tab.evaluate("pass(12)")
    other = visitor.leave()
    (first,) = visitor.server.wait_engagements(1)
    assert first["u"] == f"{visitor.origin}/timed/one"
    assert first["e"] == 12_000
    assert 0 < first["sd"] < 100
    visitor.tab.evaluate("pass(600)")
    visitor.come_back(other)
    visitor.tab.evaluate("pass(5)")
    other = visitor.leave()
    assert visitor.server.wait_engagements(2)[1]["e"] == 5_000, "ten minutes behind another tab are not engagement"
    visitor.come_back(other)
    visitor.leave().close()
    visitor.settle()
    visitor.server.wait_engagements(2)


def test_left_page_tells_its_delta_after_the_next_view_or_before_it(visitor: Visitor) -> None:
    visitor.goto("/timed/one")
    visitor.server.wait(1)
    visitor.tab.evaluate("pass(4)")
    visitor.goto("/plain/two")
    visitor.server.wait(2)
    (delta,) = visitor.server.wait_engagements(1)
    assert (path_of(delta), delta["e"]) == ("/timed/one", 4_000)


def test_scroll_is_told_when_it_is_deeper(visitor: Visitor) -> None:
    visitor.goto("/timed/one")
    visitor.server.wait(1)
    other = visitor.leave()
    (first,) = visitor.server.wait_engagements(1)
    visitor.come_back(other)
    for depth in (99_999, 0):
        visitor.tab.evaluate(
            "new Promise((resolve) => {"
            f" addEventListener('scroll', () => resolve(1), {{ once: true }}); scrollTo(0, {depth}); }})"
        )
    other = visitor.leave()
    second = visitor.server.wait_engagements(2)[1]
    assert first["sd"] < second["sd"] == 100
    visitor.come_back(other)
    visitor.leave().close()
    visitor.settle()
    visitor.server.wait_engagements(2)


def test_restored_page_is_a_view_that_nobody_referred_and_its_time_goes_on(visitor: Visitor) -> None:
    visitor.goto("/timed/one")
    visitor.tab.evaluate("window.kept = 1; pass(6)")
    # It leads to a page that goes back by itself.
    visitor.tab.click("a")
    posts = visitor.server.wait(2)
    assert visitor.tab.evaluate("window.kept") == 1, "the page was not kept in the back-forward cache"
    assert (path_of(posts[1]), posts[1]["r"], posts[1]["rv"]) == ("/timed/one", "", 1)
    assert visitor.server.wait_engagements(1)[0]["e"] == 6_000
    wait_for(lambda: visitor.tab.evaluate("document.hasFocus()"), lambda: "the tab has no focus")
    visitor.tab.evaluate("dispatchEvent(new Event('focus')); pass(2)")
    visitor.leave().close()
    assert visitor.server.wait_engagements(2)[1]["e"] == 2_000


CLICKS: list[tuple[str, str, dict[str, str]]] = [
    ("#bold", "Outbound Link: Click", {"url": "https://other.example:8443/a/b"}),
    ("#download", "File Download", {"url": "{}/files/app-1.2.DMG"}),
    ("#foreign-download", "File Download", {"url": "https://cdn.example/app.zip"}),
    ("#named", "signup", {"plan": "free", "plan-name": "Free"}),
    ("#named-link", "to partner", {"url": "https://other.example/"}),
    ("#quiet", "quiet", {}),
]


@pytest.mark.parametrize("button", ["left", "middle"])
def test_clicks_that_are_events(visitor: Visitor, button: str) -> None:
    visitor.goto("/links/one?secret=1")
    visitor.server.wait(1)
    for number, (selector, event, props) in enumerate(CLICKS, start=2):
        visitor.tab.click(selector, button)
        post = visitor.server.wait(number)[-1]
        assert post["n"] == event
        assert post["p"] == {name: value.format(visitor.origin) for name, value in props.items()}
        assert post["u"] == f"{visitor.origin}/links/one"
    assert "secret" not in str(visitor.server.posts)


def test_clicks_that_are_no_events(visitor: Visitor) -> None:
    visitor.goto("/links/one")
    for selector in ("#inside", "#mail", "#notes", "#rect"):
        visitor.tab.click(selector)
    visitor.tab.click("#outbound", "right")
    visitor.settle()
    visitor.server.wait(1)


def test_downloads_are_what_the_tag_says(visitor: Visitor) -> None:
    visitor.goto("/listed/one")
    visitor.tab.click("#download")
    visitor.tab.click("#notes")
    assert visitor.server.wait(2)[1]["p"] == {"url": f"{visitor.origin}/files/notes.csv"}


def test_form_is_an_event_once_it_may_be_sent(visitor: Visitor) -> None:
    visitor.goto("/links/one?secret=1")
    visitor.tab.click("#send")
    visitor.settle()
    visitor.server.wait(1)
    visitor.tab.evaluate("void (document.querySelector('[name=q]').value = 'secret')")
    visitor.tab.click("#send")
    post = visitor.server.wait(2)[1]
    assert (post["n"], post["p"]) == ("Form: Submission", {"path": "/links/one"})
    assert "secret" not in str(visitor.server.posts)


@pytest.mark.parametrize("kind", ["missing", "missing-meta"])
def test_page_that_is_missing_is_a_view_and_an_event(visitor: Visitor, kind: str) -> None:
    visitor.goto(f"/{kind}/nowhere?x=1")
    view, event = visitor.server.wait(2)
    assert view["n"] == "pageview"
    assert (event["n"], event["p"]) == ("404", {"path": f"/{kind}/nowhere"})


def test_core_counts_views_and_no_clicks(visitor: Visitor) -> None:
    visitor.goto("/core/one")
    for selector in ("#bold", "#download", "#named"):
        visitor.tab.click(selector)
    visitor.tab.evaluate("void logless('signup')")
    assert [post["n"] for post in visitor.server.wait(2)] == ["pageview", "signup"]


def week_of(moment: datetime) -> int:
    """Count ISO weeks since the one of the first of January 1970."""
    monday = datetime(1969, 12, 29, tzinfo=UTC)
    return (moment - monday).days // 7


def come(visitor: Visitor, moment: datetime, kind: str = "timed") -> int | None:
    """Come at a moment; return the class that was sent."""
    seen = len(visitor.server.posts)
    visitor.goto(f"/{kind}/one?at={moment:%Y-%m-%dT%H:%M:%SZ}")
    post = visitor.server.wait(seen + 1)[-1]
    rv: int | None = post.get("rv")
    return rv


MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
SUNDAY_NIGHT = timedelta(days=6, hours=23, minutes=59)


def test_revisits_are_told_by_iso_weeks(visitor: Visitor) -> None:
    weeks = timedelta(weeks=1)
    classes = [
        come(visitor, MONDAY),
        come(visitor, MONDAY + SUNDAY_NIGHT),
        come(visitor, MONDAY + weeks),
        come(visitor, MONDAY + 5 * weeks + SUNDAY_NIGHT),
        come(visitor, MONDAY + 10 * weeks),
        come(visitor, MONDAY + 10 * weeks),
        come(visitor, MONDAY + 9 * weeks),
    ]
    assert classes == [0, 1, 2, 2, 3, 1, 1]
    first = week_of(MONDAY)
    stored = visitor.tab.evaluate("({ ...localStorage })")
    assert stored == {"logless_week": f"{first + 9},{first + 56}"}, "one value, of two weeks and nothing else"


def test_value_ends_within_thirteen_months_and_is_never_extended(visitor: Visitor) -> None:
    first = datetime(2027, 2, 1, 12, tzinfo=UTC)
    thirteen_months = datetime(2028, 3, 1, 12, tzinfo=UTC)
    expires = str(week_of(first) + 56)
    assert come(visitor, first) == 0
    for days in (120, 330):
        assert come(visitor, first + timedelta(days=days)) == 3
        assert visitor.tab.evaluate("localStorage.logless_week.split(',')[1]") == expires
    last_day = first + timedelta(weeks=56, days=-1)
    assert last_day < thirteen_months - timedelta(days=1)
    assert come(visitor, last_day) == 3
    assert come(visitor, first + timedelta(weeks=56)) == 0, "it has expired, and begins anew"
    assert visitor.tab.evaluate("localStorage.logless_week") == ",".join(
        str(week_of(first) + weeks) for weeks in (56, 112)
    )


def test_value_that_is_not_ours_begins_anew(visitor: Visitor) -> None:
    come(visitor, MONDAY)
    for value in ("", "2965", "2965,99999", "NaN,Infinity", "2968,2968"):
        visitor.tab.evaluate(f"void (localStorage.logless_week = '{value}')")
        assert come(visitor, MONDAY) == 0, value
        assert visitor.tab.evaluate("localStorage.logless_week") == f"{week_of(MONDAY)},{week_of(MONDAY) + 56}"


def test_attribute_switches_revisits_off(visitor: Visitor) -> None:
    assert come(visitor, MONDAY, "forgetful") is None
    assert visitor.tab.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("refusal", ["gpc", "dnt", "opted-out"])
def test_refusal_sends_nothing_and_stores_nothing(visitor: Visitor, refusal: str) -> None:
    visitor.goto("/plain/one")
    visitor.server.wait(1)
    assert visitor.tab.evaluate("localStorage.length") == 1
    visitor.goto(f"/{refusal}/one")
    visitor.server.clear()
    visitor.tab.click("#named")
    visitor.tab.evaluate("history.pushState({}, '', '/plain/two'); void logless('signup')")
    visitor.leave().close()
    visitor.settle()
    assert visitor.server.order == []
    left = {"logless_opt_out": "1"} if refusal == "opted-out" else {}
    assert visitor.tab.evaluate("({ ...localStorage })") == left, "the value of earlier days is gone too"
