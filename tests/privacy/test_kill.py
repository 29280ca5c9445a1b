"""What was acknowledged is counted, however the process ends."""

from __future__ import annotations

import json
import secrets
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from running import BROWSER, KEY, Logless, running, wait_until
from speaking import Line

SECTIONS = f"""
[[site]]
id = "plain.example"
profile = "plain"
[[site]]
id = "standard.example"
profile = "standard"
[[app]]
id = 6
name = "plain"
key = "{KEY}"
profile = "plain"
[[app]]
id = 7
name = "standard"
key = "{KEY}"
profile = "standard"
"""
OWNERS: tuple[str | int, ...] = ("plain.example", "standard.example", 6, 7)
CONNECTIONS = 6
KILLS = 4
MANY_KILLS = 10


@dataclass
class Tally:
    """How many submissions of each owner were answered, and how many were not."""

    answered: Counter[str | int] = field(default_factory=Counter)
    unanswered: Counter[str | int] = field(default_factory=Counter)
    strange: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, owner: str | int, status: int | None) -> None:
        expected = 202 if isinstance(owner, str) else 200
        with self.lock:
            if status is None:
                self.unanswered[owner] += 1
            elif status == expected:
                self.answered[owner] += 1
            else:
                self.strange[status] += 1

    @property
    def total(self) -> int:
        return sum(self.answered.values())


class Sender(threading.Thread):
    """A connection on which one visitor after the other sends something, until there is no answer."""

    def __init__(self, logless: Logless, tally: Tally, number: int) -> None:
        super().__init__(daemon=True)
        self._logless = logless
        self._tally = tally
        self._number = number

    def run(self) -> None:
        with Line(self._logless.port, timeout=20) as line:
            for count in range(1 << 20):
                owner = OWNERS[(count + self._number) % len(OWNERS)]
                try:
                    status = self._send(line, owner, count)
                except OSError:
                    self._tally.note(owner, None)
                    return
                self._tally.note(owner, status)

    def _send(self, line: Line, owner: str | int, count: int) -> int:
        forwarded = ("X-Forwarded-For", f"2a02:{self._number:x}:{count >> 8:x}:{count & 255:x}::1")
        if isinstance(owner, str):
            body = {"n": "pageview", "d": owner, "u": f"https://{owner}/page-{count % 50}", "l": "en"}
            return line.ask(
                "POST", "/api/event", [forwarded, ("User-Agent", BROWSER)], json.dumps(body).encode()
            ).status
        event = {
            "event_id": secrets.token_hex(16),
            "tags": {"consent": "given"},
            "release": f"app@1.{count % 3}",
            "exception": {"values": [{"type": f"Error{count % 20}"}]},
        }
        auth = ("X-Sentry-Auth", f"Sentry sentry_key={KEY}, sentry_version=7")
        envelope = b'{}\n{"type":"event"}\n' + json.dumps(event).encode() + b"\n"
        return line.ask("POST", f"/api/{owner}/envelope/", [forwarded, auth], envelope).status


@contextmanager
def sending(logless: Logless, tally: Tally) -> Iterator[None]:
    """Send from several connections while the context is open; the server must end before it does."""
    senders = [Sender(logless, tally, number) for number in range(CONNECTIONS)]
    for sender in senders:
        sender.start()
    yield
    for sender in senders:
        sender.join(30)
        assert not sender.is_alive()


def counted(logless: Logless, token: str) -> dict[str | int, int]:
    found: dict[str | int, int] = {}
    for owner in OWNERS:
        name, metric = ("site_id", "pageviews") if isinstance(owner, str) else ("app_id", "reports")
        rows = logless.query(token, **{name: owner}, metrics=[metric], date_range="7d")
        found[owner] = rows[0]["metrics"][0]
    return found


def check(logless: Logless, token: str, tally: Tally) -> None:
    """Assert that everything answered is counted; what was under way may be."""
    found = counted(logless, token)
    for owner in OWNERS:
        most = tally.answered[owner] + tally.unanswered[owner]
        assert tally.answered[owner] <= found[owner] <= most, (owner, found, tally)
    assert not tally.strange, tally


@dataclass
class Stage:
    """A server that all of these tests end in one way or another, and what it has answered so far."""

    logless: Logless
    token: str
    tally: Tally = field(default_factory=Tally)

    def end_under_load(self, number: int, after: int) -> int:
        """Send until so many more have been answered, then signal the process in the middle of it."""
        until = self.tally.total + after
        with sending(self.logless, self.tally):
            wait_until(lambda: self.tally.total >= until)
            return self.logless.stop(number)

    def go_on(self) -> None:
        """Start again and check that nothing was lost."""
        self.logless.start()
        check(self.logless, self.token, self.tally)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running(tmp_path_factory.mktemp("kill"), SECTIONS) as logless:
        yield Stage(logless, logless.token())


