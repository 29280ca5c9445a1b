"""The release of a report or a session: a name of code, which the program bears."""

from __future__ import annotations

from typing import Final

import re2

from ingest.boundary.identifiers import Kind, find_identifier
from ingest.counters.cells import WITHHELD
from ingest.crashes.names import NONE, RELEASE
from ingest.crashes.sections import Raw, is_given, read_text

_COMMIT: Final = re2.compile(r"[0-9a-fA-F]{16}")


def read_release(raw: Raw) -> str:
    """Return a release as it is kept: `(none)` if none was sent, `(withheld)` if it has not the form of one."""
    if not is_given(raw):
        return NONE
    text = (read_text(raw) or "").strip()
    return text if RELEASE.fits(text) and find_identifier(text, Kind.RELEASE) is None else WITHHELD


def waits_for_others(release: str) -> bool:
    """Tell whether a release has the form of a commit, which a digest of a person could have too: it waits for k."""
    return _COMMIT.search(release) is not None
