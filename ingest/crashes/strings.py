"""The texts that developers uploaded for a release: a message that is one of them is theirs, and shown at once."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import re2

from ingest.crashes.phrases import Phrases, phrase_of, read_lines

_STRING: Final = re2.compile(r"(?s)<(?:string|item)\b[^>]*>(.*?)</(?:string|item)>")

Load = Callable[[int, str], Iterable[str]]


class ReleaseStrings:
    """Uploaded texts by app and release, read when a release's first report asks for them."""

    def __init__(self, load: Load, known: Iterable[tuple[int, str]] = ()) -> None:
        """Take what reads the phrases of an app's release, and which releases have any."""
        self._load = load
        self._known = set(known)
        self._read: dict[tuple[int, str], Phrases] = {}

    def find(self, app: int, release: str, template: str) -> str | None:
        """Return the uploaded text that a template is, or None."""
        key = (app, release)
        if key not in self._known:
            return None
        phrases = self._read.get(key)
        if phrases is None:
            phrases = self._read[key] = Phrases(self._load(app, release))
        return phrases.find(template)

    def renew(self, app: int, release: str) -> None:
        """Read a release anew: texts were uploaded for it."""
        self._known.add((app, release))
        self._read.pop((app, release), None)


def no_strings() -> ReleaseStrings:
    """Return the strings of an installation to which nobody has uploaded any."""
    return ReleaseStrings(lambda _app, _release: ())


class UnreadableStringsError(Exception):
    """A file of texts cannot be read; the message says why."""


def phrases_of(content: bytes) -> set[str]:
    """Return the phrases of a file: one text a line, a JSON list of texts, or Android's strings.xml.

    What formats put in becomes a gap. Raises UnreadableStringsError.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise UnreadableStringsError("it is not text in UTF-8") from None
    return {phrase for line in _texts(text) if (phrase := phrase_of(line))}


def _texts(text: str) -> Iterable[str]:
    if text.lstrip().startswith("<"):
        # Android's resources are the developer's own file, and only what stands in <string> and <item> is wanted.
        return [
            html.unescape(match.group(1)).replace("\\'", "'").replace('\\"', '"').replace("\\n", "\n")
            for match in _STRING.finditer(text)
        ]
    if text.lstrip().startswith("["):
        try:
            return msgspec.json.decode(text, type=list[str])
        except (ValueError, RecursionError):
            raise UnreadableStringsError("it begins as a JSON list, and is no list of texts") from None
    return read_lines(text)
