"""What the profile `standard` promises, at a real server and over every part that it writes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from markers import Markers
from running import BROWSER, Logless, running, wait_until
from sieve import Sieve

from ingest.boundary.identifiers import find_identifier

REPLAYING = Path(__file__).parent / "replaying.py"
BATCH = 20
SITE = """
[[site]]
id = "example.org"
profile = "{profile}"
pages = ["/"]
"""


def address(network: int, host: int = 1) -> str:
    """Return a global address; each network is an IPv4 /16 of its own."""
    return f"{20 + network // 200}.{network % 200}.{host // 250}.{host % 250 + 1}"


def name_that_no_tripwire_holds(draw: Markers) -> str:
    """Draw a marker that would be kept as the name of a page."""
    return next(m for m in iter(lambda: draw.draw("undeclared page"), "") if find_identifier(m) is None)


@dataclass
class House:
    """A server with a standard site, and people enough to fill its batches."""

    logless: Logless
    token: str
    draw: Markers = field(default_factory=lambda: Markers(random.Random(20)))
    network: int = 0

    def crowd(self, size: int = BATCH + 5, **fields: Any) -> None:
        """Send people whom nothing distinguishes, each from a network of their own."""
        for _ in range(size):
            self.network += 1
            assert self.logless.hit(address(self.network), **fields).status == 202

    def send(self, sender: int, page: str, **fields: Any) -> None:
        answer = self.logless.hit(address(10_000 + sender), f"http://example.org{page}", **fields)
        assert answer.status == 202

    def rows(self, *dimensions: str) -> dict[tuple[str, ...], list[int]]:
        found = self.logless.query(
            self.token,
            site_id="example.org",
            metrics=["visitors", "pageviews"],
            dimensions=list(dimensions),
            date_range="7d",
        )
        return {tuple(row["dimensions"]): row["metrics"] for row in found}

    def write(self) -> None:
        """Send people until everything counted so far has been written."""
        for _ in range(2):
            self.crowd()
            self._await_batch(self._landed())

    def _await_batch(self, before: int) -> None:
        def has_landed() -> bool:
            self.crowd(3)
            return self._landed() > before

        wait_until(has_landed)

    def _landed(self) -> int:
        metrics = self.logless.get("/metrics").body.decode()
        return int(metrics.split("\nlogless_batches_written_total ")[1].split()[0])

    def is_anywhere(self, name: str) -> bool:
        """Tell whether a byte of the name lies in data, journal, spool, control database or log."""
        return bool(Sieve({name: "name"}, {}).search([self.logless.folder, self.logless.runtime]))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("standard")
    with running(folder, SITE.format(profile="standard")) as logless:
        yield House(logless, logless.token())


def test_four_senders_of_a_page_leave_no_byte_of_its_name_and_a_fifth_discloses_it(house: House) -> None:
    name = name_that_no_tripwire_holds(house.draw)
    for sender in range(4):
        house.send(sender, f"/{name}")
        house.send(sender, f"/{name}")
    house.write()
    assert not house.is_anywhere(name)
    assert (f"/{name}",) not in house.rows("event:page")
    assert ("/",) in house.rows("event:page")
    house.send(4, f"/{name}")
    house.write()
    assert house.rows("event:page")[f"/{name}",] == [5, 9]
    assert house.is_anywhere(name)


def test_one_sender_with_five_browsers_discloses_nothing(house: House) -> None:
    name = name_that_no_tripwire_holds(house.draw)
    for version in range(150, 160):
        house.send(100, f"/{name}", agent=BROWSER.replace("150", str(version)))
    house.write()
    assert not house.is_anywhere(name)


def test_an_office_of_two_networks_discloses_nothing(house: House) -> None:
    name = name_that_no_tripwire_holds(house.draw)
    for host in range(30):
        answer = house.logless.hit(address(30_000 + host % 2, host), f"http://example.org/{name}")
        assert answer.status == 202
    house.write()
    assert not house.is_anywhere(name)
    # A third network makes it a crowd.
    assert house.logless.hit(address(30_002), f"http://example.org/{name}").status == 202
    house.write()
    assert house.rows("event:page")[f"/{name}",] == [31, 31]


def test_a_pair_waits_for_five_senders_of_its_own(house: House) -> None:
    page = f"/{name_that_no_tripwire_holds(house.draw)}"
    source = f"{name_that_no_tripwire_holds(house.draw)}.example"
    for sender in range(200, 206):
        house.send(sender, page)
        house.send(sender + 10, "/", r=f"https://{source}/")
    for sender in range(220, 224):
        house.send(sender, page, r=f"https://{source}/")
    house.write()
    assert house.rows("event:page")[page,] == [10, 10]
    assert house.rows("visit:source")[source,] == [10, 10]
    assert (page, source) not in house.rows("event:page", "visit:source")
    house.send(224, page, r=f"https://{source}/")
    house.write()
    assert house.rows("event:page", "visit:source")[page, source] == [5, 5]


def test_a_kill_discloses_nothing_either(house: House) -> None:
    undisclosed, disclosed = (name_that_no_tripwire_holds(house.draw) for _ in range(2))
    before = house.rows()[()]
    for sender in range(300, 304):
        house.send(sender, f"/{undisclosed}")
    for sender in range(300, 305):
        house.send(sender, f"/{disclosed}")
    house.logless.stop(signal.SIGKILL)
    assert not house.is_anywhere(undisclosed)
    house.logless.start()
    # Visitors of this day may be counted high after a crash; everything else is exact.
    assert house.rows()[()][1] == before[1] + 9
    house.write()
    assert not house.is_anywhere(undisclosed)
    assert house.rows("event:page")[f"/{disclosed}",][1] == 5


# A replayed week. Days with as many visits as a batch, one fewer, one more; one with next to none; busy ones.
VISITS = (60, 7, 20, 41, 19, 0, 133, 21, 39, 40)
FIRST = datetime(2026, 9, 28, tzinfo=UTC)


def week(folder: Path) -> Path:
    """Write a file of submissions: on every day a page that four people see, and one that five see."""
    draw = random.Random(7)
    lines = []
    for number, visits in enumerate(VISITS):
        for visitor in range(visits):
            at = FIRST + timedelta(days=number, seconds=draw.randrange(86_400))
            pages = ["/", f"/four-{number}"] if visitor < 4 else ["/", f"/five-{number}"] if visitor < 9 else ["/"]
            for later, page in enumerate(pages):
                body = {"n": "pageview", "d": "example.org", "u": f"http://example.org{page}", "l": "en"}
                lines.append(
                    {
                        "at": (at + timedelta(seconds=later)).isoformat(),
                        "ip": address(number * 200 + visitor),
                        "method": "POST",
                        "path": "/api/event",
                        "headers": {"user-agent": BROWSER, "content-type": "text/plain"},
                        "body": json.dumps(body),
                    }
                )
    lines.sort(key=lambda line: str(line["at"]))
    file = folder / "week.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def replayed(folder: Path, profile: str) -> dict[str, Any]:
    logless = Logless(folder, SITE.format(profile=profile))
    try:
        done = subprocess.run(
            [sys.executable, str(REPLAYING), str(logless.config), str(week(folder))],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    finally:
        logless.close()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return replayed(tmp_path_factory.mktemp("week"), "standard")


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).date().isoformat()


def small_writes(found: dict[str, Any]) -> list[Any]:
    """Return the writes that are about fewer visits than a batch and tell more than a day's totals."""
    hours = [write for write in found["writes"] if write[2] < BATCH and write[3] >= 0]
    return hours + [write for write in found["cell_writes"] if write[2] < BATCH]


