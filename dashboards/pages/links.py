"""Shared links: made, listed and revoked by owners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.administration import PLACE, admin_tabs, note, number_of, owners_of, path_of, read_owner
from dashboards.passwords import LONGEST
from dashboards.period import in_words, read_date, today_in
from dashboards.table import Table
from ingest.store.control.actions import Deed
from ingest.store.control.database import ControlError
from ingest.store.control.shares import LONGEST_NAME, Share, create_share, list_shares, revoke_share

SHORTEST: Final = 8
PROPOSED_DAYS: Final = 91


async def links(ask: Ask) -> Page:
    """Show every shared link, without secrets."""
    return await _page(ask)


async def make_share(ask: Ask) -> Page:
    """Make a link and show it, once."""
    form = await read_form(ask.request)
    control = ask.desk.control
    try:
        site, app = read_owner(ask, form.get("owner", ""))
        ends, password = _ends(ask, form), _password(form)
        sealed = await ask.desk.passwords.seal(password) if password else None
        share, secret = await run_in_threadpool(
            lambda: create_share(control, form.get("name", ""), site=site, app=app, password=sealed, ends=ends)
        )
    except ControlError as error:
        return await _page(ask, str(error))
    await note(ask, Deed.LINK_CREATED, share.name, _terms(share), share.owner)
    return await _page(ask, secret=secret, name=share.name)


async def end_share(ask: Ask) -> Response:
    """Revoke a link; whoever came by it sees no more."""
    share = await run_in_threadpool(revoke_share, ask.desk.control, number_of(await read_form(ask.request), "link"))
    if share is not None:
        await note(ask, Deed.LINK_REVOKED, share.name, "", share.owner)
    return RedirectResponse(path_of("links"), status_code=303)


def _ends(ask: Ask, form: Mapping[str, str]) -> date | None:
    text = form.get("ends", "")
    if not text:
        return None
    day = read_date(text)
    if day is None or day < today_in(UTC, ask.now):
        raise ControlError("The last day is a date that is not past, such as 2027-01-31, or empty for no end.")
    return day


def _password(form: Mapping[str, str]) -> str:
    password = form.get("password", "")
    if password and not SHORTEST <= len(password) <= LONGEST:
        raise ControlError(f"A link's password has {SHORTEST} to {LONGEST} characters, or none.")
    return password


def _terms(share: Share) -> str:
    until = f"until {in_words(share.ends)}" if share.ends else "without end"
    return f"{'with' if share.has_password else 'without'} password, {until}"


async def _page(ask: Ask, error: str = "", *, secret: str = "", name: str = "") -> Page:
    found = await run_in_threadpool(list_shares, ask.desk.control)
    today = today_in(UTC, ask.now)
    path = path_of("links")
    names = {app.owner: app.name for app in ask.desk.apps}
    return Page(
        template="links.html",
        title="Shared links",
        place=PLACE,
        tabs=admin_tabs(ask, "links"),
        values={
            "links": [(share, names.get(share.owner, share.owner)) for share in found],
            "owners": owners_of(ask),
            "today": today,
            "proposed": today + timedelta(days=PROPOSED_DAYS),
            "shortest": SHORTEST,
            "longest": LONGEST,
            "longest_name": LONGEST_NAME,
            "error": error,
            "new_link": f"{ask.desk.way_in.url}/share/{secret}" if secret else "",
            "name": name,
            "action": path,
        },
        data={
            "links": [
                {"id": one.id, "name": one.name, "shows": one.owner, "password": one.has_password, "ends": _day(one)}
                for one in found
            ]
        },
        table=Table(
            ("id", "name", "shows", "password", "ends"),
            [(one.id, one.name, one.owner, int(one.has_password), _day(one)) for one in found],
        ),
        status=400 if error else 200,
    )


def _day(share: Share) -> str:
    return share.ends.isoformat() if share.ends else ""
