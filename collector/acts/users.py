"""`logless user`: people who may look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from ingest.store.control.actions import Deed, note_action
from ingest.store.control.links import make_link, reset_access
from ingest.store.control.users import Role, User, add_user, find_user, list_users, remove_user, set_role


def login_link(house: House, user: User) -> str:
    """Make a link that signs a user in once, within 15 minutes."""
    return _link(house, make_link(house.control, user.id, house.now()))


def _link(house: House, secret: str) -> str:
    return f"{house.settings.server.url}/login/{secret}"


def _told(user: User) -> dict[str, Any]:
    return {"name": user.name, "role": user.role.value}


async def _list(house: House, _: Mapping[str, Any], __: Progress) -> list[dict[str, Any]]:
    return [_told(user) for user in list_users(house.control)]


async def _add(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    user = add_user(house.control, arguments["name"], Role(arguments["role"]))
    _note(house, Deed.MEMBER_ADDED, user, user.role.value)
    return {**_told(user), "link": login_link(house, user)}


async def _role(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    before = find_user(house.control, arguments["name"])
    user = set_role(house.control, arguments["name"], Role(arguments["role"]))
    _note(house, Deed.ROLE_CHANGED, user, f"{before.role.value if before else ''} to {user.role.value}")
    return _told(user)


async def _reset(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    """Sign a user out everywhere and make a new link."""
    user = _find(house, arguments)
    _note(house, Deed.ACCESS_RESET, user)
    secret = reset_access(house.control, user.id, house.now())
    return {**_told(user), "link": _link(house, secret)}


async def _remove(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    """Remove a user with sessions and links; the last owner stays."""
    user = _find(house, arguments)
    remove_user(house.control, user.name)
    _note(house, Deed.MEMBER_REMOVED, user)
    return {**_told(user), "removed": True}


def _find(house: House, arguments: Mapping[str, Any]) -> User:
    user = find_user(house.control, arguments["name"])
    if user is None:
        raise RefusedError(f'no user "{arguments["name"]}": see `logless user list`')
    return user


def _note(house: House, deed: Deed, user: User, detail: str = "") -> None:
    # Nobody's name stands before a command: whoever may give one is not known to us.
    note_action(house.control, "", "", deed, user.name, detail, house.now())


LIST = Act(_list)
ADD = Act(_add)
ROLE = Act(_role)
RESET = Act(_reset)
REMOVE = Act(_remove)
