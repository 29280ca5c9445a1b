"""Who may look, and what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.administration import PLACE, admin_tabs, note, path_of
from dashboards.table import Table
from ingest.store.control.actions import Deed
from ingest.store.control.database import ControlError
from ingest.store.control.links import LIFE, make_link, reset_access
from ingest.store.control.users import LONGEST_NAME, Role, User, add_user, find_user, list_users, remove_user, set_role

MEANINGS: Final = {
    Role.OWNER: "also manages members, tokens and shared links, and reads the log",
    Role.EDITOR: "also writes reviews and annotations, and decides about crashes",
    Role.VIEWER: "reads every site and app",
}


async def members(ask: Ask) -> Page:
    """Show the members, and the forms to owners."""
    return await _page(ask)


async def add_member(ask: Ask) -> Page:
    """Add a member and show, once, the link that signs them in."""
    form = await read_form(ask.request)
    control = ask.desk.control
    try:
        user = await run_in_threadpool(add_user, control, form.get("name", ""), _role(form))
    except ControlError:
        return await _page(ask, f"A name has 1 to {LONGEST_NAME} printable characters, and nobody else may have it.")
    await note(ask, Deed.MEMBER_ADDED, user.name, user.role.value)
    return await _page(ask, invited=user.name, secret=await run_in_threadpool(make_link, control, user.id, ask.now))


async def change_role(ask: Ask) -> Page | Response:
    """Give a member another role; they sign in anew."""
    form = await read_form(ask.request)
    user = await _find(ask, form)
    if user is None:
        return await _page(ask, _GONE)
    try:
        changed = await run_in_threadpool(set_role, ask.desk.control, user.name, _role(form))
    except ControlError:
        return await _page(ask, _LAST)
    await note(ask, Deed.ROLE_CHANGED, user.name, f"{user.role.value} to {changed.role.value}")
    return _back()


async def reset_member(ask: Ask) -> Page:
    """Sign a member out everywhere and show, once, a new link."""
    user = await _find(ask, await read_form(ask.request))
    if user is None:
        return await _page(ask, _GONE)
    await note(ask, Deed.ACCESS_RESET, user.name)
    secret = await run_in_threadpool(reset_access, ask.desk.control, user.id, ask.now)
    return await _page(ask, invited=user.name, secret=secret)


async def remove_member(ask: Ask) -> Page | Response:
    """Remove a member, never the last owner."""
    user = await _find(ask, await read_form(ask.request))
    if user is None:
        return await _page(ask, _GONE)
    try:
        await run_in_threadpool(remove_user, ask.desk.control, user.name)
    except ControlError:
        return await _page(ask, _LAST)
    await note(ask, Deed.MEMBER_REMOVED, user.name)
    return _back()


_GONE: Final = "There is no member of that name any more."
_LAST: Final = "This is the last owner: make another one first."


def _role(form: Mapping[str, str]) -> Role:
    """Return the role of a form; one that is none gives the least."""
    wanted = form.get("role", "")
    return Role(wanted) if wanted in set(Role) else Role.VIEWER


async def _find(ask: Ask, form: Mapping[str, str]) -> User | None:
    return await run_in_threadpool(find_user, ask.desk.control, form.get("name", ""))


def _back() -> Response:
    return RedirectResponse(path_of("members"), status_code=303)


async def _page(ask: Ask, error: str = "", *, invited: str = "", secret: str = "") -> Page:
    found = await run_in_threadpool(list_users, ask.desk.control)
    owners = sum(user.role is Role.OWNER for user in found)
    path = path_of("members")
    return Page(
        template="members.html",
        title="Members",
        place=PLACE,
        tabs=admin_tabs(ask, "members"),
        values={
            "members": [(user, user.role is Role.OWNER and owners == 1) for user in found],
            "may_manage": ask.may(Role.OWNER),
            "roles": [(role.value, MEANINGS[role]) for role in reversed(Role)],
            "longest": LONGEST_NAME,
            "minutes": LIFE // 60,
            "error": error,
            "invited": invited,
            "new_link": f"{ask.desk.way_in.url}/login/{secret}" if secret else "",
            "action": path,
        },
        data={
            "members": [
                {"name": user.name, "role": user.role.value, "has_password": user.has_password} for user in found
            ]
        },
        table=Table(
            ("name", "role", "has_password"), [(user.name, user.role.value, int(user.has_password)) for user in found]
        ),
        status=400 if error else 200,
    )
