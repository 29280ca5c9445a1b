"""`logless explain hit`: what would become of submissions, step by step. Nothing of it is counted."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from collector.operations import operations
from collector.pipeline import Means, Pipeline
from collector.replay import Line, ReplayClock, ReplayError, read_line, send_line
from collector.settings import Settings
from dashboards.refusals import meaning_of
from ingest.app import Apps
from ingest.boundary.consent import objects
from ingest.boundary.geo import Countries
from ingest.counters.cells import UNKNOWN_OWNER
from ingest.counters.journal import Unjournaled
from ingest.hits.attributes import visit_attributes
from ingest.hits.catalogue import Catalogue
from ingest.hits.names import Names
from ingest.hits.recent import Recent
from ingest.hits.rehearsal import Rehearsal
from ingest.hits.setups import Setup, Setups
from ingest.site import Site, Sites

_ASSUMED: Final = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
    "content-type": "text/plain",
}
"""What a body that comes without its request is taken to have come with."""

_OBJECTS: Final = "the request says Sec-GPC, DNT or our opt-out: it is counted nowhere, refusals included"


class _Every(Setups):
    """Takes every submission for one of a single test."""

    def __init__(self, rehearse: Callable[[], Rehearsal]) -> None:
        super().__init__(rehearse)
        self.setup = self.begin("", 0, 0.0)
        self.setup.traces = deque()

    def pick(self, body: bytes, now: float) -> tuple[Setup, bytes]:
        """Return the one test, for any body."""
        return self.setup, super().pick(body, now)[1]


class Explainer:
    """The real front door, behind which everything is rehearsed."""

    def __init__(self, settings: Settings, sites: Mapping[str, Site], countries: Countries) -> None:
        self._clock = ReplayClock()
        self._recent = Recent()
        known = Sites()
        known.replace(sites.values())
        means = Means(
            settings=settings,
            sites=known,
            apps=Apps(),
            countries=countries,
            attributes=visit_attributes(),
            catalogue=Catalogue.open(settings.sources.spam_path),
            ship=lambda _: None,
            is_full=lambda: False,
            sequence=itertools.count(1),
        )
        self._rehearse: Callable[[], Rehearsal] = lambda: Rehearsal(means.attributes, Names(means.catalogue))
        self._rehearsals: dict[int, Rehearsal] = {}
        self._setups = _Every(self._rehearse)
        self._pipeline = Pipeline(
            means,
            means.ledger(Unjournaled()),
            self._clock,
            operations(settings, None, None),
            setups=self._setups,
            recent=self._recent,
        )

    async def explain(self, line: Line) -> dict[str, Any]:
        """Return the status that a line is answered with, and the traces of its submissions."""
        self._clock.move_to(line.at)
        # Lines of one sender and browser are one visitor's, as they would be outside.
        agent = next((value for name, value in line.headers.items() if name.lower() == "user-agent"), "")
        visitor = hash((line.ip, agent))
        self._setups.setup.rehearsal = self._rehearsals.setdefault(visitor, self._rehearse())
        status = await send_line(line, self._pipeline)
        traces = [self._explained(trace.data) for trace in self._setups.setup.traces]
        self._setups.setup.traces.clear()
        return {"answer": status, "note": "" if traces else self._note(line, status), "traces": traces}

    def _note(self, line: Line, status: int) -> str:
        """Say why nothing was looked at."""
        if objects([(name.lower().encode(), value.encode()) for name, value in line.headers.items()]):
            return _OBJECTS
        if status == 404:
            return "nothing takes hits at this path"
        reasons = self._recent.reasons(UNKNOWN_OWNER)
        return f"{reasons[-1]}: {meaning_of(reasons[-1])}" if reasons else "it was not taken for a hit"

    @staticmethod
    def _explained(trace: dict[str, Any]) -> dict[str, Any]:
        return {**trace, "because": meaning_of(trace["refused"] or "")}


def read_submissions(path: Path, event_path: str, now: float) -> list[Line]:
    """Read lines as `replay` takes them, or else the whole file as one body. Raises RefusedError."""
    content = read_file(path)
    try:
        content.decode()
    except UnicodeDecodeError:
        raise RefusedError(f"{path} is not text in UTF-8") from None
    lines = read_recording(content)
    if lines is not None:
        return lines
    at = datetime.fromtimestamp(now, UTC)
    return [Line(at, "", "POST", event_path, dict(_ASSUMED), content.decode())]


def read_file(path: Path) -> bytes:
    """Read a file that has something in it. Raises RefusedError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}") from None
    if not content.strip():
        raise RefusedError(f"{path} is empty")
    return content


def read_recording(content: bytes) -> list[Line] | None:
    """Read lines as `replay` takes them, or return None when the first is none. Raises RefusedError."""
    lines = [(number, text) for number, text in enumerate(content.splitlines(), 1) if text.strip()]
    if not lines or not _is_line(lines[0][1]):
        return None
    try:
        return [read_line(text, number) for number, text in lines]
    except ReplayError as error:
        raise RefusedError(str(error)) from None


def _is_line(text: bytes) -> bool:
    """Tell a line of a recording from a body: a body has no time."""
    try:
        return "at" in msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def _explain_all(settings: Settings, sites: Mapping[str, Site], lines: list[Line]) -> list[dict[str, Any]]:
    async def explain() -> list[dict[str, Any]]:
        with closing(Countries.open(settings.countries_path)) as countries:
            explainer = Explainer(settings, sites, countries)
            return [await explainer.explain(line) for line in lines]

    return asyncio.run(explain())


async def _hit(house: House, arguments: Mapping[str, Any], _: Progress) -> list[dict[str, Any]]:
    settings = house.settings
    lines = read_submissions(Path(arguments["file"]), settings.server.event_path, house.now())
    # A loop of its own, in a thread: to build the front door takes a while, and a server goes on serving meanwhile.
    return await asyncio.to_thread(_explain_all, settings, house.sites, lines)


def write_explanation(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield an explanation as lines for people."""
    yield f"answered {told['answer']}{'; ' + told['note'] if told['note'] else ''}"
    for trace in told["traces"]:
        for step in trace["steps"]:
            result = f"{step['refused']}: {trace['because']}" if step["refused"] else step["result"]
            detail = f" ({step['result']})" if step["refused"] and step["result"] != "refused" else ""
            yield f"  {'STOP' if step['refused'] else 'ok  '}  {step['step']}: {printable(result + detail)}"
        for cell in trace["cells"]:
            amounts = ", ".join(f"{name} {amount:+d}" for name, amount in cell["amounts"].items())
            waits = "  (named once it is shared)" if cell["waits"] else ""
            yield f"  adds  {cell['of']} {printable(' * '.join(cell['values']))}: {amounts}{waits}"


def printable(text: str) -> str:
    """Return a text that cannot steer a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


HIT = Act(_hit)
