"""Whether the person agreed, as the event's tag `consent` says."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ingest.app import App, Consent
from ingest.crashes.sections import MISSING, Raw, Section, read_list, read_section, read_text

CONSENT: Final = "consent"
_PAIR: Final = 2
_MOST_TAGS: Final = 1000


class Word(StrEnum):
    """What a report says about consent."""

    GIVEN = "given"
    DENIED = "denied"
    UNCLEAR = "unclear"  # the tag has another value than these
    SILENT = "silent"  # there is no tag


def word_of(event: Section) -> Word:
    """Read the tag `consent` of an event. Where a list of tags holds it twice, the least willing counts."""
    tags = event.get("tags", MISSING)
    if len(read_list(tags) or ()) > _MOST_TAGS:
        return Word.UNCLEAR  # nobody has so many, and what the last of them says is not looked for
    said = [_word(raw) for raw in _values(tags)]
    for word in (Word.DENIED, Word.UNCLEAR, Word.GIVEN):
        if word in said:
            return word
    return Word.SILENT


def suffices(word: Word, app: App) -> bool:
    """Tell whether a report may be taken: given, or nothing said to an app that sends until it is switched off."""
    return word is Word.GIVEN or (word is Word.SILENT and app.consent is Consent.OPT_OUT)


def _values(tags: Raw) -> list[Raw]:
    """Return the values of the tag `consent` in an object of tags or a list of pairs."""
    section = read_section(tags)
    if section is not None:
        return [section[CONSENT]] if CONSENT in section else []
    found = []
    for pair in (read_list(tags) or [])[:_MOST_TAGS]:
        sides = read_list(pair) or []
        if len(sides) == _PAIR and read_text(sides[0]) == CONSENT:
            found.append(sides[1])
    return found


def _word(raw: Raw) -> Word:
    text = (read_text(raw) or "").strip().lower()
    return Word(text) if text in {Word.GIVEN, Word.DENIED} else Word.UNCLEAR
