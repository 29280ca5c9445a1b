"""A member's own password and sessions."""

from __future__ import annotations

from datetime import UTC

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboards.access import sign_in, sign_out
from dashboards.desk import KEYS_COOKIE, Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.administration import note
from dashboards.passwords import LONGEST, SHORTEST
from dashboards.period import today_in
from ingest.store.control.actions import Deed
from ingest.store.control.sessions import end_session, end_sessions, list_sessions


async def account(ask: Ask) -> Page:
    """Show the forms."""
    return await _page(ask)


async def change_password(ask: Ask) -> Page | Response:
    """Set a password; every session of the member ends and a new one begins here."""
    form = await read_form(ask.request)
    password = form.get("password", "")
    if not SHORTEST <= len(password) <= LONGEST:
        return await _page(ask, f"A password has {SHORTEST} to {LONGEST} characters.")
    if password != form.get("again", ""):
        return await _page(ask, "The two new passwords differ.")
    if _needs_old(ask):
        throttle = ask.desk.throttle
        if throttle.wait(ask.user.name, None, ask.now):
            return await _page(ask, "Too many attempts. Sign in by a one-time link to set a password.", 429)
        throttle.attempt(ask.user.name, None, ask.now)
        if await ask.desk.passwords.verify(ask.user.name, form.get("old", "")) is None:
            return await _page(ask, "The present password is another one.")
        throttle.succeed(ask.user.name, None)
    await ask.desk.passwords.set(ask.user.id, password)
    await run_in_threadpool(end_sessions, ask.desk.control, ask.user.id)
    await note(ask, Deed.PASSWORD_SET, ask.user.name)
    return await sign_in(ask.desk, ask.user, "/account?changed=1", by_link=False)


async def switch_keys(ask: Ask) -> Response:
    """Switch the single-letter keys on or off, in this browser (WCAG 2.2, 2.1.4)."""
    form = await read_form(ask.request)
    response = RedirectResponse("/account", status_code=303)
    if form.get("keys") == "off":
        # One bit that many share; it says nothing about whom it belongs to.
        response.set_cookie(
            KEYS_COOKIE, "off", max_age=400 * 86_400, secure=ask.desk.is_https, httponly=True, samesite="lax"
        )
    else:
        response.delete_cookie(KEYS_COOKIE, secure=ask.desk.is_https, httponly=True, samesite="lax")
    return response


async def revoke_session(ask: Ask) -> Response:
    """End one session of the member, or all of them."""
    form = await read_form(ask.request)
    number = form.get("session", "")
    if number == "all":
        await run_in_threadpool(end_sessions, ask.desk.control, ask.user.id)
        return sign_out(ask.desk)
    if number.isascii() and number.isdecimal() and len(number) < 16:
        await run_in_threadpool(end_session, ask.desk.control, ask.user.id, int(number))
    return RedirectResponse("/account", status_code=303)


def _needs_old(ask: Ask) -> bool:
    """Return whether the old password is asked for: not without one, and not on the day of a one-time link."""
    if ask.session is None or not ask.user.has_password:
        return False
    return not (ask.session.by_link and ask.session.began == today_in(UTC, ask.now))


async def _page(ask: Ask, error: str = "", status: int = 400) -> Page:
    sessions = await run_in_threadpool(list_sessions, ask.desk.control, ask.user, ask.now)
    return Page(
        template="account.html",
        title="Your account",
        values={
            "error": error,
            "changed": bool(ask.argument("changed")),
            "needs_old": _needs_old(ask),
            "shortest": SHORTEST,
            "sessions": sessions,
            "present": ask.session.id if ask.session else 0,
        },
        status=status if error else 200,
    )
