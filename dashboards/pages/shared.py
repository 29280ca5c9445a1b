"""The door of a shared link: it leads whoever has it to one site or app."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from dashboards.access import let_in
from dashboards.addresses import app_path, site_path
from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.numbers import many
from dashboards.origin import is_opened
from dashboards.page import Page
from dashboards.throttle import Sender
from ingest.store.control.shares import Share, find_share


async def open_share(ask: Ask) -> Page | Response:
    """Let somebody in, or ask for the link's password."""
    if ask.request.method == "HEAD" or not is_opened(ask.request.headers):
        # An answer that is no success is not shown later in the place of the real one.
        return Response(status_code=503)
    found = await _find(ask)
    if found is None:
        return _OVER
    share, password = found
    return _form() if password else await let_in(ask.desk, share, _shown(ask, share))


async def unlock_share(ask: Ask) -> Page | Response:
    """Let somebody in who knows the password; attempts are throttled as those of signing in."""
    form = await read_form(ask.request)
    found = await _find(ask)
    if found is None:
        return _OVER
    share, password = found
    if password:
        # No user's name holds a zero byte.
        throttle, account = ask.desk.throttle, f"\0share {share.id}"
        sender: Sender | None = ask.request.scope.get("logless.address")
        wait = throttle.wait(account, sender, ask.now)
        if wait:
            return _form(f"Too many attempts. Try again in {many(wait, 'second')}.", 429)
        throttle.attempt(account, sender, ask.now)
        if not await ask.desk.passwords.opens(password, form.get("password", "")):
            return _form("The password is another one.", 401)
        throttle.succeed(account, sender)
    return await let_in(ask.desk, share, _shown(ask, share))


async def _find(ask: Ask) -> tuple[Share, str | None] | None:
    return await run_in_threadpool(find_share, ask.desk.control, ask.request.path_params["secret"], ask.now)


def _shown(ask: Ask, share: Share) -> str:
    """Return where a link leads; to nothing, which says so, when what it shows is not configured any more."""
    if share.site is not None:
        site = ask.desk.sites.get(share.site)
        return site_path(site) if site is not None else "/sites/gone"
    app = ask.desk.apps.get(share.app or 0)
    return app_path(app, "crashes") if app is not None else "/apps/0/crashes"


def _form(error: str = "", status: int = 200) -> Page:
    return Page(template="shared.html", title="Shared with you", values={"error": error}, status=status)


_OVER: Final = Page(template="share_over.html", title="This link shows nothing any more", status=410)
