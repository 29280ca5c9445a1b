"""`logless import`, by a running server and without one, and over a kill in the middle."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from running import BROWSER, PLAIN, Logless, running, wait_until
from typer.testing import CliRunner

from collector.command import main

RUNNER = CliRunner()
TODAY = datetime.now(UTC).date()
OTHERS = '[[site]]\nid = "second.example"\nprofile = "plain"\n[[site]]\nid = "third.example"\nprofile = "plain"\n'


STORED = """
import json, sys
from pathlib import Path
from ingest.store.client import Connector, Target
connector = Connector(Target.read(sys.argv[1]), memory=1 << 30, scratch=Path(sys.argv[2]))
connector.prepare()
rows = connector.connect().rows("SELECT toString(day), sum(pageviews) FROM hours WHERE node = '' GROUP BY 1 ORDER BY 1")
print(json.dumps(rows))
"""
"""What the store has of each day, asked in a process of its own: an engine takes one folder."""


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def lines(ago: int, people: int, page: str = "/page", agent: str = BROWSER) -> bytes:
    """Return a page view by each of some people, on a day some days ago. A `#` in the page is the person's number."""
    return b"".join(
        f"81.{n % 250}.3.{n // 250} - - [{day(ago):%d/%b/%Y}:12:{n * 59 // people:02}:00 +0000] "
        f'"GET {page.replace("#", str(n))} HTTP/1.1" 200 5 "-" "{agent}"\n'.encode()
        for n in range(people)
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logless]:
    with running(tmp_path_factory.mktemp("imports"), PLAIN + OTHERS) as logless:
        yield logless


def told(server: Logless, *arguments: str) -> Any:
    result = RUNNER.invoke(main, ["import", *arguments, "--json"], env={"LOGLESS_CONFIG": str(server.config)})
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def failure(server: Logless, *arguments: str) -> str:
    result = RUNNER.invoke(main, ["import", *arguments], env={"LOGLESS_CONFIG": str(server.config)})
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return str(result.stderr.strip())


@dataclass(frozen=True)
class Counts:
    """Asks a server what it has counted."""

    server: Logless
    token: str

    def __call__(self, site: str, *days: int) -> list[int]:
        """Return the page views of days some days ago."""
        found = []
        for ago in days:
            when = day(ago).isoformat()
            rows = self.server.query(self.token, site_id=site, metrics=["pageviews"], date_range=[when, when])
            found.append(int(rows[0]["metrics"][0]))
        return found


@pytest.fixture(scope="module")
def views(server: Logless) -> Counts:
    return Counts(server, server.token())


def test_a_running_server_imports_each_day_once(server: Logless, views: Counts, tmp_path: Path) -> None:
    older, newer = tmp_path / "access.log.2.gz", tmp_path / "access.log"
    older.write_bytes(gzip.compress(lines(9, 3) + lines(8, 2)))
    newer.write_bytes(
        lines(8, 2, "/other") + lines(7, 4) + lines(7, 5, agent="curl/8") + lines(7, 6, "/a.css") + b"rubbish\n"
    )
    arguments = [str(newer), str(older), "--site", "example.org"]
    wanted = {
        "site": "example.org", "format": "combined", "dry_run": True, "lines": 23, "pageviews": 11, "missing": 0,
        "refused": {"bot": 5}, "passed_over": {"asset": 6, "unreadable": 1},
        "days": [day(ago).isoformat() for ago in (9, 8, 7)], "held": [], "not_over": [],
    }  # fmt: skip
    assert told(server, *arguments, "--dry-run") == wanted
    assert views("example.org", 8) == [0]
    assert told(server, *arguments) == wanted | {"dry_run": False}
    assert views("example.org", 9, 8, 7) == [3, 4, 4]
    says = f"nothing was imported: of {day(9)} to {day(7)} the store has counts of example.org already"
    assert failure(server, *arguments) == says
    newer.write_bytes(lines(7, 9) + lines(6, 2) + lines(0, 3))
    again = told(server, *arguments)
    assert (again["days"], again["held"]) == ([day(6).isoformat()], [day(ago).isoformat() for ago in (9, 8, 7)])
    assert again["not_over"] == [TODAY.isoformat()]
    assert views("example.org", 9, 8, 7, 6, 0) == [3, 4, 4, 2, 0]


def test_a_day_that_was_counted_live_is_held(server: Logless, views: Counts, tmp_path: Path) -> None:
    file = tmp_path / "access.log"
    file.write_bytes(lines(5, 2) + lines(4, 2))
    replayed = tmp_path / "live.jsonl"
    at = datetime.combine(day(5), datetime.min.time(), UTC).isoformat()
    replayed.write_text(
        f'{{"at": "{at}", "ip": "81.2.3.4", "method": "POST", "path": "/api/event", "headers": {{"user-agent": '
        f'"{BROWSER}"}}, "body": "{{\\"n\\":\\"pageview\\",\\"d\\":\\"second.example\\",\\"u\\":\\"http://second.example/\\"}}"}}'
    )
    RUNNER.invoke(main, ["replay", str(replayed)], env={"LOGLESS_CONFIG": str(server.config)})
    assert views("second.example", 5) == [1]
    result = told(server, str(file), "--site", "second.example")
    assert (result["days"], result["held"]) == ([day(4).isoformat()], [day(5).isoformat()])
    assert views("second.example", 5, 4) == [1, 2]


