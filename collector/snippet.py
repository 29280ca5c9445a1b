"""The tag that a page carries."""

from __future__ import annotations

from collector.sections import Server, SiteSection
from ingest.site import Site


def snippet(server: Server, site: Site | SiteSection) -> str:
    """Return the tag that a page of the site carries, and the image beside it where the site counts images.

    The beacon sends no parameter that the tag does not name.
    """
    names = "|".join(sorted(site.params))
    params = f' data-params="{names}"' if names else ""
    default = Server.model_fields["event_path"].default
    elsewhere = f' data-api="{server.url}{server.event_path}"' if server.event_path != default else ""
    tag = f'<script defer src="{server.url}{server.beacon_path}" data-site="{site.id}"{elsewhere}{params}></script>'
    if not site.pixel:
        return tag
    # Across origins browsers send the page's whole address only where they are asked to.
    image = (
        f'<img src="{server.url}{server.pixel_path}?d={site.id}" alt="" referrerpolicy="no-referrer-when-downgrade">'
    )
    return f"{tag}\n<noscript>{image}</noscript>"
