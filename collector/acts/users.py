"""`logless user`: people who may look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from ingest.store.control.links import make_link
from ingest.store.control.sessions import end_sessions
from ingest.store.control.users import Role, User, add_user, find_user, list_users, set_role


def login_link(house: House, user: User) -> str:
    """Make a link that signs a user in once, within 15 minutes."""
    return f"{house.settings.server.url}/login/{make_link(house.control, user.id, house.now())}"


def _told(user: User) -> dict[str, Any]:
    return {"name": user.name, "role": user.role.value}


async def _list(house: House, _: Mapping[str, Any], __: Progress) -> list[dict[str, Any]]:
    return [_told(user) for user in list_users(house.control)]


async def _add(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    user = add_user(house.control, arguments["name"], Role(arguments["role"]))
    return {**_told(user), "link": login_link(house, user)}


async def _role(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    return _told(set_role(house.control, arguments["name"], Role(arguments["role"])))


async def _reset(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    """Sign a user out everywhere and make a new link."""
    user = find_user(house.control, arguments["name"])
    if user is None:
        raise RefusedError(f'no user "{arguments["name"]}": see `logless user list`')
    end_sessions(house.control, user.id)
    return {**_told(user), "link": login_link(house, user)}


LIST = Act(_list)
ADD = Act(_add)
ROLE = Act(_role)
RESET = Act(_reset)
