"""Every address that answers, with the permission that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from starlette.routing import Route, compile_path

from dashboards.access import Gate, Permission, View
from dashboards.desk import Desk, Format
from dashboards.pages.account import account, change_password, revoke_session, switch_keys
from dashboards.pages.administration import administration
from dashboards.pages.alerts import alerts, drop_channel, put_channel, put_rules, try_channel
from dashboards.pages.annotations import annotate, remove_annotation, show_annotations
from dashboards.pages.audit import show_audit
from dashboards.pages.breakdown import breakdown
from dashboards.pages.configured import configured
from dashboards.pages.crash import crash
from dashboards.pages.crashes import crashes
from dashboards.pages.digest import digest_text, show_digest
from dashboards.pages.files import favicon, static_file
from dashboards.pages.funnels import funnels
from dashboards.pages.health import health
from dashboards.pages.help import help_page
from dashboards.pages.home import home
from dashboards.pages.links import end_share, links, make_share
from dashboards.pages.log import log
from dashboards.pages.login import login, logout, open_link, show_login
from dashboards.pages.members import add_member, change_role, members, remove_member, reset_member
from dashboards.pages.overview import cards, overview
from dashboards.pages.privacy import app_privacy, privacy, site_privacy
from dashboards.pages.realtime import realtime
from dashboards.pages.releases import releases
from dashboards.pages.review import save_review, show_review
from dashboards.pages.setup import begin_trial, show_setup
from dashboards.pages.shared import open_share, unlock_share
from dashboards.pages.tokens import end_token, make_token, tokens
from dashboards.pages.triage import (
    change_assignee,
    change_many,
    change_state,
    merge_into,
    remove_note,
    split,
    write_note,
)
from dashboards.pages.you import you
from dashboards.shell import Shell
from dashboards.stats.endpoint import query


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table. `also` names the path whose `.json` and `.csv` answer too."""

    path: str
    view: View
    permission: Permission
    method: str = "GET"
    also: str = ""


def _page(path: str, view: View, permission: Permission) -> Entry:
    return Entry(path, view, permission, also=path)


