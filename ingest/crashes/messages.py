"""What an event says in words: its message as a template, and the fingerprint that its developers gave it.

Neither is ever kept as sent: see `templates` for the form, `phrases` and `watch` for when it may be told.
"""

from __future__ import annotations

from typing import Final

from ingest.boundary.identifiers import find_identifier
from ingest.crashes.sections import MISSING, Raw, Section, is_given, read_list, read_section, read_text
from ingest.crashes.stripped import Losses, Stripped
from ingest.crashes.templates import template_of

DEFAULT: Final = "{{ default }}"
"""The part of a fingerprint that stands for the group that the event would have without one."""
_DEFAULTS: Final = frozenset({DEFAULT, "{{default}}"})
_MOST_PARTS: Final = 8


def read_message(raw: Raw, field: Stripped, losses: Losses) -> str:
    """Return the template of a message, empty if there is none or the tripwire finds somebody in what is left of it.

    What was cut out counts as a loss; a text that is its own template loses nothing.
    """
    if not is_given(raw):
        return ""
    text = read_text(raw)
    if text is None:
        losses.add(field)
        return ""
    template = template_of(text)
    if template != text:
        losses.add(field)
    return _kept(template, field, losses)


def read_logentry(event: Section, losses: Losses) -> str:
    """Return the template of an event without an exception: of the format if there are parameters, else of the text."""
    raw = event.get("logentry", MISSING)
    section = read_section(raw)
    if section is None:
        # Older SDKs send the text itself, under either name.
        return read_message(raw if is_given(raw) else event.get("message", MISSING), Stripped.LOGENTRY, losses)
    if is_given(section.get("params", MISSING)):
        losses.add(Stripped.LOGENTRY)
    message = section.get("message", MISSING)
    return read_message(message if is_given(message) else section.get("formatted", MISSING), Stripped.LOGENTRY, losses)


def read_fingerprint(raw: Raw, losses: Losses) -> tuple[str, ...]:
    """Return the parts of a fingerprint as templates, none if it says nothing but the default."""
    parts = read_list(raw)
    if parts is None or len(parts) > _MOST_PARTS:
        if is_given(raw):
            losses.add(Stripped.FINGERPRINT)
        return ()
    texts = [DEFAULT if (text := read_text(part) or "") in _DEFAULTS else text for part in parts]
    if all(text == DEFAULT for text in texts):
        return ()
    templates = [text if text == DEFAULT else template_of(text) for text in texts]
    if templates != texts:
        losses.add(Stripped.FINGERPRINT)
    kept = tuple(_kept(template, Stripped.FINGERPRINT, losses) for template in templates)
    return kept if all(kept) else ()


def _kept(template: str, field: Stripped, losses: Losses) -> str:
    detector = find_identifier(template)
    if detector is None:
        return template
    losses.trip(field, detector)
    return ""
