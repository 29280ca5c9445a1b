"""Nothing of a submission is found anywhere, but for what the closed schemas keep."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import marked_crashes
import marked_hits
import pytest
from footprint import cores, left_behind, written_files
from malformed import RETURNED, crash_headers, malformed
from marked_crashes import CODINGS
from marked_hits import DECLARED, PLAIN, STANDARD
from markers import Markers
from running import KEY, Logless
from sieve import Sieve, Sighting
from speaking import Line, written

LEAKY = Path(__file__).parent / "leaky_server.py"
HITS, CRASHES = 500, 200  # of each of the two ends
PLANTED = 20_000  # markers of each end that may be found nowhere, with 100,000 in the long form

LAUNCHES = 8
"""The app that counts sessions."""

SECTIONS = f"""
[[site]]
id = "{PLAIN}"
profile = "plain"
pages = ["{{declared}}"]
[[site]]
id = "{STANDARD}"
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
[[app]]
id = {LAUNCHES}
name = "launches"
key = "{KEY}"
profile = "plain"
consent = "opt-out"
sessions = true
"""


@dataclass
class Load:
    """What is sent to one server, and all that it answered."""

    logless: Logless
    draw: Markers
    answers: list[bytes] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    written: set[Path] = field(default_factory=set)
    begun: float = field(default_factory=time.time)

    def send(self, hits: int, crashes: int) -> None:
        """Send hits and crashes in a random order, one in five malformed."""
        kinds = ["hit"] * hits + ["crash"] * crashes
        self.draw.random.shuffle(kinds)
        with Line(self.logless.port) as line:
            for count, kind in enumerate(kinds):
                if self.draw.random.random() < 0.2:
                    request = malformed(self.draw)
                else:
                    request = self._hit() if kind == "hit" else self._crash()
                self._note(line, request)
                if count % 250 == 0:
                    assert self.logless.process is not None
                    self.written |= written_files(self.logless.process.pid)

    def _note(self, line: Line, request: bytes) -> None:
        reply = line.speak(request)
        self.statuses[reply.status] = self.statuses.get(reply.status, 0) + 1
        self.answers.append(reply.head + b"\r\n\r\n" + reply.body)

    def _hit(self) -> bytes:
        draw = self.draw
        if draw.random.random() < 0.2:
            method, target, body, kind = marked_hits.matomo_request(draw)
            return written(method, target, [*marked_hits.headers(draw), ("Content-Type", kind)], body)
        site = draw.random.choice([PLAIN, STANDARD])
        bodies = [marked_hits.hit(draw, site) for _ in range(draw.random.choice([1, 1, 1, 2]))]
        body = json.dumps(bodies if len(bodies) > 1 else bodies[0]).encode()
        return written("POST", marked_hits.target(draw), [*marked_hits.headers(draw), _TYPE], body)

    def _crash(self) -> bytes:
        draw = self.draw
        app = draw.random.choice([6, 7, LAUNCHES])
        coding = draw.random.choice(list(CODINGS))
        if draw.random.random() < 0.1:
            event = marked_crashes.event(draw, draw.event_id())
            path, body = f"/api/{app}/store/", json.dumps(event).encode()
        elif draw.random.random() < 0.1:
            path, body = f"/api/{app}/envelope/", marked_crashes.launches(draw)
        elif draw.random.random() < 0.1:
            path, body = f"/api/{app}/security/", marked_crashes.violation(draw)
        elif draw.random.random() < 0.1:
            path, body = f"/api/{app}/minidump/", marked_crashes.dump(draw)
        else:
            path, body = f"/api/{app}/envelope/", marked_crashes.envelope(draw, app)
        extra = [("Content-Encoding", coding)] if coding else []
        headers = [*crash_headers(draw), *extra]
        kind = _CRASH_TYPES.get(path.split("/")[3])
        if kind is not None:
            headers = [
                *((name, value) for name, value in headers if name.lower() != "content-type"),
                ("Content-Type", kind),
            ]
        return written("POST", marked_hits.target(draw, path), headers, CODINGS[coding](body))

    def read(self) -> None:
        """Read what the way out shows of it."""
        token = self.logless.token()
        for site in (PLAIN, STANDARD):
            for dimension in (
                "event:page",
                "event:name",
                "visit:source",
                "visit:referrer",
                "visit:language",
                "visit:os",
            ):
                rows = self.logless.query(token, site_id=site, metrics=["visitors"], dimensions=[dimension])
                self.answers.append(json.dumps(rows).encode())
            assert self.logless.query(token, site_id=site, metrics=["pageviews"])[0]["metrics"][0] > 0
            rows = self.logless.query(token, site_id=site, metrics=["refusals"], dimensions=["refusal:reason"])
            self.answers.append(json.dumps(rows).encode())
        assert all(self.logless.query(token, app_id=LAUNCHES, metrics=["sessions", "installs"])[0]["metrics"])
        rows = self.logless.query(token, app_id=LAUNCHES, metrics=["sessions"], dimensions=["crash:release"])
        self.answers.append(json.dumps(rows).encode())
        for app in (6, 7, LAUNCHES):
            assert self.logless.query(token, app_id=app, metrics=["reports"])[0]["metrics"][0] > 0
            rows = self.logless.query(token, app_id=app, metrics=["reports"], dimensions=["crash:title", "crash:os"])
            self.answers.append(json.dumps(rows).encode())
        for path in ("/healthz", "/readyz", "/metrics", "/privacy", "/privacy.json", "/"):
            answer = self.logless.get(path)
            self.answers.append(repr(answer.headers).encode() + answer.body)

    @property
    def places(self) -> list[Path]:
        """Everything that the server may have written."""
        return [self.logless.folder, self.logless.runtime, *self.written, *left_behind(self.begun, _TEMPORARY)]

    def search(self) -> Found:
        """Look everywhere, once, for all that was planted."""
        draw = self.draw
        everything = Sieve(draw.forbidden | draw.returned | draw.kept, draw.addresses)
        at_rest = everything.search(self.places)
        answered = everything.sightings("an answer", b"\n".join(self.answers))
        kept = {sighting for sighting in at_rest | answered if sighting.marker in draw.kept}
        returned = {sighting for sighting in answered if sighting.marker in draw.returned}
        return Found(sorted((at_rest | answered) - kept - returned), {sighting.place for sighting in kept & at_rest})


@dataclass(frozen=True)
class Found:
    """What was found where it may not be, and of which places names were kept."""

    leaks: list[Sighting]
    kept: set[str]


_TYPE = ("Content-Type", "text/plain")
_CRASH_TYPES = {"security": "application/csp-report", "minidump": "multipart/form-data; boundary=xyz-42"}
# pytest's own folders and other programs' are not this server's; what it has open itself is asked of the kernel.
_TEMPORARY = [Path("/var/tmp")]


@contextmanager
def loaded(folder: Path, seed: int, *program: str, hits: int = HITS, crashes: int = CRASHES) -> Iterator[Load]:
    """Start a server with a temporary folder of its own and send it everything."""
    draw = Markers(random.Random(seed))
    declared = f"{DECLARED}/{draw.keep('declared page')}"
    temporary = folder / "tmp"
    temporary.mkdir()
    logless = Logless(folder, SECTIONS.format(declared=declared), environment={"TMPDIR": str(temporary)})
    if program:
        logless.program = program
    load = Load(logless, draw)
    try:
        logless.start()
        assert logless.hit(draw.address(), f"https://{PLAIN}{declared}", site=PLAIN).status == 202
        load.send(hits, crashes)
        yield load
    finally:
        logless.close()


def check(load: Load) -> None:
    """Assert that nothing was found, and that the search would have found it."""
    found = load.search()
    assert found.leaks == []
    assert len(load.draw.forbidden) > PLANTED
    assert found.kept == {"declared page", *marked_crashes.KEPT}
    assert set(load.draw.returned.values()) == set(RETURNED)
    strangers = [path for path in load.written if not path.is_relative_to(load.logless.folder)]
    assert [path for path in strangers if not path.is_relative_to(load.logless.runtime)] == []


def test_after_a_stop_nothing_is_found_but_what_the_schemas_keep(tmp_path: Path) -> None:
    with loaded(tmp_path, 1) as load:
        assert set(load.statuses) >= {200, 202, 400, 403, 404, 415}
        assert not any(status >= 500 for status in load.statuses), load.statuses
        load.read()
        assert load.logless.stop(signal.SIGTERM) == 0
        check(load)


def test_after_a_kill_nothing_is_found_but_what_the_schemas_keep(tmp_path: Path) -> None:
    with loaded(tmp_path, 2) as load:
        load.logless.stop(signal.SIGKILL)
        check(load)
        load.logless.start()
        load.read()
        load.logless.stop(signal.SIGABRT)
        assert cores([tmp_path, load.logless.runtime, Path.cwd()]) == []
        check(load)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
def test_of_many_more_submissions_nothing_is_found(tmp_path: Path, seed: int) -> None:
    with loaded(tmp_path, seed, hits=15_000, crashes=5_000) as load:
        load.read()
        load.logless.stop(random.Random(seed).choice([signal.SIGTERM, signal.SIGKILL]))
        check(load)
        assert len(load.draw.forbidden) > 5 * PLANTED


def test_a_server_that_keeps_the_address_in_its_own_scope_is_caught(tmp_path: Path) -> None:
    with loaded(tmp_path, 3, str(LEAKY), "copying", hits=60, crashes=0) as load:
        load.logless.stop(signal.SIGTERM)
        found = load.search().leaks
    assert {sighting.where for sighting in found} == {str(load.logless.log)}
    assert {"address", "claimed hop"} <= {sighting.place for sighting in found}


def test_a_server_that_scrubs_crashes_by_a_list_of_bad_keys_is_caught(tmp_path: Path) -> None:
    with loaded(tmp_path, 4, str(LEAKY), "scrubbing", hits=0, crashes=60) as load:
        load.logless.stop(signal.SIGTERM)
        found = load.search().leaks
    places = {sighting.place for sighting in found}
    assert {"exception value", "extra", "home folder", "tag value", "vars"} <= places
    # The list did take out what it names: what is left is what no list foresees.
    assert not places & {"user.email", "request cookie", "request.env"}
    # It lies in compressed parts, where a search of the raw bytes would be blind.
    assert any(sighting.where.endswith(".bin") for sighting in found)
