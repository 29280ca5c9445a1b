"""From nothing to the first hit: a real server, the real beacon, and an owner who watches in Chromium."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from chromium import CHROMIUM, FLAGS
from playwright.sync_api import expect, sync_playwright
from running import Logless, running

pytestmark = pytest.mark.browser

SITE = """
[[site]]
id = "demo"
hosts = ["127.0.0.1"]
profile = "plain"
demonstration = true
pages = ["/demo/"]
"""
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


def totals(logless: Logless, token: str) -> tuple[list[int], list[list[str]]]:
    counted = logless.query(token, site_id="demo", metrics=["visits", "pageviews", "events"])[0]["metrics"]
    refused = logless.query(token, site_id="demo", metrics=["refusals"], dimensions=["refusal:reason"])
    return counted, [row["dimensions"] for row in refused]


def test_an_owner_follows_the_first_hit_and_it_is_counted_nowhere(tmp_path: Path) -> None:
    with running(tmp_path, SITE) as logless, sync_playwright() as playwright:
        token = logless.token()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(user_agent=AGENT)
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text))
        page.goto(logless.url + logless.login_link())
        # From nothing: the card of the site, its empty overview, its page of setting up.
        page.get_by_role("link", name="How to send the first one").click()
        page.get_by_role("link", name=re.compile("Follow a first hit")).click()
        page.get_by_role("button", name="Make a link").click()
        told = page.locator("#told")
        expect(told).to_contain_text("Nothing yet.")
        link = page.get_by_role("link", name=re.compile("logless-setup-"))
        carried = link.inner_text()
        with context.expect_page() as opened:
            link.click()
        # The owner's page follows by itself, though its link still has the focus.
        expect(told.locator(".told h3").first).to_contain_text("pageview would be counted", timeout=10_000)
        expect(told).to_contain_text("name /demo/")
        opened.value.evaluate("logless('signup-canary', {props: {plan: 'free'}})")
        expect(told.locator(".told h3").first).to_contain_text("signup-canary", timeout=10_000)
        assert faults == []
        assert totals(logless, token) == ([0, 0, 0], [])
        # The control: the same page without the token.
        opened.value.goto(f"{logless.url}/demo/")
        logless.hit("127.0.0.1", f"{logless.url}/demo/", site="demo", agent="Googlebot/2.1")
        logless.hit("127.0.0.1", "http://elsewhere.example/canary-page", site="demo", agent=AGENT)
        expect(page.locator('#refused-title ~ ol [data-value="bot"]')).to_have_count(0)
        page.get_by_role("link", name="Look again").click()
        expect(page.locator('#refused-title ~ ol [data-value="bot"]')).to_have_attribute("data-count", "1")
        foreign = page.locator('#refused-title ~ ol [data-value="host"]')
        expect(foreign).to_have_attribute("data-count", "1")
        expect(foreign).to_contain_text("Add the host that the page is served under to hosts of the site.")
        assert "canary-page" not in page.content(), "a reason is all that is told"
        page.goto(f"{logless.url}/sites/demo")
        expect(page.locator('[data-metric="pageviews"]')).to_have_text("1", timeout=10_000)
        assert sorted(totals(logless, token)[1]) == [["bot"], ["host"]]
        page.goto(logless.url)
        expect(page.get_by_text("No visit yet")).to_have_count(0)
        # The page's name is there and has to be found; the token, and the event that came with it, are nowhere.
        markers = tmp_path / "markers.txt"
        (setup_token,) = re.findall(r"logless-setup-[\w-]{22}", carried)
        markers.write_text(f"/demo/\n{setup_token}\nsignup-canary\n")
        found = json.loads(logless.run("privacy", "scan", str(markers), "--json").stdout)["found"]
        assert {one["text"] for one in found} == {0}
        markers.unlink()
        browser.close()
