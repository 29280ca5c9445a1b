"""Addresses of pages: paths with their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from ingest.app import App
from ingest.site import Site


def site_path(site: Site, *parts: str) -> str:
    """Return the path of a site's page."""
    return "/".join(("/sites", quote(site.id, safe=""), *(quote(part, safe="") for part in parts)))


def app_path(app: App, *parts: str) -> str:
    """Return the path of an app's page."""
    return "/".join(("/apps", str(app.id), *(quote(part, safe="") for part in parts)))


def owner_path(owner: Site | App, *parts: str) -> str:
    """Return the path of a page that sites and apps have."""
    return site_path(owner, *parts) if isinstance(owner, Site) else app_path(owner, *parts)


def link(path: str, *arguments: Mapping[str, str]) -> str:
    """Return a path with the arguments of all mappings, the empty ones left out."""
    joined = {name: value for some in arguments for name, value in some.items() if value}
    return f"{path}?{urlencode(joined)}" if joined else path
