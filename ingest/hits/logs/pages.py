"""Which requests are for pages.

Where the log tells the media type of the answer, a page is HTML. Else the last segment of the path decides: a page
has no extension, or one of `PAGES`. Any other extension is a file's, unless the operator declared the page. What begins
with a digit, as in `/release-2.0`, is none.
"""

from __future__ import annotations

from typing import Final

from ingest.hits.paths import read_path
from ingest.site import Site

PAGES: Final = frozenset(
    {"html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "jspx", "cgi", "do", "cfm", "pl", "py", "rb"}
)
_FILES: Final = frozenset({"7z", "3gp", "3g2"})
_LONGEST: Final = 8
_HTML: Final = frozenset({b"text/html", b"application/xhtml+xml"})


def is_page(path: str, content: bytes, site: Site) -> bool:
    """Tell whether a request for this path was for a page."""
    if content:
        return content.partition(b";")[0].strip().lower() in _HTML
    extension = _extension(path)
    return not extension or extension in PAGES or _is_declared(read_path(path), site)


def _extension(path: str) -> str:
    """Return the extension of the last segment in lower case, or nothing."""
    _, dot, text = path.rpartition("/")[2].rpartition(".")
    text = text.lower()
    if not dot or not text.isascii() or not text.isalnum() or len(text) > _LONGEST:
        return ""
    return text if text[0].isalpha() or text in _FILES else ""


def _is_declared(path: str, site: Site) -> bool:
    return path in site.literal_pages or any(pattern.match(path) for _, pattern in site.page_shapes)
