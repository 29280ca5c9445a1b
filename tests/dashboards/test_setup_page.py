"""The page that leads to the first hit: the tag, a trial of one's own, refusals without content, and a proxy's mark."""

from __future__ import annotations

import json
import re

import pytest
from dashboards_stage import NOW, Clock
from starlette.applications import Starlette
from starlette.testclient import TestClient
from test_hostile_pages import HOSTILE, Reader, faults

from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.disclosure import Who
from ingest.hits.agents import Agent
from ingest.hits.hit import Arrival
from ingest.hits.location import Location
from ingest.hits.recent import BROWSERS, Recent
from ingest.hits.setups import LIFE, Setup, Setups
from ingest.hits.wire import read_submissions
from ingest.site import Site
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.users import Role, User, add_user

pytest_plugins = ["dashboards_fixtures"]

FIREFOX = Agent("Firefox", "Linux", "desktop", bot=False)


def path(site: Site, form: str = "") -> str:
    return f"/sites/{site.id}/setup{form}"


def arrive(setup: Setup, site: Site, url: str, *, event: str = "pageview", agent: Agent = FIREFOX) -> None:
    """Let a submission come that carries the token."""
    (submission,) = read_submissions(json.dumps({"n": event, "u": url, "d": site.id}).encode())
    arrival = Arrival(site, submission, Location.read(url), agent, "CH", "8.8", "en")
    setup.tell(setup.rehearsal.take(arrival, NOW))


def begun(member: TestClient, setups: Setups, site: Site, user: User) -> Setup:
    answer = member.post(path(site))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path(site)}#trial")
    setup = setups.of(site.id, user.id, NOW)
    assert setup is not None
    return setup


def test_the_tag_stands_first_and_the_empty_overview_leads_here(member: TestClient, site: Site) -> None:
    text = member.get(path(site)).text
    assert f"data-site=&#34;{site.id}&#34;" in text
    assert faults(text) == []
    overview = member.get(f"/sites/{site.id}").text
    assert f'href="{path(site)}"' in overview
    assert f"data-site=&#34;{site.id}&#34;" in overview


def test_a_trial_is_told_step_by_step_to_whoever_began_it(
    member: TestClient, setups: Setups, site: Site, owner: User
) -> None:
    setup = begun(member, setups, site, owner)
    text = member.get(path(site)).text
    assert f"https://example.org/?ref={setup.token}" in text
    assert "Nothing yet." in text
    arrive(setup, site, "https://example.org/pricing")
    arrive(setup, site, "https://evil.example/pricing")
    text = member.get(path(site)).text
    assert 'data-live="1000"' in text
    assert "2 submissions" in text
    assert "Add the host that the page is served under" in text
    page = Reader()
    page.feed(text)
    shown = " ".join(page.text)
    for words in ("put_page", "name /pricing", "drop_foreign_host", "browser Firefox", "would be counted", "visits +1"):
        assert words in shown
    link = f"a href=https://example.org/?ref={setup.token}"
    assert faults(text) == [link]
    told = member.get(path(site, ".json")).json()["trial"]["told"]
    assert [one["refused"] for one in told] == ["host", None], "the newest stands first"


def test_nobody_else_sees_it(pages: Starlette, member: TestClient, control: Control, setups: Setups, site: Site,
                             owner: User) -> None:  # fmt: skip
    setup = begun(member, setups, site, owner)
    arrive(setup, site, "https://example.org/secret-canary")
    assert "secret-canary" in member.get(path(site)).text
    with TestClient(pages, follow_redirects=False) as other:
        other.get(f"/login/{make_link(control, add_user(control, 'vic', Role.VIEWER).id, NOW)}")
        for form in ("", ".json", ".csv"):
            text = other.get(path(site, form)).text
            assert "secret-canary" not in text
            assert setup.token not in text
        assert other.post(path(site)).status_code == 303, "a viewer may try too"
    assert setups.of(site.id, owner.id, NOW) is setup


def test_it_ends_after_half_an_hour(member: TestClient, setups: Setups, site: Site, owner: User, clock: Clock) -> None:
    setup = begun(member, setups, site, owner)
    assert "For 30 minutes more" in member.get(path(site)).text
    clock.now += LIFE - 61
    assert "For 2 minutes more" in member.get(path(site)).text
    clock.now += 61
    text = member.get(path(site)).text
    assert setup.token not in text
    assert "Make a link" in text


def test_another_site_cannot_begin_one(member: TestClient, setups: Setups, site: Site, owner: User) -> None:
    assert member.post(path(site), headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert setups.of(site.id, owner.id, NOW) is None


def test_whatever_arrives_is_text(member: TestClient, setups: Setups, site: Site, owner: User) -> None:
    setup = begun(member, setups, site, owner)
    for text in HOSTILE:
        arrive(
            setup,
            site,
            f"https://example.org/{text[:1_000]}",
            event=text[:120],
            agent=Agent(text, text, text, bot=False),
        )
    shown = member.get(path(site)).text
    assert [fault for fault in faults(shown) if setup.token not in fault] == []
    page = Reader()
    page.feed(shown)
    for text in HOSTILE[:6]:
        assert text in "".join(page.text)
    assert not re.search(r'(^|,)"?[=+@-]', member.get(path(site, ".csv")).text, re.MULTILINE)


def test_reasons_of_refusals_stand_with_what_to_do_and_nothing_else(
    member: TestClient, recent: Recent, site: Site
) -> None:
    for reason in (Refusal.HOST, Refusal.BOT, Refusal.BOT):
        recent.refused(site.id, reason)
    recent.refused(UNKNOWN_OWNER, Refusal.UNKNOWN_SITE)
    text = member.get(path(site)).text
    assert 'data-value="bot" data-count="2"' in text
    assert text.index('data-value="bot"') < text.index('data-value="host"')
    assert 'data-stray="unknown_site" data-count="1"' in text
    assert "Compare data-site in the tag" in text
    data = member.get(path(site, ".json")).json()
    assert data["refused_lately"] == [{"reason": "bot", "submissions": 2}, {"reason": "host", "submissions": 1}]
    assert member.get(path(site, ".csv")).text.splitlines() == [
        "owner,reason,submissions", f"{site.id},bot,2", f"{site.id},host,1", "(unknown),unknown_site,1",
    ]  # fmt: skip


def test_a_proxy_that_is_not_named_is_told_here_and_on_the_overview(
    member: TestClient, recent: Recent, site: Site
) -> None:
    for page in (path(site), f"/sites/{site.id}"):
        assert "All recent visits come from one address" not in member.get(page).text
    for number in range(BROWSERS):
        recent.came(site.id, b"%d" % number, Who(b"proxy", "8.8"))
    for page in (path(site), f"/sites/{site.id}"):
        assert "All recent visits come from one address" in member.get(page).text
    assert "trusted_proxies = [" in member.get(path(site)).text
    assert member.get(path(site, ".json")).json()["one_address"] is True


@pytest.mark.parametrize("headers", [{"sec-gpc": "1"}, {"dnt": "1"}])
def test_a_browser_that_objects_is_told_that_it_will_see_nothing(
    headers: dict[str, str], member: TestClient, setups: Setups, site: Site, owner: User
) -> None:
    begun(member, setups, site, owner)
    assert "This browser asks not to be counted" not in member.get(path(site)).text
    assert "This browser asks not to be counted" in member.get(path(site), headers=headers).text
