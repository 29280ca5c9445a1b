"""The beacon: the script that pages carry, which sends what people do on them.

`logless.src.js` is the source; `npm run build` makes of it what is served. The built files are committed, so that
serving them needs no Node; a test builds them again and compares every byte. `logless.mjs` and `logless.d.ts` are
for programs that are bundled, and for pages that import it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_EVENT_PATH: Final = "/api/event"
_SCRIPT: Final = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class BeaconFile:
    """A file of the beacon as it is served. `types` is the path of its types, if it has any."""

    content: bytes
    media_type: str
    types: str = ""


def script() -> bytes:
    """Read the beacon, whole.

    Returns the bytes of one classic script in UTF-8, under 1,250 bytes when gzipped. Call it once, at start.
    """
    return _read("logless.js")


def script_core() -> bytes:
    """Read the beacon without what it counts of clicks, forms and missing pages.

    Returns the bytes of one classic script in UTF-8, under 1,000 bytes when gzipped. Call it once, at start.
    """
    return _read("logless.core.js")


def beacon_files(beacon_path: str, event_path: str) -> dict[str, BeaconFile]:
    """Return every file of the beacon by the path at which it is served, all beside the script and called after it.

    Submissions go to `event_path` of the host that a script came from, without a word in the tag. Call it once.
    """
    stem = beacon_path.removesuffix(".js")
    types = f"{stem}.d.ts"
    return {
        beacon_path: BeaconFile(_sending_to(event_path, script()), _SCRIPT),
        f"{stem}.core.js": BeaconFile(_sending_to(event_path, script_core()), _SCRIPT),
        f"{stem}.mjs": BeaconFile(_sending_to(event_path, _read("logless.mjs")), _SCRIPT, types),
        types: BeaconFile(_read("logless.d.ts"), "application/typescript; charset=utf-8"),
    }


def _sending_to(event_path: str, built: bytes) -> bytes:
    """Put another path in the place of the one that a built file names."""
    return built.replace(json.dumps(_EVENT_PATH).encode(), json.dumps(event_path).encode())


def _read(name: str) -> bytes:
    return (files(__name__) / name).read_bytes()
