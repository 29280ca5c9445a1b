"""`logless site`: websites."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.configuration import add_checked, remove_section
from collector.control_socket import Progress, RefusedError
from collector.settings import read_settings
from collector.snippet import snippet
from ingest.site import Site
from ingest.store.control.annotations import drop_annotations
from ingest.store.control.channels import drop_channels
from ingest.store.control.deliveries import drop_told
from ingest.store.control.reviews import drop_reviews
from ingest.store.control.rules import drop_rules
from ingest.store.control.shares import drop_shares
from ingest.store.control.tokens import drop_tokens
from ingest.store.retention import drop_owner

_WAIT = 30.0


def _told(site: Site) -> dict[str, Any]:
    return {
        "id": site.id,
        "hosts": list(site.hosts),
        "timezone": str(site.timezone),
        "profile": site.profile.value,
        "k": site.profile.k,
        "batch": site.profile.batch,
        "pages": len(site.literal_pages) + len(site.page_shapes),
        "demonstration": site.demonstration,
    }


async def _list(house: House, _: Mapping[str, Any], __: Progress) -> list[dict[str, Any]]:
    return [_told(site) for site in house.sites.values()]


async def _add(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    path = house.file(arguments)
    values = {name: value for name, value in arguments["values"].items() if value not in (None, [])}
    if values["id"] in house.sites:
        raise RefusedError(f'site "{values["id"]}" is there already')
    house.settings = await asyncio.to_thread(add_checked, path, "site", values)
    if house.collector is not None:
        house.collector.reload()
    return {**_told(house.sites[values["id"]]), "snippet": snippet(house.settings.server, house.sites[values["id"]])}


async def _snippet(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    if arguments["id"] not in house.sites:
        raise RefusedError(f'no site "{arguments["id"]}" is configured: see `logless site list`')
    server = house.settings.server
    site = house.sites[arguments["id"]]
    images = f"; img-src {server.url}" if site.pixel else ""
    return {"snippet": snippet(server, site), "csp": f"script-src {server.url}; connect-src {server.url}{images}"}


async def _delete(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    """Take a site out of the configuration, then drop its counters."""
    site, path = arguments["id"], house.file(arguments)
    known = site in house.sites
    if remove_section(path, "site", site):
        house.settings = read_settings(path)
        house.open.reload()
    # What is in memory would come to the store after the deletion, and what was shipped is on its way there.
    house.open.ledger.discard(site)
    await asyncio.to_thread(house.open.writer.wait, _WAIT)
    dropped = await asyncio.to_thread(drop_owner, house.open.connection, site)
    for drop in (drop_reviews, drop_annotations, drop_shares, drop_tokens, drop_channels, drop_rules, drop_told):
        await asyncio.to_thread(drop, house.control, site)
    if not known and not dropped:
        raise RefusedError(f'no site "{site}" is configured, and nothing is kept of one: see `logless site list`')
    return {"id": site, "dropped": dropped, "configured": site in house.sites}


LIST = Act(_list)
ADD = Act(_add)
SNIPPET = Act(_snippet)
DELETE = Act(_delete, needs_store=True)
