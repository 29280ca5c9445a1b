"""Files that pages need."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from dashboards.assets import Asset
from dashboards.desk import Ask


async def static_file(ask: Ask) -> Response:
    """Send a file under the name that changes with its content: it may be kept for ever."""
    asset = ask.desk.assets.get(ask.request.url.path)
    if asset is None:
        raise HTTPException(404)
    return _send(asset, "public, max-age=31536000, immutable")


async def favicon(ask: Ask) -> Response:
    """Send the icon to programs that look for it where it always was."""
    asset = ask.desk.assets.get(ask.desk.assets.path_of("icon.svg"))
    assert asset is not None
    return _send(asset, "public, max-age=86400")


def _send(asset: Asset, keep: str) -> Response:
    return Response(asset.content, headers={"Cache-Control": keep}, media_type=asset.type)
