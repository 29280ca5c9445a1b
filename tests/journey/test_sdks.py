"""Unmodified Sentry SDKs against the whole server: what they send is on the crash page and in the Stats API."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clients.sdk import Outcome, install_node, run_node, run_python
from running import KEY, Logless, running, wait_until

SECRETS = ("bob", "4111", "laptop", "declined")


@dataclass
class Owner:
    """Somebody who is signed in."""

    logless: Logless
    cookie: str

    @classmethod
    def enter(cls, logless: Logless) -> Owner:
        opening = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
        answer = logless.get(logless.login_link(), **opening)
        assert answer.status == 303
        return cls(logless, answer.headers["set-cookie"].partition(";")[0])

    def read(self, path: str) -> str:
        answer = self.logless.get(path, Cookie=self.cookie)
        assert answer.status == 200, answer
        return answer.body.decode()


@pytest.fixture(scope="module")
def logless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logless]:
    with running(tmp_path_factory.mktemp("sdks")) as server:
        yield server


@pytest.fixture(scope="module")
def owner(logless: Logless) -> Owner:
    return Owner.enter(logless)


@pytest.fixture(scope="module")
def token(logless: Logless) -> str:
    return logless.token()


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    problem = install_node(folder)
    if problem:
        pytest.skip(problem)
    return folder


def dsn(logless: Logless) -> str:
    return f"http://{KEY}@127.0.0.1:{logless.port}/6"


def check_crash(owner: Owner, token: str, outcome: Outcome, *, release: str, file: str) -> None:
    """Check that group, frames and release are where the owner looks, and nothing of bob's is."""
    assert outcome.said["answers"][0] == {"status": 200, "error": None}
    question = {"app_id": 6, "metrics": ["reports"], "filters": [["is", "crash:release", [release]]]}

    def groups() -> list[list[str]]:
        rows = owner.logless.query(token, **question, dimensions=["crash:group", "crash:title"])
        assert all(row["metrics"] == [1] for row in rows)
        return [row["dimensions"] for row in rows]

    ((group, title),) = wait_until(groups)
    assert title == "PaymentError in charge"
    listed = owner.read("/apps/6/crashes")
    assert f'data-group="{group}"' in listed
    page = owner.read(f"/apps/6/crashes/{group}")
    assert title in page
    assert f'data-value="{release}" data-count="1"' in page
    functions = re.findall(r'<code class="function">([^<]*)</code>', page)
    assert {"checkout", "charge"} <= set(functions)
    places = re.findall(r'<span class="place">([^<]*)</span>', page)
    assert sum(html.unescape(place).startswith(file) for place in places) >= 2
    assert "<code>exception.value</code>" in page  # what was stripped is told by name
    assert not [secret for secret in SECRETS if secret in listed + page]


def test_what_the_python_sdk_sends_is_on_the_crash_page(logless: Logless, owner: Owner, token: str) -> None:
    outcome = run_python(dsn(logless), release="python-shop@1.2.3")
    check_crash(owner, token, outcome, release="python-shop@1.2.3", file="crash.py")


@pytest.mark.node
def test_what_the_node_sdk_sends_is_on_the_crash_page(
    logless: Logless, owner: Owner, token: str, node_modules: Path
) -> None:
    outcome = run_node(dsn(logless), node_modules, release="node-shop@1.2.3")
    check_crash(owner, token, outcome, release="node-shop@1.2.3", file="crash.cjs")


def test_without_consent_an_sdk_is_told_the_fix_and_the_owner_sees_why(
    logless: Logless, owner: Owner, token: str
) -> None:
    outcome = run_python(dsn(logless), consent="", release="nobody-agreed@1.2.3")
    assert outcome.said["answers"][0]["status"] == 403
    assert "set_tag('consent', 'given')" in outcome.said["answers"][0]["error"]
    rows = logless.query(token, app_id=6, metrics=["refusals"], dimensions=["refusal:reason"])
    assert {row["dimensions"][0]: row["metrics"][0] for row in rows}["no_consent"] == 1
    assert "the person had not agreed" in owner.read("/apps/6/privacy")
    assert "nobody-agreed" not in owner.read("/apps/6/crashes")
