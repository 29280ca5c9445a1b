"""Signing in and out."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from dashboards.access import own_path, sign_in, sign_out
from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.numbers import many
from dashboards.origin import is_opened
from dashboards.page import Page
from dashboards.throttle import Sender
from ingest.store.control.actions import Deed, note_action
from ingest.store.control.links import use_link
from ingest.store.control.sessions import end_session


async def show_login(ask: Ask) -> Page | Response:
    """Show the form, or lead on whoever is signed in."""
    if ask.session is not None:
        return RedirectResponse(own_path(ask.argument("next")), status_code=303)
    return _form(ask.argument("next"))


async def login(ask: Ask) -> Page | Response:
    """Sign in by name and password."""
    form = await read_form(ask.request)
    name, password, after = form.get("name", ""), form.get("password", ""), form.get("next", "")
    throttle, sender = ask.desk.throttle, _sender(ask)
    wait = throttle.wait(name, sender, ask.now)
    if wait:
        return _form(after, f"Too many attempts. Try again in {many(wait, 'second')}, or use a one-time link.", 429)
    throttle.attempt(name, sender, ask.now)
    user = await ask.desk.passwords.verify(name, password)
    if user is None:
        return _form(after, "That name and password do not go together.", 401)
    throttle.succeed(name, sender)
    return await sign_in(ask.desk, user, after, by_link=False)


async def open_link(ask: Ask) -> Page | Response:
    """Sign in by a one-time link that somebody opened; what merely looks ahead does not use it up."""
    if ask.request.method == "HEAD" or not is_opened(ask.request.headers):
        # An answer that is no success is not shown later in the place of the real one.
        return Response(status_code=503)
    if ask.session is not None:
        return RedirectResponse("/", status_code=303)
    user = await run_in_threadpool(use_link, ask.desk.control, ask.request.path_params["secret"], ask.now)
    if user is None:
        return Page(template="link.html", title="This link is used up", status=410)
    told = "", user.name, Deed.SIGNED_IN, user.name, "", ask.now
    await run_in_threadpool(note_action, ask.desk.control, *told)
    return await sign_in(ask.desk, user, "/", by_link=True)


async def logout(ask: Ask) -> Response:
    """End this session."""
    if ask.session is None:
        raise HTTPException(403)
    await run_in_threadpool(end_session, ask.desk.control, ask.user.id, ask.session.id)
    return sign_out(ask.desk)


def _sender(ask: Ask) -> Sender | None:
    sender: Sender | None = ask.request.scope.get("logless.address")
    return sender


def _form(after: str, error: str = "", status: int = 200) -> Page:
    return Page(
        template="login.html", title="Sign in", values={"after": own_path(after), "error": error}, status=status
    )
