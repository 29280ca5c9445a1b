"""What would be kept of an event, for the developers who send it. Nothing is counted, and nothing is stored.

It never tells whether k is reached: what others have sent is not for whoever can guess it.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.app import App
from ingest.crashes.consent import word_of
from ingest.crashes.event import Report, read_report
from ingest.crashes.frames import Frame
from ingest.crashes.grouping import group_of
from ingest.crashes.sections import Section
from ingest.crashes.tally import Tally

AT_ONCE: Final = "at once"


def preview_of(event: Section, app: App, tally: Tally) -> dict[str, Any]:
    """Return, as JSON data, what is kept at once, what waits for k senders, and what is left out."""
    report = read_report(event, app)
    known = tally.known(app, report)
    group = group_of(report, tally.words(app, report))
    waits = f"once {app.k} people have sent it within a week"
    return {
        "consent": word_of(event).value,
        "group": {"title": group.title, "type": group.type, "function": group.function, "algorithm": group.algorithm},
        "kept": _given(
            {
                "platform": report.platform,
                "release": "" if report.release_is_shared else report.release,
                "state": report.state.value,
                "environment": report.environment,
                "arch": report.arch,
                "vpn": report.vpn,
                "low_memory": report.low_memory,
                "tags": list(report.tags),
                "logger": report.logger if report.is_message else "",
            }
        ),
        "exceptions": [
            {"type": thrown.type, "frames": [_frame(frame) for frame in thrown.frames]} for thrown in report.chain
        ],
        "message": {"shown": AT_ONCE, "as": known} if known else _waiting(report.message, waits),
        "waits": {"until": f"{app.k} people share it", "for": _given(_waits(report))},
        "stripped": sorted(field.value for field in report.stripped),
        "withheld": [{"field": field.value, "detector": detector.value} for field, detector in sorted(report.tripped)],
    }


def _waiting(template: str, waits: str) -> dict[str, str] | None:
    return {"shown": waits, "as": template} if template else None


def _waits(report: Report) -> dict[str, Any]:
    return {
        "release": report.release if report.release_is_shared else "",
        "system_version": report.system,
        "model": report.model,
        "language": report.language,
        "memory": report.memory,
        "storage": report.storage,
        "uptime": report.uptime,
        "fingerprint": list(report.fingerprint),
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return _given({"function": frame.function, "module": frame.module, "file": frame.file, "line": frame.line})


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, [], 0) or value is False}