ROUTES: Final = (
    Entry("/", home, Permission.MEMBER, also="/index"),
    _page("/sites/{site}", overview, Permission.GUEST),
    _page("/sites/{site}/privacy", site_privacy, Permission.MEMBER),
    _page("/sites/{site}/audit", show_audit, Permission.MEMBER),
    _page("/sites/{site}/audit/review", show_review, Permission.MEMBER),
    Entry("/sites/{site}/audit/review", save_review, Permission.EDITOR, "POST"),
    _page("/sites/{site}/setup", show_setup, Permission.MEMBER),
    Entry("/sites/{site}/setup", begin_trial, Permission.MEMBER, "POST"),
    _page("/sites/{site}/annotations", show_annotations, Permission.MEMBER),
    Entry("/sites/{site}/annotations", annotate, Permission.EDITOR, "POST"),
    Entry("/sites/{site}/annotations/remove", remove_annotation, Permission.EDITOR, "POST"),
    _page("/sites/{site}/alerts", alerts, Permission.MEMBER),
    Entry("/sites/{site}/alerts/channels", put_channel, Permission.EDITOR, "POST"),
    Entry("/sites/{site}/alerts/channels/delete", drop_channel, Permission.EDITOR, "POST"),
    Entry("/sites/{site}/alerts/channels/try", try_channel, Permission.EDITOR, "POST"),
    Entry("/sites/{site}/alerts/rules", put_rules, Permission.EDITOR, "POST"),
    _page("/sites/{site}/digest", show_digest, Permission.MEMBER),
    Entry("/sites/{site}/digest.txt", digest_text, Permission.MEMBER),
    _page("/sites/{site}/funnels", funnels, Permission.GUEST),
    _page("/sites/{site}/realtime", realtime, Permission.GUEST),
    Entry("/sites/{site}/cards", cards, Permission.GUEST),
    _page("/sites/{site}/{panel}", breakdown, Permission.GUEST),
    _page("/apps/{app:int}/crashes", crashes, Permission.GUEST),
    _page("/apps/{app:int}/crashes/{group}", crash, Permission.GUEST),
    Entry("/apps/{app:int}/crashes", change_many, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/crashes/{group}/state", change_state, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/crashes/{group}/assignee", change_assignee, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/crashes/{group}/notes", write_note, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/crashes/{group}/notes/delete", remove_note, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/crashes/{group}/merge", merge_into, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/crashes/{group}/split", split, Permission.EDITOR, "POST"),
    _page("/apps/{app:int}/releases", releases, Permission.GUEST),
    _page("/apps/{app:int}/annotations", show_annotations, Permission.MEMBER),
    Entry("/apps/{app:int}/annotations", annotate, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/annotations/remove", remove_annotation, Permission.EDITOR, "POST"),
    _page("/apps/{app:int}/alerts", alerts, Permission.MEMBER),
    Entry("/apps/{app:int}/alerts/channels", put_channel, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/alerts/channels/delete", drop_channel, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/alerts/channels/try", try_channel, Permission.EDITOR, "POST"),
    Entry("/apps/{app:int}/alerts/rules", put_rules, Permission.EDITOR, "POST"),
    _page("/apps/{app:int}/privacy", app_privacy, Permission.MEMBER),
    _page("/privacy", privacy, Permission.PUBLIC),
    _page("/help", help_page, Permission.PUBLIC),
    _page("/privacy/you", you, Permission.PUBLIC),
    Entry("/admin", administration, Permission.EDITOR),
    _page("/admin/setup", configured, Permission.EDITOR),
    _page("/admin/health", health, Permission.EDITOR),
    _page("/admin/members", members, Permission.EDITOR),
    Entry("/admin/members", add_member, Permission.OWNER, "POST"),
    Entry("/admin/members/role", change_role, Permission.OWNER, "POST"),
    Entry("/admin/members/reset", reset_member, Permission.OWNER, "POST"),
    Entry("/admin/members/remove", remove_member, Permission.OWNER, "POST"),
    _page("/admin/tokens", tokens, Permission.OWNER),
    Entry("/admin/tokens", make_token, Permission.OWNER, "POST"),
    Entry("/admin/tokens/revoke", end_token, Permission.OWNER, "POST"),
    _page("/admin/links", links, Permission.OWNER),
    Entry("/admin/links", make_share, Permission.OWNER, "POST"),
    Entry("/admin/links/revoke", end_share, Permission.OWNER, "POST"),
    _page("/admin/log", log, Permission.OWNER),
    Entry("/share/{secret}", open_share, Permission.PUBLIC),
    Entry("/share/{secret}", unlock_share, Permission.PUBLIC, "POST"),
    Entry("/login", show_login, Permission.PUBLIC),
    Entry("/login", login, Permission.PUBLIC, "POST"),
    Entry("/login/{secret}", open_link, Permission.PUBLIC),
    Entry("/logout", logout, Permission.MEMBER, "POST"),
    Entry("/account", account, Permission.MEMBER),
    Entry("/account/password", change_password, Permission.MEMBER, "POST"),
    Entry("/account/keys", switch_keys, Permission.MEMBER, "POST"),
    Entry("/account/sessions", revoke_session, Permission.MEMBER, "POST"),
    Entry("/api/v2/query", query, Permission.TOKEN, "POST"),
    Entry("/static/{file}", static_file, Permission.PUBLIC),
    Entry("/favicon.ico", favicon, Permission.PUBLIC),
)


def build_routes(desk: Desk, shell: Shell) -> list[Route]:
    """Return the routes: of each page first its `.json` and `.csv`, whose paths a page's own pattern would take."""
    routes: list[Route] = []
    for entry in ROUTES:
        for path, form in _forms(entry):
            gate = Gate(desk, shell, entry.permission, entry.view, form)
            routes.append(Route(path, gate.answer, methods=[entry.method]))
    return routes


def is_shared(address: str) -> bool:
    """Return whether shared links can open an address: the first route that takes its path says so."""
    path = address.partition("?")[0]
    found = next((entry for entry in ROUTES if entry.method == "GET" and _takes(entry.path, path)), None)
    return found is not None and found.permission is Permission.GUEST


def _takes(pattern: str, path: str) -> bool:
    return compile_path(pattern)[0].match(unquote(path)) is not None


def _forms(entry: Entry) -> Sequence[tuple[str, Format]]:
    others = [(f"{entry.also}.{form}", form) for form in (Format.JSON, Format.CSV)] if entry.also else []
    return [*others, (entry.path, Format.HTML)]
