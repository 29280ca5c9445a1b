"""The closed schema of a crash report.

An event is opened as raw slices by key. A `Report` is a new object, built field by field out of the few that are
read; a field that is not named here cannot reach one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import re2

from ingest.app import App
from ingest.counters.cells import WITHHELD, Refusal
from ingest.crashes.circumstances import Level, State, read_circumstances, state_of
from ingest.crashes.consent import has_other_tags
from ingest.crashes.names import LOGGER, NONE, keep_name
from ingest.crashes.release import read_release, waits_for_others
from ingest.crashes.sections import MISSING, Raw, Section, is_given, read_text
from ingest.crashes.stack import Thrown, read_chain
from ingest.crashes.stripped import Stripped

MESSAGE: Final = "Message"
"""The type of an event that has a message and no exception. The message itself is withheld."""

PLATFORMS: Final = frozenset(
    {
        *("as3", "c", "cfml", "cocoa", "csharp", "dart", "elixir", "go", "groovy", "haskell", "java", "javascript"),
        *("native", "node", "objc", "other", "perl", "php", "powershell", "python", "ruby", "rust", "swift"),
    }
)

_CARRIERS: Final = frozenset(
    {"event_id", "timestamp", "start_timestamp", "received", "platform", "sdk", "type", "version", "level", "release"}
    | {"environment", "contexts", "exception", "tags", "logger", "did", "project", "key_id", "_meta"}
)
"""Keys that are read elsewhere, or only carry the protocol."""

_DROPPED: Final[Mapping[str, Stripped]] = {
    "breadcrumbs": Stripped.BREADCRUMBS,
    "culprit": Stripped.CULPRIT,
    "debug_meta": Stripped.DEBUG_META,
    "dist": Stripped.DIST,
    "errors": Stripped.ERRORS,
    "extra": Stripped.EXTRA,
    "fingerprint": Stripped.FINGERPRINT,
    "logentry": Stripped.LOGENTRY,
    "message": Stripped.LOGENTRY,
    "modules": Stripped.MODULES,
    "request": Stripped.REQUEST,
    "server_name": Stripped.SERVER_NAME,
    "stacktrace": Stripped.STACKTRACE,
    "threads": Stripped.THREADS,
    "time_spent": Stripped.TIME_SPENT,
    "transaction": Stripped.TRANSACTION,
    "transaction_info": Stripped.TRANSACTION,
    "user": Stripped.USER,
}
"""Keys of the public schema whose content is not kept: that they were sent is counted."""

_LEVELS: Final[Mapping[str | None, Level]] = {level.value: level for level in Level}
_NO_NUMBER: Final = re2.compile(rb"([:,\[]\s*)-?(?:NaN|Infinity)\b")
_SURROGATE: Final = re2.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known of a crash once it has been read.

    Texts are empty where nothing was sent, except `release`, which then is `(none)`. `release_is_shared` tells that
    the release has the form of a commit, which a digest of a person could have too, so that it waits for k senders.
    """

    platform: str
    level: Level | None
    release: str
    release_is_shared: bool
    environment: str
    system: str
    model: str
    arch: str
    state: State
    logger: str
    chain: tuple[Thrown, ...]
    stripped: frozenset[Stripped]


def open_event(payload: bytes | memoryview) -> Section | Refusal:
    """Return the keys of an event with their values unread, or `BAD_JSON`."""
    try:
        return _EVENT.decode(payload)
    except RecursionError:
        return Refusal.BAD_JSON
    except ValueError:
        pass
    # raven-python writes the floats that JSON has no words for as Python does. Behind a colon, a comma or a bracket
    # such a word is in no text that is kept.
    payload = _NO_NUMBER.sub(rb"\1null", bytes(payload))
    # JavaScript may cut a text in the middle of a pair of surrogates and escape what is left (ECMA-262,
    # well-formed JSON.stringify). Nothing that is kept holds one, so all of them are replaced.
    try:
        return _EVENT.decode(_SURROGATE.sub(rb"\\ufffd", payload))
    except (ValueError, RecursionError):
        return Refusal.BAD_JSON


def read_report(event: Section, app: App) -> Report:
    """Build the report of an event. Never fails: what has the wrong type or form is withheld and counted."""
    stripped = {field for key, field in _DROPPED.items() if is_given(event.get(key, MISSING))}
    if any(key not in _CARRIERS and key not in _DROPPED for key in event):
        stripped.add(Stripped.UNKNOWN)
    if has_other_tags(event):
        stripped.add(Stripped.TAGS)
    level = _level(event.get("level", MISSING), stripped)
    chain = read_chain(event, stripped)
    circumstances = read_circumstances(event.get("contexts", MISSING), stripped)
    release = _release(event.get("release", MISSING), stripped)
    return Report(
        platform=_platform(event.get("platform", MISSING), stripped),
        level=level,
        release=release,
        release_is_shared=waits_for_others(release),
        environment=_environment(event.get("environment", MISSING), app, stripped),
        system=circumstances.system,
        model=circumstances.model,
        arch=circumstances.arch,
        state=state_of(level, chain.unhandled, circumstances.in_foreground),
        logger=_logger(event.get("logger", MISSING), stripped),
        chain=chain.thrown or _message(event),
        stripped=frozenset(stripped),
    )


def is_transaction(event: Section) -> bool:
    """Tell whether this is a performance measurement in the clothes of an event."""
    return read_text(event.get("type", MISSING)) == "transaction"


def _message(event: Section) -> tuple[Thrown, ...]:
    sent = is_given(event.get("logentry", MISSING)) or is_given(event.get("message", MISSING))
    return (Thrown(MESSAGE if sent else NONE, ()),)


def _platform(raw: Raw, stripped: set[Stripped]) -> str:
    text = read_text(raw)
    if text in PLATFORMS:
        return text
    if is_given(raw):
        stripped.add(Stripped.PLATFORM)
    return "other"  # the schema: "defaults to other"


def _level(raw: Raw, stripped: set[Stripped]) -> Level | None:
    if not is_given(raw):
        return None
    text = read_text(raw)
    if text in _LEVELS:
        return _LEVELS[text]
    stripped.add(Stripped.LEVEL)
    return None


def _release(raw: Raw, stripped: set[Stripped]) -> str:
    release = read_release(raw)
    if release == WITHHELD:
        stripped.add(Stripped.RELEASE)
    return release


def _environment(raw: Raw, app: App, stripped: set[Stripped]) -> str:
    text = read_text(raw)
    if text in app.environments:
        return text
    if is_given(raw):
        stripped.add(Stripped.ENVIRONMENT)
    return ""


def _logger(raw: Raw, stripped: set[Stripped]) -> str:
    text = read_text(raw)
    kept = None if text is None else keep_name(text, LOGGER)
    if kept is None and is_given(raw):
        stripped.add(Stripped.LOGGER)
    return kept or ""


_EVENT: Final = msgspec.json.Decoder(dict[str, Raw])