def test_no_write_of_a_replayed_week_is_about_fewer_visits_than_a_batch(found: dict[str, Any]) -> None:
    assert found["answers"] == {"202": sum(VISITS) + 9 * (len(VISITS) - 2) + 7}
    assert small_writes(found) == []
    # Busy days are written in more than one batch, so the rule was put to the test.
    assert max(sum(write[1] == day(number) for write in found["writes"]) for number in range(len(VISITS))) > 1
    totals = {when: visits for when, visits, _ in found["totals"]}
    assert totals == {day(number): visits for number, visits in enumerate(VISITS) if visits}
    # A day with too few keeps one row of totals, and nothing else.
    kept = {when for when, _ in found["cells_by_day"]}
    assert kept == {day(number) for number, visits in enumerate(VISITS) if visits >= BATCH}


def test_the_close_of_a_day_writes_rare_once(found: dict[str, Any]) -> None:
    assert all(parts == 1 for *_, parts, _ in found["rare"])
    rare = {(table, kind, when) for table, kind, when, _, _ in found["rare"]}
    busy = [number for number, visits in enumerate(VISITS) if visits >= BATCH]
    assert {("cells", "page", day(number)) for number in busy} <= rare
    assert ("pairs", "page*source", day(busy[0])) in rare
    pages = {(when, page): [visitors, views] for when, page, visitors, views in found["pages"]}
    for number in busy:
        assert pages[day(number), "(rare)"] == [4, 4]
        assert pages[day(number), f"/five-{number}"] == [5, 5]
        assert pages[day(number), "/"] == [VISITS[number]] * 2
    assert not any(page.startswith("/four") for _, page in pages)


def test_small_writes_of_a_profile_without_batches_are_noticed(tmp_path: Path) -> None:
    found = replayed(tmp_path, "plain")
    assert {write[1] for write in small_writes(found)} == {day(1), day(4)}
    assert any(page.startswith("/four") for _, page, *_ in found["pages"])
