"""SIGUSR2: a new process takes the place of the old one while people come, and nobody notices."""

from __future__ import annotations

import contextlib
import signal
import threading
from functools import partial
from pathlib import Path

from running import PLAIN, Logless, running, wait_until

STANDARD = PLAIN.replace('profile = "plain"', 'profile = "standard"')
PEOPLE = 40
CRASH = {
    "platform": "python",
    "release": "app@1.0",
    "tags": {"consent": "given"},
    "exception": {"values": [{"type": "OSError", "value": "hidden by the app"}]},
}
"""A crash with a message that is no text of a runtime."""


def address(number: int) -> str:
    return f"81.{number % 7 + 1}.{number // 7 + 1}.9"


def come(server: Logless, page: str) -> set[int]:
    """Let everybody view a page, over a connection of their own; return the statuses."""
    return {server.hit(address(number), f"http://example.org{page}").status for number in range(PEOPLE)}


def has_restarted(server: Logless, times: int) -> bool:
    return server.log.read_text().count("went on where") == times


def memory_of(server: Logless) -> list[str]:
    """Return what the process has open that has no name on any file system."""
    assert server.process is not None
    found = []
    for file in Path(f"/proc/{server.process.pid}/fd").iterdir():
        # One may be closed while we look.
        with contextlib.suppress(FileNotFoundError):
            found.append(str(file.readlink()))
    return [target for target in found if "memfd" in target]


def test_nobody_is_refused_lost_or_counted_twice(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert come(server, "/before") == {202}
        statuses: list[int] = []
        stopping = threading.Event()

        def keep_coming() -> None:
            number = 0
            while not stopping.is_set():
                statuses.append(server.hit(address(number % PEOPLE), "http://example.org/meanwhile").status)
                number += 1

        crowd = [threading.Thread(target=keep_coming) for _ in range(3)]
        for each in crowd:
            each.start()
        assert server.process is not None
        pid = server.process.pid
        for restarts in (1, 2):
            server.process.send_signal(signal.SIGUSR2)
            # A second wish while the first is being met is none.
            server.process.send_signal(signal.SIGUSR2)
            wait_until(partial(has_restarted, server, restarts), 60)
        before = len(statuses)
        wait_until(lambda: len(statuses) > before + 20)
        stopping.set()
        for each in crowd:
            each.join()
        assert server.process.pid == pid
        assert server.process.poll() is None
        assert set(statuses) == {202}
        assert memory_of(server) == [], "what was handed over is still there"
        token = server.token()
        metrics = ["visitors", "visits", "pageviews"]
        # Keys and visits went on: the same people are the same visitors, in the same visits.
        expected = [{"dimensions": [], "metrics": [PEOPLE, PEOPLE, PEOPLE + len(statuses)]}]
        wait_until(lambda: server.query(token, site_id="example.org", metrics=metrics) == expected)
        assert '"mark"' not in server.log.read_text()
        assert not list(server.runtime.glob("*handed*"))


def test_names_that_are_not_shared_enough_are_still_known_after_it(tmp_path: Path) -> None:
    """Four before and one after are five: the journal alone holds no name of theirs."""
    with running(tmp_path, STANDARD) as server:
        for number in range(4):
            assert server.hit(address(number), "http://example.org/hidden").status == 202
            assert server.crash(address(number), CRASH).status == 200
        assert server.process is not None
        server.process.send_signal(signal.SIGUSR2)
        wait_until(lambda: "went on where" in server.log.read_text(), 60)
        journal = server.runtime / "journal"
        assert not any(name in journal.read_bytes() for name in (b"/hidden", b"hidden by the app"))
        assert server.hit(address(4), "http://example.org/hidden").status == 202
        assert b"/hidden" in journal.read_bytes()
        assert server.crash(address(4), CRASH).status == 200
        assert b"hidden by the app" in journal.read_bytes()


def test_a_configuration_that_cannot_be_read_keeps_the_old_process(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        text = server.config.read_text()
        server.config.write_text(text + "\n[nonsense]\n")
        assert server.process is not None
        server.process.send_signal(signal.SIGUSR2)
        wait_until(lambda: "no restart" in server.log.read_text())
        assert server.hit(address(1)).status == 202
