"""`logless site`: websites."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from collector.acts.act import Act, House
from collector.configuration import add_checked, remove_section
from collector.control_socket import Progress, RefusedError
from collector.settings import Server, read_settings
from ingest.site import Site
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
    return {**_told(house.sites[values["id"]]), "snippet": snippet(house, values["id"])}


def snippet(house: House, site: str) -> str:
    """Return the tag that a page of the site carries, and the image beside it where the site counts images.

    The beacon sends no parameter that the tag does not name.
    """
    server = house.settings.server
    names = "|".join(sorted(house.sites[site].params))
    params = f' data-params="{names}"' if names else ""
    default = Server.model_fields["event_path"].default
    elsewhere = f' data-api="{server.url}{server.event_path}"' if server.event_path != default else ""
    tag = f'<script defer src="{server.url}{server.beacon_path}" data-site="{site}"{elsewhere}{params}></script>'
    if not house.sites[site].pixel:
        return tag
    # Across origins browsers send the page's whole address only where they are asked to.
    image = f'<img src="{server.url}{server.pixel_path}?d={site}" alt="" referrerpolicy="no-referrer-when-downgrade">'
    return f"{tag}\n<noscript>{image}</noscript>"


async def _snippet(house: House, arguments: Mapping[str, Any], _: Progress) -> dict[str, Any]:
    if arguments["id"] not in house.sites:
        raise RefusedError(f'no site "{arguments["id"]}" is configured: see `logless site list`')
    url = house.settings.server.url
    images = f"; img-src {url}" if house.sites[arguments["id"]].pixel else ""
    return {"snippet": snippet(house, arguments["id"]), "csp": f"script-src {url}; connect-src {url}{images}"}


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
    if not known and not dropped:
        raise RefusedError(f'no site "{site}" is configured, and nothing is kept of one: see `logless site list`')
    return {"id": site, "dropped": dropped, "configured": site in house.sites}


LIST = Act(_list)
ADD = Act(_add)
SNIPPET = Act(_snippet)
DELETE = Act(_delete, needs_store=True)