def test_standard_input_goes_to_the_running_server(server: Logless, views: Counts) -> None:
    log = gzip.compress(lines(6, 4) + lines(5, 3))
    command = ["import", "-", "--site", "third.example", "--until", day(5).isoformat(), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "collector", *command],
        input=log, capture_output=True, env={**os.environ, "LOGLESS_CONFIG": str(server.config)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert views("third.example", 6, 5) == [4, 0]


def _targets(folder: Path) -> Iterator[str]:
    """Yield what the open files of a process are; one may be closed while they are looked at."""
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield str(file.readlink())


def test_one_import_runs_at_a_time_beside_live_hits_and_ends_with_the_server(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(lines(3, 1))
    with running(tmp_path, PLAIN) as server:
        waiting = subprocess.Popen(
            [sys.executable, "-m", "collector", "import", "-", "--site", "example.org"],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LOGLESS_CONFIG": str(server.config)},
        )  # fmt: skip
        assert waiting.stdin is not None
        waiting.stdin.write(lines(9, 9))
        waiting.stdin.flush()

        pipe = f"pipe:[{os.fstat(waiting.stdin.fileno()).st_ino}]"

        def is_read() -> bool:
            assert server.process is not None
            return pipe in _targets(Path(f"/proc/{server.process.pid}/fd"))

        wait_until(is_read)
        assert failure(server, str(log), "--site", "example.org") == "another import is running: wait until it is done"
        assert server.hit("81.2.3.4").status == 202
        assert server.stop(signal.SIGTERM) == 0, "the pipe is still open, and nobody waits for it"
        _, says = waiting.communicate()
        assert waiting.returncode == 1
        assert b"the import was stopped" in says or b"the server went away" in says


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.log", "--site", "example.org"], "none.log is not there"),
        (["LOG", "--site", "nobody"], 'no site "nobody" is configured'),
        (["LOG", "--site", "example.org", "--until", "soon"], "--until is not a day: write it as 2026-11-30"),
        (["LOG", "--site", "example.org", "--format", "w3c"], "--format: say combined"),
    ],
)
def test_what_cannot_be_done_is_one_line(server: Logless, tmp_path: Path, arguments: list[str], says: str) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(lines(3, 1))
    message = failure(server, *(str(log) if part == "LOG" else part for part in arguments))
    assert says in message
    assert "\n" not in message


def test_standard_input_stands_alone(server: Logless) -> None:
    result = RUNNER.invoke(main, ["import", "-", "-", "--site", "x"], env={"LOGLESS_CONFIG": str(server.config)})
    assert result.exit_code == 2


def test_after_a_kill_every_day_is_there_once_or_not_at_all(tmp_path: Path) -> None:
    """Two days of many pages are brought to the store, and a third is open, when it is killed."""
    logless = Logless(tmp_path, PLAIN)
    many = [lines(ago, 2_000, "/page-#") for ago in (9, 8)]
    rest = lines(6, 2_500)
    command = [sys.executable, "-m", "collector", "import"]
    environment = {**os.environ, "LOGLESS_CONFIG": str(logless.config)}
    try:
        killed = subprocess.Popen([*command, "-", "--site", "example.org"], stdin=subprocess.PIPE, env=environment)
        assert killed.stdin is not None
        # Whoever has taken more than a pipe and a block hold, and is at the third day, has handed over the first two.
        killed.stdin.write(b"".join(many) + rest)
        killed.stdin.flush()
        killed.send_signal(signal.SIGKILL)
        assert killed.wait(10) == -signal.SIGKILL
        killed.stdin.close()
        whole = tmp_path / "access.log"
        whole.write_bytes(b"".join(many) + rest + lines(5, 2))
        result = logless.command("import", str(whole), "--site", "example.org")
        assert result["held"] == [day(ago).isoformat() for ago in (9, 8)]
        assert result["days"] == [day(ago).isoformat() for ago in (6, 5)]
        assert result["pageviews"] == 2_502
        stored = subprocess.run(
            [sys.executable, "-c", STORED, f"chdb://{tmp_path}/data", str(logless.runtime)],
            capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        counts = dict(zip((9, 8, 6, 5), [2_000, 2_000, 2_500, 2], strict=True))
        assert json.loads(stored.stdout) == [[day(ago).isoformat(), count] for ago, count in counts.items()]
    finally:
        logless.close()
