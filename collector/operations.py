"""Pages that are about the server itself: health, metrics, the beacon, the demonstration, the way out."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from collector.public_file import PublicFile
from collector.settings import Settings
from dashboards.vitals import Finding, Vitals
from ingest.boundary.airlock import ADDRESS
from ingest.boundary.networks import Networks
from ingest.counters.journal import Journal
from ingest.counters.ledger import Ledger
from ingest.hits.beacon import beacon_files
from ingest.store.spool import Spool
from ingest.store.writer import Writer

_LOOPBACK: Final = Networks(["127.0.0.0/8", "::1/128"])
_DEMO_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Health:
    """What can be asked of a running server."""

    ledger: Ledger
    writer: Writer
    spool: Spool
    journal: Journal

    async def alive(self, _: Request) -> Response:
        """Answer that the process is up."""
        return PlainTextResponse("ok\n")

    async def ready(self, _: Request) -> Response:
        """Answer whether submissions can be acknowledged; whether the store is there stands beside it."""
        ready = not self.ledger.full
        content = {
            "ready": ready,
            "store": "away" if self.writer.away else "there",
            "batches_waiting": self.writer.waiting,
            "spool_bytes": self.spool.size,
        }
        return JSONResponse(content, status_code=200 if ready else 503)

    def figures(self) -> dict[str, tuple[str, int]]:
        """Return each metric with its help text."""
        return {
            "logless_batches_written_total": ("Batches written to the store since the start.", self.writer.written),
            "logless_batches_waiting": ("Batches in memory that neither store nor spool has.", self.writer.waiting),
            "logless_store_away": ("1 while the store does not answer.", int(self.writer.away)),
            "logless_spool_bytes": ("Bytes of batches that wait on disk.", self.spool.size),
            "logless_spool_bound_bytes": ("Bytes from which on nothing more is acknowledged.", self.spool.bound),
            "logless_journal_bytes": ("Bytes of the journal in memory.", self.journal.size),
            "logless_full": ("1 while submissions cannot be acknowledged.", int(self.ledger.full)),
        }

    def vitals(self, retained: date | None, dropped: int, findings: Sequence[Finding]) -> Vitals:
        """Return the same for people, with what else is known of the server."""
        return Vitals(
            version=version("logless"),
            is_store_away=self.writer.away,
            is_full=self.ledger.full,
            batches_written=self.writer.written,
            batches_waiting=self.writer.waiting,
            spool_bytes=self.spool.size,
            spool_bound=self.spool.bound,
            journal_bytes=self.journal.size,
            retained=retained,
            dropped=dropped,
            findings=findings,
        )


@dataclass(frozen=True, slots=True)
class Gauges:
    """`/metrics`, for whoever has the token, or for this machine when none is set."""

    health: Health
    token: str

    async def answer(self, request: Request) -> Response:
        """Answer in Prometheus' text format."""
        if not self._may_read(request):
            return PlainTextResponse("not for you: set metrics.token, or ask from this machine\n", status_code=403)
        lines = []
        for name, (help_text, value) in self.health.figures().items():
            kind = "counter" if name.endswith("_total") else "gauge"
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}", f"{name} {value}"]
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")

    def _may_read(self, request: Request) -> bool:
        if self.token:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            return hmac.compare_digest(given.encode(), self.token.encode())
        return bool(request.scope[ADDRESS].is_in(_LOOPBACK))


class DemonstrationPages(StaticFiles):
    """The demonstration site's pages, under the policy that it asks of others."""

    def file_response(self, *arguments: object, **named: object) -> Response:
        """Answer a file with the headers of a careful site."""
        response: Response = super().file_response(*arguments, **named)  # type: ignore[arg-type]
        response.headers.update(_DEMO_HEADERS)
        return response


def operations(settings: Settings, health: Health | None, rest: ASGIApp | None) -> Starlette:
    """Return the pages of the server itself, with the dashboards behind them.

    A replay has neither health nor dashboards: what is no submission is not found there.
    """
    routes: list[BaseRoute] = []
    if health is not None:
        routes += [
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
            Route("/metrics", Gauges(health, settings.metrics.token).answer),
        ]
        served = beacon_files(settings.server.beacon_path, settings.server.event_path)
        routes += [Route(path, PublicFile.pack(file).answer) for path, file in served.items()]
    if any(site.demonstration for site in settings.site):
        folder = Path(str(files("collector.demonstration"))) / "pages"
        routes.append(Mount("/demo", DemonstrationPages(directory=folder, html=True)))
    if rest is not None:
        routes.append(Mount("/", rest))
    return Starlette(routes=routes)
