"""The dashboards as one ASGI application, built once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboards.annotations import Annotations
from dashboards.assets import Assets
from dashboards.desk import AlertMeans, Ask, Desk
from dashboards.diagnostics import Diagnostics
from dashboards.figures import Figures
from dashboards.headers import SecureHeaders
from dashboards.hosts import Hosts
from dashboards.inventory import Inventory
from dashboards.live import Live
from dashboards.page import Page
from dashboards.panels import panels_of
from dashboards.passwords import Passwords
from dashboards.questions import Questions
from dashboards.reader import Accounts, no_account
from dashboards.referrers import Referrers
from dashboards.refusals import Refusals
from dashboards.reports import Reports
from dashboards.routes import build_routes, is_shared
from dashboards.shell import Shell
from dashboards.stats.vocabulary import dimensions_of
from dashboards.throttle import Throttle
from dashboards.triage import Triage
from dashboards.vitals import Vitals
from dashboards.way_in import WayIn
from dashboards.written import Written
from ingest.app import Apps
from ingest.counters.cells import Breakdown
from ingest.site import Sites
from ingest.store.client import StoreError
from ingest.store.control.database import Control
from ingest.store.reader import Reader

MESSAGES = {
    400: "This request could not be read.",
    403: "You may not do that.",
    404: "There is nothing at this address.",
    405: "This address does not answer that method.",
    413: "The request is too large.",
    415: "The form came in another encoding than forms do.",
    500: "Something broke on our side. The server's log has it.",
    503: "The store cannot be reached just now. What is sent is still counted; try again in a moment.",
}

_NO_MEANS = AlertMeans()


def build(
    sites: Sites,
    apps: Apps,
    reader: Reader,
    control: Control,
    live: Live,
    clock: Callable[[], float],
    way_in: WayIn,
    breakdowns: Sequence[Breakdown],
    *,
    diagnostics: Diagnostics,
    hosts: Hosts,
    snippet: Callable[[str], str],
    identifies: Callable[[str], str],
    vitals: Callable[[], Vitals],
    notices: Callable[[], Sequence[str]] = tuple,
    annotations: Annotations | None = None,
    means: AlertMeans = _NO_MEANS,
    hasher: PasswordHasher | None = None,
    account: Accounts = no_account,
) -> Starlette:
    """Return the application. `notices` are lines that every member reads on top of a page.

    What only the way in knows is handed over: `diagnostics` of its last submissions, what it makes of `hosts`, the
    `snippet` of a site, the word for what in a text `identifies` a person, its own `vitals`, and the `account` of what
    would be counted about a reader. `annotations` are marks on charts: those that members
    wrote, unless others are given.
    It opens nothing and closes nothing: the reader, the control database and the live view are the caller's.
    """
    questions = Questions(reader)
    reports = Reports(questions, live, control)
    assets = Assets.read()
    shell = Shell(assets)
    is_https = urlsplit(way_in.url).scheme == "https"
    desk = Desk(
        sites=sites,
        apps=apps,
        figures=Figures(questions, live),
        reports=reports,
        triage=Triage(reports, control),
        refusals=Refusals(questions, live),
        referrers=Referrers(questions),
        diagnostics=diagnostics,
        hosts=hosts,
        inventory=Inventory(questions),
        control=control,
        passwords=Passwords(control, hasher or PasswordHasher()),
        throttle=Throttle(secrets.token_bytes(32)),
        assets=assets,
        panels=panels_of(breakdowns),
        dimensions=dimensions_of(breakdowns),
        clock=clock,
        notices=notices,
        snippet=snippet,
        identifies=identifies,
        annotations=annotations or Written(control),
        vitals=vitals,
        is_shared=is_shared,
        means=means,
        is_https=is_https,
        way_in=way_in,
        account=account,
    )
    errors = Errors(desk, shell)
    return Starlette(
        routes=build_routes(desk, shell),
        middleware=[Middleware(SecureHeaders, is_https=is_https), Middleware(GZipMiddleware, minimum_size=1024)],
        exception_handlers={HTTPException: errors.refused, StoreError: errors.away, 500: errors.broken},
    )


class Errors:
    """Pages for what went wrong: they say what to do and repeat nothing."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        self._desk = desk
        self._shell = shell

    async def refused(self, request: Request, error: Exception) -> Response:
        """Answer what was refused by its status."""
        assert isinstance(error, HTTPException)
        return self._write(request, error.status_code, dict(error.headers or {}))

    async def away(self, request: Request, _error: Exception) -> Response:
        """Answer while the store cannot be reached."""
        return self._write(request, 503, {"Retry-After": "5"})

    async def broken(self, request: Request, _error: Exception) -> Response:
        """Answer when there is a bug."""
        return self._write(request, 500, {})

    def _write(self, request: Request, status: int, headers: dict[str, str]) -> Response:
        message = MESSAGES.get(status, HTTPStatus(status).phrase)
        path = request.url.path
        if path.startswith("/api/") or path.endswith((".json", ".csv")):
            return JSONResponse({"error": message}, status, headers)
        values = {"status": status, "message": message}
        response = self._shell.write(
            Page(template="error.html", title=message, values=values, status=status), Ask(self._desk, request)
        )
        response.headers.update(headers)
        return response
