"""The beacon: the script that pages carry, which sends what people do on them.

`logless.src.js` is the source; `npm run build` makes of it what is served. The built files are committed, so that
serving them needs no Node; a test builds them again and compares every byte. `logless.mjs` and `logless.d.ts` are
for programs that are bundled, and are not served.
"""

from __future__ import annotations

from importlib.resources import files


def script() -> bytes:
    """Read the beacon, whole.

    Returns the bytes of one classic script in UTF-8, under 1,250 bytes when gzipped. Call it once, at start.
    """
    return (files(__name__) / "logless.js").read_bytes()


def script_core() -> bytes:
    """Read the beacon without what it counts of clicks, forms and missing pages.

    Returns the bytes of one classic script in UTF-8, under 1,000 bytes when gzipped. Call it once, at start.
    """
    return (files(__name__) / "logless.core.js").read_bytes()
