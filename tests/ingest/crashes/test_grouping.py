from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crashes.door import EXPLICIT, crash
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.failures import Failure, failure_of
from ingest.crashes.frames import Frame
from ingest.crashes.grouping import ALGORITHM, exemplar_of, group_of
from ingest.crashes.stack import Thrown


def report(**fields: Any) -> Report:
    section = open_event(json.dumps(crash(**fields)).encode())
    assert isinstance(section, dict)
    return read_report(section, EXPLICIT)


def thrown(kind: str, *frames: Frame) -> Report:
    return replace(report(), chain=(Thrown(kind, frames),))


OWN = Frame("connect", "vpn.tunnel", "tunnel.py", 7, in_app=True)
LIBRARY = Frame("read", "socket", "socket.py", 99, in_app=False)


def test_the_id_is_pinned() -> None:
    """A change of this id is a change of the algorithm: it needs another ALGORITHM, or every group splits in two."""
    group = group_of(thrown("TunnelError", OWN, LIBRARY))
    assert (group.id, group.algorithm) == ("d9ded77cf47a8696", ALGORITHM)
    assert ALGORITHM == 2
    assert group.former == "be10ff9678199e58"


def test_a_group_is_titled_by_type_and_function() -> None:
    group = group_of(thrown("TunnelError", OWN, LIBRARY))
    assert (group.type, group.function, group.title) == ("TunnelError", "connect", "TunnelError in connect")


@pytest.mark.parametrize(
    "same",
    [
        thrown("TunnelError", replace(OWN, line=8), LIBRARY),
        thrown("TunnelError", OWN, replace(LIBRARY, function="write")),
        thrown("TunnelError", OWN),
        replace(thrown("TunnelError", OWN), release="3.0", system="Linux", model="x", platform="other"),
        replace(thrown("TunnelError", replace(OWN, file="other.py")), logger="x"),
    ],
)
def test_one_crash_is_one_group(same: Report) -> None:
    assert group_of(same).id == group_of(thrown("TunnelError", OWN, LIBRARY)).id


@pytest.mark.parametrize(
    "other",
    [
        thrown("OtherError", OWN, LIBRARY),
        thrown("TunnelError", replace(OWN, function="close"), LIBRARY),
        thrown("TunnelError", replace(OWN, module="vpn.other"), LIBRARY),
        thrown("TunnelError", OWN, replace(OWN, function="retry")),
        thrown("TunnelError", LIBRARY),
        thrown("TunnelError"),
        replace(report(), chain=(Thrown("Cause", ()), Thrown("TunnelError", (OWN, LIBRARY)))),
    ],
)
def test_another_crash_is_another_group(other: Report) -> None:
    assert group_of(other).id != group_of(thrown("TunnelError", OWN, LIBRARY)).id


def test_without_frames_of_the_app_all_frames_count() -> None:
    one, two = thrown("E", LIBRARY), thrown("E", replace(LIBRARY, function="write"))
    assert group_of(one).id != group_of(two).id
    assert group_of(one).title == "E in read"


def test_without_frames_the_type_counts() -> None:
    assert group_of(thrown("E")).title == "E"
    assert group_of(thrown("E")).id != group_of(thrown("F")).id


def test_without_a_module_the_file_counts() -> None:
    frame = Frame("f", "", "a.js", 1, in_app=True)
    assert group_of(thrown("E", frame)).id != group_of(thrown("E", replace(frame, file="b.js"))).id


def test_parts_cannot_run_into_each_other() -> None:
    one = thrown("E", Frame("bc", "a", "", 0, in_app=True))
    two = thrown("E", Frame("c", "ab", "", 0, in_app=True))
    assert group_of(one).id != group_of(two).id


def test_messages_are_grouped_by_logger_and_platform() -> None:
    base = report(exception=None, message="user bob is gone", logger="vpn.login")
    again = report(exception=None, logentry={"message": "user alice is gone"}, logger="vpn.login")
    assert group_of(base).id == group_of(again).id
    assert group_of(base).title == "Message in vpn.login"
    assert group_of(base).id != group_of(replace(base, logger="vpn.other")).id
    assert group_of(base).id != group_of(replace(base, platform="node")).id


