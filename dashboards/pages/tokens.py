"""Tokens of programs that read the numbers."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.administration import PLACE, admin_tabs, note, number_of, owners_of, path_of, read_owner
from dashboards.table import Table
from ingest.store.control.actions import Deed
from ingest.store.control.database import ControlError
from ingest.store.control.tokens import SCOPES, create_token, list_tokens, revoke_token

MEANINGS: Final = {
    "stats": "reads the numbers, by the Stats API",
    "preview": "is told what would be kept of a crash report; nothing is stored",
}
_LONGEST: Final = 100


async def tokens(ask: Ask) -> Page:
    """Show every token, without secrets."""
    return await _page(ask)


async def make_token(ask: Ask) -> Page:
    """Make a token and show it, once."""
    form = await read_form(ask.request)
    control = ask.desk.control
    try:
        site, app = read_owner(ask, form.get("owner", ""))
        made = await run_in_threadpool(
            lambda: create_token(control, form.get("name", ""), site=site, app=app, scope=form.get("scope", ""))
        )
    except ControlError as error:
        return await _page(ask, str(error))
    await note(ask, Deed.TOKEN_CREATED, made.name, made.scopes[0])
    return await _page(ask, secret=made.token, name=made.name)


async def end_token(ask: Ask) -> Response:
    """Revoke a token."""
    number = number_of(await read_form(ask.request), "token")
    control = ask.desk.control
    found = {token.id: token for token in await run_in_threadpool(list_tokens, control)}.get(number)
    if found is not None and await run_in_threadpool(revoke_token, control, number):
        await note(ask, Deed.TOKEN_REVOKED, found.name, found.scopes[0])
    return RedirectResponse(path_of("tokens"), status_code=303)


async def _page(ask: Ask, error: str = "", *, secret: str = "", name: str = "") -> Page:
    found = await run_in_threadpool(list_tokens, ask.desk.control)
    path = path_of("tokens")
    return Page(
        template="tokens.html",
        title="Tokens",
        place=PLACE,
        tabs=admin_tabs(ask, "tokens"),
        values={
            "tokens": found,
            "owners": owners_of(ask),
            "scopes": [(scope, MEANINGS[scope]) for scope in SCOPES],
            "longest": _LONGEST,
            "error": error,
            "secret": secret,
            "name": name,
            "action": path,
        },
        data={"tokens": [{"id": token.id, "name": token.name, "scopes": token.scopes} for token in found]},
        table=Table(("id", "name", "scope"), [(token.id, token.name, token.scopes[0]) for token in found]),
        status=400 if error else 200,
    )