@pytest.mark.parametrize("kills", [KILLS, pytest.param(MANY_KILLS, marks=pytest.mark.soak)])
def test_kills_in_the_middle_of_load_lose_nothing_that_was_answered(kills: int, stage: Stage) -> None:
    before = sum(stage.tally.unanswered.values())
    for kill in range(kills):
        # From the first few submissions to several flushes and batches after.
        assert stage.end_under_load(signal.SIGKILL, 20 + 540 * kill // (kills - 1)) == -signal.SIGKILL
        stage.go_on()
    assert sum(stage.tally.unanswered.values()) - before >= kills  # they did hit the middle


def test_a_stop_in_the_middle_of_load_loses_nothing_that_was_answered(stage: Stage) -> None:
    assert stage.end_under_load(signal.SIGTERM, 600) == 0
    stage.go_on()


def test_a_crash_ends_the_process_at_once_and_loses_nothing(stage: Stage) -> None:
    # The embedded engine has handlers of its own, under which a crashed process hung for minutes with its socket open.
    for number in (signal.SIGABRT, signal.SIGSEGV):
        assert stage.end_under_load(number, 200) == -number
        stage.go_on()


def test_a_report_that_comes_again_after_a_kill_counts_once(tmp_path: Path) -> None:
    event = {"event_id": secrets.token_hex(16), "tags": {"consent": "given"}, "exception": {"values": [{"type": "E"}]}}
    with running(tmp_path, SECTIONS) as logless:
        token = logless.token()

        def counted(metric: str) -> int:
            return int(logless.query(token, app_id=7, metrics=[metric], date_range="7d")[0]["metrics"][0])

        assert logless.crash("81.1.7.7", event, app=7).status == 200
        logless.stop(signal.SIGKILL)
        logless.start()
        # From another address, as a phone that was on its way would be.
        assert logless.crash("81.2.7.7", event, app=7).status == 200
        assert (counted("reports"), counted("refusals")) == (1, 1)
        # The control: it is the journal that knows it.
        logless.stop(signal.SIGKILL)
        (logless.runtime / "journal").unlink()
        logless.start()
        before = counted("reports")
        assert logless.crash("81.7.7.7", event, app=7).status == 200
        assert counted("reports") == before + 1


def test_a_kill_of_a_standard_site_keeps_its_totals_and_loses_undisclosed_names_only(tmp_path: Path) -> None:
    with running(tmp_path, SECTIONS) as logless:
        check_names(logless, logless.token())


def check_names(logless: Logless, token: str) -> None:
    for network in range(12):
        for page in ["/shared", "/lonely"] if network < 3 else ["/shared"]:
            answer = logless.hit(f"81.{network}.7.7", f"https://standard.example{page}", site="standard.example")
            assert answer.status == 202
    question = {"site_id": "standard.example", "metrics": ["visitors", "visits", "pageviews"]}
    before = logless.query(token, **question)
    logless.stop(signal.SIGKILL)
    logless.start()
    assert logless.query(token, **question) == before
    assert before[0]["metrics"] == [12, 12, 15]
    # What was disclosed before goes on under its name; what was not begins anew, and needs its five senders again.
    for network in range(100, 160):
        page = "/lonely" if network < 104 else "/shared"
        logless.hit(f"81.{network}.7.7", f"https://standard.example{page}", site="standard.example")

    def pages() -> dict[str, int]:
        rows = logless.query(token, site_id="standard.example", metrics=["pageviews"], dimensions=["event:page"])
        return {row["dimensions"][0]: row["metrics"][0] for row in rows}

    crowd = iter(range(200, 100_000))

    def is_written() -> bool:
        number = next(crowd)
        address = f"82.{number % 250}.{number // 250}.7"
        logless.hit(address, "https://standard.example/", site="standard.example")
        return "/shared" in pages()

    wait_until(is_written, 30)
    assert pages()["/shared"] == 12 + 56
    assert "/lonely" not in pages()
    # The control: without its journal, a process that is killed does lose counts.
    told = logless.query(token, **question)
    logless.stop(signal.SIGKILL)
    (logless.runtime / "journal").unlink()
    logless.start()
    assert logless.query(token, **question)[0]["metrics"][2] < told[0]["metrics"][2]
