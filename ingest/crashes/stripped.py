"""The fields of the public event schema that are dropped or withheld, by name: a closed list.

How often each was found is counted, so that developers see what their app sends without anybody seeing it.
The fields that only carry the protocol (event_id, timestamp, platform, sdk, type, version) are not counted.
"""

from __future__ import annotations

from enum import StrEnum


class Stripped(StrEnum):
    """A field whose content went no further than the reader."""

    BREADCRUMBS = "breadcrumbs"
    CONTEXTS = "contexts"
    CONTEXT_APP = "contexts.app"
    CONTEXT_DEVICE = "contexts.device"
    CONTEXT_OS = "contexts.os"
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
