"""Tags, as far as the app declares them: a name, and the values that it may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ingest.app import App
from ingest.crashes.consent import CONSENT
from ingest.crashes.sections import MISSING, Raw, Section, is_given, read_list, read_section, read_text
from ingest.crashes.stripped import Losses, Stripped

_PAIR: Final = 2
_MOST_TAGS: Final = 1000


def read_tags(event: Section, app: App, losses: Losses) -> tuple[str, ...]:
    """Return declared tags as `name: value`, in the order of names; any other but `consent` is dropped and counted."""
    raw = event.get("tags", MISSING)
    kept: dict[str, str] = {}
    for name, value in _pairs(raw, losses):
        text = read_text(value)
        if name == CONSENT or not is_given(value):
            continue
        if text is not None and text in app.tags.get(name, ()):
            kept[name] = text
        else:
            losses.add(Stripped.TAGS)
    return tuple(f"{name}: {kept[name]}" for name in sorted(kept))


def _pairs(raw: Raw, losses: Losses) -> Iterator[tuple[str, Raw]]:
    """Yield the tags of an object or of a list of pairs."""
    section = read_section(raw)
    if section is not None:
        yield from section.items()
        return
    pairs = read_list(raw)
    if pairs is None or len(pairs) > _MOST_TAGS:
        if is_given(raw):
            losses.add(Stripped.TAGS)
        return
    for pair in pairs:
        sides = read_list(pair) or []
        name = read_text(sides[0]) if len(sides) == _PAIR else None
        if name is None:
            losses.add(Stripped.TAGS)
        else:
            yield name, sides[1]
