"""The demonstration's logless.toml: one site, one app, nothing held back, everything in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import tomlkit

from collector.demonstration.history import KEY

SITE: Final = "demo"
APP: Final = 1

PAGES: Final = (
    "/demo/",
    "/demo/features/",
    "/demo/features/search/",
    "/demo/features/sync/",
    "/demo/pricing/",
    "/demo/blog/",
    "/demo/blog/plain-text/",
    "/demo/blog/sync-without-a-server/",
    "/demo/download/",
    "/demo/thanks/",
    "/demo/privacy/",
)


def prepare(folder: Path) -> Path:
    """Return the demonstration's configuration file, writing it when it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder.resolve() / "logless.toml"
    if not path.exists():
        path.write_text(_render(folder.resolve()), encoding="utf-8")
    return path


def _render(folder: Path) -> str:
    document = tomlkit.document()
    document.add(tomlkit.comment("Made by `logless demo`. Delete this folder to begin again."))
    sections: dict[str, Any] = {
        "store": {"url": f"chdb://{folder}/data"},
        "site": [
            {
                "id": SITE,
                "hosts": ["127.0.0.1", "localhost"],
                "profile": "plain",
                "demonstration": True,
                "pages": list(PAGES),
                "exclude": ["/demo/drafts/*"],
                "events": ["signup", "download"],
                "props": ["plan", "system"],
                "goals": [
                    {"name": "Download", "event": "download"},
                    {"name": "Signup", "event": "signup"},
                    {"name": "Read a post", "page": "/demo/blog/*"},
                ],
                "funnels": [
                    {"name": "From the first page to an account", "steps": ["/demo/", "/demo/pricing/", "signup"]}
                ],
            }
        ],
        "app": [{"id": APP, "name": "lantern", "key": KEY, "profile": "plain", "demonstration": True}],
    }
    document.update(sections)
    return tomlkit.dumps(document)