def test_the_exemplar_has_exactly_the_closed_schema() -> None:
    made = replace(report(), chain=(Thrown("Cause", ()), Thrown("TunnelError", (LIBRARY, OWN))))
    exemplar = exemplar_of(made, group_of(made))
    assert (exemplar.algorithm, exemplar.type, exemplar.function) == (2, "TunnelError", "connect")
    assert json.loads(exemplar.stack) == {
        "platform": "python",
        "exceptions": [
            {"type": "Cause", "frames": []},
            {
                "type": "TunnelError",
                "frames": [
                    {"function": "read", "module": "socket", "file": "socket.py", "line": 99, "in_app": False},
                    {"function": "connect", "module": "vpn.tunnel", "file": "tunnel.py", "line": 7, "in_app": True},
                ],
            },
        ],
    }


def failing(kind: str, *frames: Frame, mechanism: str = "") -> str:
    made = thrown(kind, *frames)
    return group_of(replace(made, failure=failure_of(kind, mechanism))).id


@pytest.mark.parametrize(
    ("kind", "mechanism", "failure"),
    [
        ("java.lang.OutOfMemoryError", "", Failure.OUT_OF_MEMORY),
        ("MemoryError", "", Failure.OUT_OF_MEMORY),
        ("std::bad_alloc", "", Failure.OUT_OF_MEMORY),
        ("ApplicationNotResponding", "", Failure.ANR),
        ("Whatever", "ANR", Failure.ANR),
        ("App Hanging", "AppHang", Failure.HANG),
        ("Watchdog Termination", "watchdog_termination", Failure.WATCHDOG),
        ("ValueError", "generic", None),
    ],
)
def test_ends_that_are_no_exception(kind: str, mechanism: str, failure: Failure | None) -> None:
    assert failure_of(kind, mechanism) is failure
    mechanisms = [{"type": mechanism, "handled": False}] if mechanism else [None]
    made = report(exception=[{"type": kind, "mechanism": mechanisms[0]}])
    assert made.failure is failure


def test_who_asked_for_the_last_memory_does_not_matter() -> None:
    assert failing("MemoryError", OWN) == failing("java.lang.OutOfMemoryError", LIBRARY)
    assert failing("Watchdog Termination", OWN) == failing("Watchdog Termination")
    assert failing("MemoryError") != failing("Watchdog Termination")


def test_a_hang_is_known_by_the_place_where_it_was_found() -> None:
    deeper = replace(OWN, function="read")
    assert failing("App Hanging", OWN, deeper) == failing("App Hanging", deeper)
    assert failing("App Hanging", OWN) != failing("App Hanging", deeper)


PLUMBING = [
    Frame("run_forever", "asyncio.base_events", "base_events.py", 1, in_app=True),
    Frame("process.processTicksAndRejections", "", "task_queues", 95, in_app=True),
    Frame("resumeWith", "kotlin.coroutines.jvm.internal.BaseContinuationImpl", "ContinuationImpl.kt", 1, in_app=True),
    Frame("_dispatch_call_block_and_release", "", "libdispatch.dylib", 0, in_app=True),
    Frame("__libc_start_main", "", "libc.so.6", 0, in_app=True),
    Frame("tokio::runtime::task::harness::poll", "", "harness.rs", 1, in_app=True),
]


@pytest.mark.parametrize("frame", PLUMBING, ids=lambda frame: frame.function)
def test_frames_that_only_pass_a_call_on_are_no_part_of_it(frame: Frame) -> None:
    assert group_of(thrown("E", frame, OWN)).id == group_of(thrown("E", OWN)).id
    native = replace(frame, in_app=False)
    assert group_of(thrown("E", native, LIBRARY)).id == group_of(thrown("E", LIBRARY)).id
    # Where there is nothing else, they are all that can be told.
    assert group_of(thrown("E", frame)).id != group_of(thrown("E")).id


def test_how_a_function_was_called_does_not_matter() -> None:
    assert group_of(thrown("E", replace(OWN, function="async connect"))).id == group_of(thrown("E", OWN)).id


def test_a_recursion_through_a_library_is_one_round() -> None:
    once, thrice = thrown("E", OWN, LIBRARY), thrown("E", OWN, LIBRARY, LIBRARY, OWN, LIBRARY, OWN)
    assert group_of(once).id == group_of(thrice).id


def test_the_former_id_is_that_of_the_algorithm_before() -> None:
    """Pinned too: by it, states and notes of a group follow when the algorithm changes."""
    assert group_of(thrown("TunnelError", OWN, LIBRARY)).former == "be10ff9678199e58"
