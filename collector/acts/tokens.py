"""`logless token`: keys of programs that ask the Stats API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from ingest.store.control.tokens import create_token, list_tokens, revoke_token


async def _create(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    site, app = arguments.get("site"), arguments.get("app")
    if site is not None and site not in house.sites:
        raise RefusedError(f'no site "{site}" is configured: see `logless site list`')
    if app is not None and app not in house.apps:
        raise RefusedError(f'no app "{app}" is configured: see `logless app list`')
    return asdict(create_token(house.control, arguments["name"], site=site, app=app, scope=arguments["scope"]))


async def _list(house: House, _: Mapping[str, Any], __: Progress) -> list[dict[str, Any]]:
    return [{"id": token.id, "name": token.name, "scopes": token.scopes} for token in list_tokens(house.control)]


async def _revoke(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    if not revoke_token(house.control, arguments["id"]):
        raise RefusedError(f"no token {arguments['id']}: see `logless token list`")
    return {"id": arguments["id"], "revoked": True}


CREATE = Act(_create)
LIST = Act(_list)
REVOKE = Act(_revoke)
