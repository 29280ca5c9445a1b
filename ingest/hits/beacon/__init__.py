"""The beacon: the script that pages carry, which sends their views and events.

`logless.src.js` is the source, `logless.js` what `npm run build` makes of it and what is served. Both are
committed, so that serving it needs no Node; a test builds it again and compares every byte.
"""

from __future__ import annotations

from importlib.resources import files


def script() -> bytes:
    """Read the built beacon.

    Returns the bytes of one classic script in UTF-8, under 1,000 bytes when gzipped. Call it once, at start.
    """
    return (files(__name__) / "logless.js").read_bytes()
