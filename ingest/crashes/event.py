"""The closed schema of a crash report.

An event is opened as raw slices by key. A `Report` is a new object, built field by field out of the few that are
read; a field that is not named here cannot reach one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from ingest.app import App
from ingest.boundary.identifiers import Kind, find_identifier
from ingest.counters.cells import WITHHELD, Refusal
from ingest.crashes.circumstances import Level, State, read_circumstances, state_of
from ingest.crashes.failures import Failure
from ingest.crashes.fields import EVENT
from ingest.crashes.messages import read_fingerprint, read_logentry
from ingest.crashes.names import LOGGER, NONE, RELEASE, keep_name
from ingest.crashes.release import read_release, waits_for_others
from ingest.crashes.sections import MISSING, Raw, Section, is_given, read_text
from ingest.crashes.stack import Thrown, read_chain
from ingest.crashes.stripped import Losses, Stripped, Tripped
from ingest.crashes.tags import read_tags

MESSAGE: Final = "Message"
"""The type of an event that has a message and no exception."""

PLATFORMS: Final = frozenset(
    {
        *("as3", "c", "cfml", "cocoa", "csharp", "dart", "elixir", "go", "groovy", "haskell", "java", "javascript"),
        *("native", "node", "objc", "other", "perl", "php", "powershell", "python", "ruby", "rust", "swift"),
    }
)

_LEVELS: Final[Mapping[str | None, Level]] = {level.value: level for level in Level}


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known of a crash once it has been read.

    Texts are empty where nothing was sent, except `release`, which then is `(none)`. `release_is_shared` tells that
    the release has the form of a commit, which a digest of a person could have too, so that it waits for k senders.
    `message`, `fingerprint`, `model` and `language` may not be told before they are known or shared. Buckets have the
    names that `schema` gives them.
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
    message: str = ""
    fingerprint: tuple[str, ...] = ()
    failure: Failure | None = None
    tags: tuple[str, ...] = ()
    language: str = ""
    memory: str = ""
    storage: str = ""
    uptime: str = ""
    low_memory: bool | None = None
    vpn: str = ""
    tripped: frozenset[Tripped] = frozenset()

    @property
    def is_message(self) -> bool:
        """Whether nothing was thrown and no stack was sent: somebody only had something to say."""
        return len(self.chain) == 1 and self.chain[0] == Thrown(MESSAGE, ())


def open_event(payload: bytes | memoryview) -> Section | Refusal:
    """Return the keys of an event with their values unread, or `BAD_JSON`."""
    try:
        return _EVENT.decode(payload)
    except RecursionError:
        return Refusal.BAD_JSON
    except ValueError:
        pass
    try:
        return _EVENT.decode(_mended(bytes(payload)))
    except (ValueError, RecursionError):
        return Refusal.BAD_JSON


def _mended(payload: bytes) -> bytes:
    """Return an event with what some SDKs write beside JSON put right, by plain replacements, which nothing stalls."""
    # raven-python writes the floats that JSON has no words for as Python does. Where such a word follows a colon, a
    # comma or a bracket within a text, the text is none that is kept as it was sent.
    for word in (b"NaN", b"-Infinity", b"Infinity"):
        if word in payload:
            for before in (b":", b": ", b",", b", ", b"["):
                payload = payload.replace(before + word, before + b"null")
    # JavaScript may cut a text in the middle of a pair of surrogates and escape what is left (ECMA-262, well-formed
    # JSON.stringify). Nothing that is kept holds one, so all of them become a character of private use.
    for first in (b"\\ud", b"\\uD"):
        if first in payload:
            for second in b"89abcdefABCDEF":
                payload = payload.replace(first + bytes([second]), b"\\ue0")
    return payload


def read_report(event: Section, app: App) -> Report:
    """Build the report of an event. Never fails: what has the wrong type or form is withheld and counted."""
    losses = Losses()
    losses.update(field for key, field in EVENT.counted.items() if is_given(event.get(key, MISSING)))
    if any(key not in EVENT.rule_of for key in event):
        losses.add(Stripped.UNKNOWN)
    level = _level(event.get("level", MISSING), losses)
    chain = read_chain(event, losses)
    circumstances = read_circumstances(event.get("contexts", MISSING), losses, event.get("timestamp", MISSING))
    release = _release(event.get("release", MISSING), losses)
    said = read_logentry(event, losses)
    return Report(
        platform=_platform(event.get("platform", MISSING), losses),
        level=level,
        release=release,
        release_is_shared=waits_for_others(release),
        environment=_environment(event.get("environment", MISSING), app, losses),
        system=circumstances.system,
        model=circumstances.model,
        arch=circumstances.arch,
        state=state_of(level, chain.unhandled, circumstances.in_foreground),
        logger=_logger(event.get("logger", MISSING), losses),
        chain=chain.thrown or _message(event),
        message=chain.message if chain.thrown else said,
        fingerprint=read_fingerprint(event.get("fingerprint", MISSING), losses),
        failure=chain.failure,
        tags=read_tags(event, app, losses),
        language=circumstances.language,
        memory=circumstances.memory,
        storage=circumstances.storage,
        uptime=circumstances.uptime,
        low_memory=circumstances.low_memory,
        vpn=circumstances.vpn,
        stripped=frozenset(losses),
        tripped=frozenset(losses.tripped),
    )


def is_transaction(event: Section) -> bool:
    """Tell whether this is a performance measurement in the clothes of an event."""
    return read_text(event.get("type", MISSING)) == "transaction"


def _message(event: Section) -> tuple[Thrown, ...]:
    sent = is_given(event.get("logentry", MISSING)) or is_given(event.get("message", MISSING))
    return (Thrown(MESSAGE if sent else NONE, ()),)


def _platform(raw: Raw, losses: Losses) -> str:
    text = read_text(raw)
    if text in PLATFORMS:
        return text
    if is_given(raw):
        losses.add(Stripped.PLATFORM)
    return "other"  # the schema: "defaults to other"


def _level(raw: Raw, losses: Losses) -> Level | None:
    if not is_given(raw):
        return None
    text = read_text(raw)
    if text in _LEVELS:
        return _LEVELS[text]
    losses.add(Stripped.LEVEL)
    return None


def _release(raw: Raw, losses: Losses) -> str:
    release = read_release(raw)
    text = (read_text(raw) or "").strip() if release == WITHHELD else WITHHELD
    if text != WITHHELD:  # which the filter on the device writes, and has counted
        detector = find_identifier(text, Kind.RELEASE) if RELEASE.fits(text) else None
        if detector is None:
            losses.add(Stripped.RELEASE)
        else:
            losses.trip(Stripped.RELEASE, detector)
    return release


def _environment(raw: Raw, app: App, losses: Losses) -> str:
    text = read_text(raw)
    if text in app.environments:
        return text
    if is_given(raw):
        losses.add(Stripped.ENVIRONMENT)
    return ""


def _logger(raw: Raw, losses: Losses) -> str:
    if not is_given(raw):
        return ""
    text = read_text(raw)
    if text is None:
        losses.add(Stripped.LOGGER)
        return ""
    return keep_name(text, LOGGER, Stripped.LOGGER, losses) or ""


_EVENT: Final = msgspec.json.Decoder(dict[str, Raw])
