"""Who may see what: every address has a permission, and is closed without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import quote

import re2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from dashboards.desk import Ask, Desk, Format
from dashboards.origin import is_own
from dashboards.page import Page
from dashboards.period import today_in
from dashboards.shell import Shell
from dashboards.table import write_csv
from ingest.store.control.sessions import IDLE_DAYS, Session, read_session, start_session
from ingest.store.control.shares import GUEST_DAYS, Share, admit_guest, read_guest
from ingest.store.control.tokens import Token, find_token
from ingest.store.control.users import Role, User


class Permission(StrEnum):
    """What an address asks of whoever comes."""

    PUBLIC = "public"
    GUEST = "guest"
    """A member, or whoever came by a shared link to the site or app in the address. Nothing but GET."""
    MEMBER = "member"
    EDITOR = "editor"
    OWNER = "owner"
    TOKEN = "token"  # noqa: S105  a kind of permission


ROLES: Final = {
    Permission.GUEST: Role.VIEWER,
    Permission.MEMBER: Role.VIEWER,
    Permission.EDITOR: Role.EDITOR,
    Permission.OWNER: Role.OWNER,
}

_OWN_PATH: Final = re2.compile(r"/[A-Za-z0-9._~%?&=+:@-][A-Za-z0-9._~/%?&=+:@-]*")

View = Callable[[Ask], Awaitable[Page | Response]]


@dataclass(frozen=True, slots=True)
class Gate:
    """A page behind its permission."""

    desk: Desk
    shell: Shell
    permission: Permission
    view: View
    format: Format

    async def answer(self, request: Request) -> Response:
        """Let a request through to the page, or say why not."""
        ask = Ask(self.desk, request, self.format)
        if self.permission is Permission.TOKEN:
            token = await bearer(self.desk, request)
            if token is None:
                return _unauthorised()
            return self._write(replace(ask, token=token), await self.view(replace(ask, token=token)))
        if not is_own(request.method, request.headers):
            raise HTTPException(403)
        ask = replace(ask, session=await session_of(self.desk, request))
        if self.permission is Permission.GUEST and ask.session is None:
            ask = replace(ask, guest=await guest_of(self.desk, request))
            if ask.guest is None:
                return self._to_login(request)
        elif self.permission is not Permission.PUBLIC:
            if ask.session is None:
                return self._to_login(request)
            if not ask.may(ROLES[self.permission]):
                raise HTTPException(403)
        site = self.desk.sites.get(request.path_params.get("site", ""))
        if site is not None:
            ask = replace(ask, beginning=await self.desk.figures.beginning(site, today_in(site.timezone, ask.now)))
        return self._write(ask, await self.view(ask))

    def _to_login(self, request: Request) -> Response:
        if self.format is not Format.HTML or request.method not in {"GET", "HEAD"}:
            return _unauthorised()
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        after = "" if wanted == "/" else f"?next={quote(wanted, safe='/')}"
        return RedirectResponse(f"/login{after}", status_code=303)

    def _write(self, ask: Ask, page: Page | Response) -> Response:
        if isinstance(page, Response):
            return page
        if self.format is Format.JSON:
            return JSONResponse(page.data, page.status)
        if self.format is Format.CSV:
            if page.table is None:
                raise HTTPException(404)
            return Response(write_csv(page.table), page.status, media_type="text/csv; charset=utf-8")
        return self.shell.write(page, ask)


async def bearer(desk: Desk, request: Request) -> Token | None:
    """Return the token that a request bears, or None."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        return None
    token = await run_in_threadpool(find_token, desk.control, secret.strip())
    return token if token is not None and token.scope == "stats" else None


async def session_of(desk: Desk, request: Request) -> Session | None:
    """Return the session of a request's cookie, or None."""
    secret = request.cookies.get(cookie_name(is_https=desk.is_https), "")
    return await run_in_threadpool(read_session, desk.control, secret, desk.clock()) if secret else None


async def guest_of(desk: Desk, request: Request) -> Share | None:
    """Return the shared link of a request's cookie, if it covers the address and is only asked to show it."""
    secret = request.cookies.get(guest_cookie(is_https=desk.is_https), "")
    if not secret or request.method not in {"GET", "HEAD"}:
        return None
    share = await run_in_threadpool(read_guest, desk.control, secret, desk.clock())
    return share if share is not None and share.covers(request.path_params) else None


async def let_in(desk: Desk, share: Share, after: str) -> Response:
    """Give a browser that opened a shared link its cookie, and lead it on to what is shared."""
    secret = await run_in_threadpool(admit_guest, desk.control, share, desk.clock())
    response = RedirectResponse(own_path(after), status_code=303)
    response.set_cookie(
        guest_cookie(is_https=desk.is_https),
        secret,
        max_age=GUEST_DAYS * 86_400,
        path="/",
        secure=desk.is_https,
        httponly=True,
        samesite="lax",
    )
    return response


async def sign_in(desk: Desk, user: User, after: str, *, by_link: bool) -> Response:
    """Start a session and lead on to a path of ours."""
    secret = await run_in_threadpool(start_session, desk.control, user.id, desk.clock(), by_link=by_link)
    response = RedirectResponse(own_path(after), status_code=303)
    response.set_cookie(
        cookie_name(is_https=desk.is_https),
        secret,
        max_age=IDLE_DAYS * 86_400 * 4,  # the server ends it sooner; the browser only needs to keep it that long
        path="/",
        secure=desk.is_https,
        httponly=True,
        samesite="lax",
    )
    return response


def sign_out(desk: Desk) -> Response:
    """Take the cookie away and lead to the sign-in page."""
    response = RedirectResponse("/login", status_code=303)
    name = cookie_name(is_https=desk.is_https)
    response.delete_cookie(name, path="/", secure=desk.is_https, httponly=True, samesite="lax")
    return response


def cookie_name(*, is_https: bool) -> str:
    """Return the cookie's name: `__Host-` binds it to one host and to https, where there is https."""
    return "__Host-logless" if is_https else "logless"


def guest_cookie(*, is_https: bool) -> str:
    """Return the name of the cookie of shared links: a member who opens one stays signed in."""
    return f"{cookie_name(is_https=is_https)}-share"


def own_path(text: str) -> str:
    """Return a path of this server, or `/` for whatever leads elsewhere."""
    return text if _OWN_PATH.fullmatch(text) is not None else "/"


def _unauthorised() -> Response:
    error = {"error": "a valid token is needed: Authorization: Bearer …, made by `logless token create`"}
    return JSONResponse(error, 401, {"WWW-Authenticate": "Bearer"})
