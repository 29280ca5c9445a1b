"""What the pages of administration share: their tabs, what a form names, and the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboards.desk import Ask
from dashboards.page import Tab
from ingest.store.control.actions import Deed, note_action
from ingest.store.control.database import ControlError
from ingest.store.control.users import Role

PLACE: Final = "Administration"

_TABS: Final = (
    ("Sites and apps", "setup", Role.EDITOR),
    ("Members", "members", Role.EDITOR),
    ("Tokens", "tokens", Role.OWNER),
    ("Shared links", "links", Role.OWNER),
    ("Log", "log", Role.OWNER),
    ("Health", "health", Role.EDITOR),
)


async def administration(_: Ask) -> Response:
    """Lead to the first page."""
    return RedirectResponse(path_of("setup"), status_code=303)


def path_of(page: str) -> str:
    """Return the path of a page of administration."""
    return f"/admin/{page}"


def admin_tabs(ask: Ask, current: str) -> list[Tab]:
    """Return the tabs that the member who asks may open."""
    return [Tab(title, path_of(page), page == current) for title, page, role in _TABS if ask.may(role)]


async def note(ask: Ask, deed: Deed, of: str, detail: str = "", owner: str = "") -> None:
    """Write into the log what the member who asks has just done."""
    told = owner, ask.user.name, deed, of, detail, ask.now
    await run_in_threadpool(note_action, ask.desk.control, *told)


def number_of(form: Mapping[str, str], name: str) -> int:
    """Return a number of a form; 0, which nothing is called, for what is none."""
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def owners_of(ask: Ask) -> list[tuple[str, str]]:
    """Return every site and app as a form names it, with what people call it."""
    sites = [(f"site:{site.id}", site.id) for site in ask.desk.sites]
    return [*sites, *((f"app:{app.id}", f"{app.name} (app {app.id})") for app in ask.desk.apps)]


def read_owner(ask: Ask, text: str) -> tuple[str | None, int | None]:
    """Return the site or the app that a form names; neither for an empty text. Raises ControlError."""
    if not text:
        return None, None
    if text not in dict(owners_of(ask)):
        raise ControlError("That site or app is not configured any more.")
    kind, _, name = text.partition(":")
    return (name, None) if kind == "site" else (None, int(name))
