"""`logless token`: keys of programs that ask the Stats API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from ingest.store.control.actions import Deed, note_action
from ingest.store.control.tokens import create_token, list_tokens, revoke_token


async def _create(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    site, app = arguments.get("site"), arguments.get("app")
    if site is not None and site not in house.sites:
        raise RefusedError(f'no site "{site}" is configured: see `logless site list`')
    if app is not None and app not in house.apps:
        raise RefusedError(f'no app "{app}" is configured: see `logless app list`')
    made = create_token(house.control, arguments["name"], site=site, app=app, scope=arguments["scope"])
    note_action(house.control, "", "", Deed.TOKEN_CREATED, made.name, made.scopes[0], house.now())
    return asdict(made)


async def _list(house: House, _: Mapping[str, Any], __: Progress) -> list[dict[str, Any]]:
    return [{"id": token.id, "name": token.name, "scopes": token.scopes} for token in list_tokens(house.control)]


async def _revoke(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    token = {token.id: token for token in list_tokens(house.control)}.get(arguments["id"])
    if token is None or not revoke_token(house.control, token.id):
        raise RefusedError(f"no token {arguments['id']}: see `logless token list`")
    note_action(house.control, "", "", Deed.TOKEN_REVOKED, token.name, token.scopes[0], house.now())
    return {"id": arguments["id"], "revoked": True}


CREATE = Act(_create)
LIST = Act(_list)
REVOKE = Act(_revoke)
