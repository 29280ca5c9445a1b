"""What an event lost on its way in, by name: a closed list of fields, and the detectors that a name set off.

How often each was found is counted, so that developers see what their app sends without anybody seeing it.
The fields that only carry the protocol (event_id, timestamp, sdk, type, version) are not counted.
"""

from __future__ import annotations

from enum import StrEnum

from ingest.boundary.identifiers import Detector


class Stripped(StrEnum):
    """A field whose content went no further than the reader."""

    BREADCRUMBS = "breadcrumbs"
    CONTEXTS = "contexts"
    CONTEXT_APP = "contexts.app"
    CONTEXT_CULTURE = "contexts.culture"
    CONTEXT_DEVICE = "contexts.device"
    CONTEXT_OS = "contexts.os"
    CONTEXT_VPN = "contexts.vpn"
    CULPRIT = "culprit"
    DEBUG_META = "debug_meta"
    DIST = "dist"
    ENVIRONMENT = "environment"
    ERRORS = "errors"
    EXCEPTION = "exception"
    EXCEPTION_TYPE = "exception.type"
    EXCEPTION_VALUE = "exception.value"
    EXTRA = "extra"
    FINGERPRINT = "fingerprint"
    FRAMES = "stacktrace.frames"
    FRAME_ABS_PATH = "frame.abs_path"
    FRAME_CONTEXT = "frame.context_line"
    FRAME_FILENAME = "frame.filename"
    FRAME_FUNCTION = "frame.function"
    FRAME_LINENO = "frame.lineno"
    FRAME_MODULE = "frame.module"
    FRAME_PACKAGE = "frame.package"
    FRAME_VARS = "frame.vars"
    LEVEL = "level"
    LOGENTRY = "logentry"
    LOGGER = "logger"
    MECHANISM = "exception.mechanism"
    MODULES = "modules"
    PLATFORM = "platform"
    REGISTERS = "stacktrace.registers"
    RELEASE = "release"
    REQUEST = "request"
    SERVER_NAME = "server_name"
    STACKTRACE = "stacktrace"
    TAGS = "tags"
    THREADS = "threads"
    TIME_SPENT = "time_spent"
    TRANSACTION = "transaction"
    USER = "user"
    UNKNOWN = "unknown"  # a key of the event that the public schema does not name


Tripped = tuple[Stripped, Detector]
"""A field whose name of code looked like an identifier, and the detector that said so."""


class Losses(set[Stripped]):
    """The fields that an event lost, and which of them the tripwire withheld."""

    def __init__(self) -> None:
        super().__init__()
        self.tripped: set[Tripped] = set()

    def trip(self, field: Stripped, detector: Detector) -> None:
        """Note that a field is withheld because a detector went off."""
        self.add(field)
        self.tripped.add((field, detector))
