"""What commands do, one file for each noun.

An act is a function of an open `House` and its arguments. The command line runs it in the server that is running on
the same configuration, through its control socket, or opens what it needs itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from collector.acts import (
    apps,
    crash_explanations,
    explanations,
    imports,
    privacy,
    replays,
    retention,
    sites,
    store,
    submissions,
    symbols,
    tokens,
    users,
)
from collector.acts.act import Act, House
from collector.control_socket import Progress, RefusedError
from collector.settings import SettingsError
from ingest.boundary.geo import CountriesError
from ingest.store.client import StoreError
from ingest.store.control.database import ControlError

ACTS: Final[dict[str, Act]] = {
    "site list": sites.LIST,
    "site add": sites.ADD,
    "site snippet": sites.SNIPPET,
    "site delete": sites.DELETE,
    "app list": apps.LIST,
    "app add": apps.ADD,
    "app dsn": apps.DSN,
    "user list": users.LIST,
    "user add": users.ADD,
    "user role": users.ROLE,
    "user reset": users.RESET,
    "user remove": users.REMOVE,
    "token create": tokens.CREATE,
    "token list": tokens.LIST,
    "token revoke": tokens.REVOKE,
    "migrate": store.MIGRATE,
    "retention run": retention.RUN,
    "replay": replays.REPLAY,
    "import": imports.IMPORT,
    "send-test": submissions.SEND_TEST,
    "explain hit": explanations.HIT,
    "explain crash": crash_explanations.CRASH,
    "symbols upload": symbols.UPLOAD,
    "privacy inventory": privacy.INVENTORY,
    "geo update": privacy.GEO_UPDATE,
}


async def act(house: House, command: str, arguments: Mapping[str, Any], progress: Progress) -> Any:
    """Do a command and return its result as plain data. Raises RefusedError for the person who asked."""
    found = ACTS.get(command)
    if found is None:
        raise RefusedError(f"this server does not know `{command}`: are both of the same version?")
    try:
        return await found.do(house, arguments, progress)
    except (SettingsError, StoreError, ControlError, CountriesError) as error:
        raise RefusedError(str(error)) from None
    except OSError as error:
        raise RefusedError(f"{error.filename or 'the system'}: {error.strerror or error}") from None
