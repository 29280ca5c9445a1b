"""What a minidump tells without symbols: why it was written, on which system, and where: a binary and a distance.

Three of its streams are looked at: the system, the exception with the one register that says where it was, the list
of modules. Memory, all other registers, environment, command line, threads and their names, handles and annotations
are never read, and the dump is in memory only. The format is that of
https://learn.microsoft.com/en-us/windows/win32/api/minidumpapiset/, for other systems that of Breakpad's
`minidump_format.h`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_HEADER: Final = struct.Struct("<4sIII")  # signature, version, number of streams, place of the directory
_ENTRY: Final = struct.Struct("<III")  # type, size, place
_SYSTEM: Final = struct.Struct("<HHHBBIIII")  # architecture, …, major, minor, build, platform
_EXCEPTION: Final = struct.Struct("<IIIIQQ")  # thread, -, code, flags, -, address
_MODULE: Final = struct.Struct("<QIIII")  # base, size, checksum, time, place of the name
_MODULE_SIZE: Final = 108
_MODULES, _EXCEPTIONS, _SYSTEMS = 4, 6, 7
_MOST_STREAMS: Final = 256
_MOST_MODULES: Final = 2048
_LONGEST_NAME: Final = 1024  # bytes of UTF-16

_ARCHITECTURES: Final[Mapping[int, str]] = {0: "x86", 5: "arm", 9: "x86_64", 12: "arm64", 0x8003: "arm64"}
_PLATFORMS: Final[Mapping[int, str]] = {
    1: "Windows",
    2: "Windows",
    0x8101: "macOS",
    0x8102: "iOS",
    0x8201: "Linux",
    0x8203: "Android",
    0x8206: "Fuchsia",
}
_APPLE: Final = frozenset({"macOS", "iOS"})
_SIGNALS: Final[Mapping[int, str]] = {
    3: "SIGQUIT",
    4: "SIGILL",
    5: "SIGTRAP",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    11: "SIGSEGV",
    31: "SIGSYS",
    0xFFFFFFFF: "DUMP_REQUESTED",  # Breakpad's and Crashpad's own: nothing went wrong but somebody asked
}
_MACH: Final[Mapping[int, str]] = {
    1: "EXC_BAD_ACCESS",
    2: "EXC_BAD_INSTRUCTION",
    3: "EXC_ARITHMETIC",
    4: "EXC_EMULATION",
    5: "EXC_SOFTWARE",
    6: "EXC_BREAKPOINT",
    10: "EXC_CRASH",
    11: "EXC_RESOURCE",
    12: "EXC_GUARD",
}
_WINDOWS: Final[Mapping[int, str]] = {
    0x80000003: "EXCEPTION_BREAKPOINT",
    0x80000004: "EXCEPTION_SINGLE_STEP",
    0xC0000005: "EXCEPTION_ACCESS_VIOLATION",
    0xC0000006: "EXCEPTION_IN_PAGE_ERROR",
    0xC0000008: "EXCEPTION_INVALID_HANDLE",
    0xC0000017: "STATUS_NO_MEMORY",
    0xC000001D: "EXCEPTION_ILLEGAL_INSTRUCTION",
    0xC0000025: "EXCEPTION_NONCONTINUABLE_EXCEPTION",
    0xC000008C: "EXCEPTION_ARRAY_BOUNDS_EXCEEDED",
    0xC0000094: "EXCEPTION_INT_DIVIDE_BY_ZERO",
    0xC0000095: "EXCEPTION_INT_OVERFLOW",
    0xC0000096: "EXCEPTION_PRIV_INSTRUCTION",
    0xC00000FD: "EXCEPTION_STACK_OVERFLOW",
    0xC0000374: "STATUS_HEAP_CORRUPTION",
    0xC0000409: "STATUS_STACK_BUFFER_OVERRUN",
    0xE06D7363: "CPP_EXCEPTION",
    0xE0000008: "OUT_OF_MEMORY",  # Chromium's
}
_POINTERS: Final[Mapping[str, struct.Struct]] = {
    "x86": struct.Struct("<184xI"),
    "x86_64": struct.Struct("<248xQ"),
    "arm": struct.Struct("<64xI"),
    "arm64": struct.Struct("<264xQ"),
}
"""Where the instruction pointer stands in a thread's context."""

_CONTEXT_OF_EXCEPTION: Final = 160
UNKNOWN: Final = "UNKNOWN_EXCEPTION"
"""The type of a crash whose code is on none of the lists: the code itself may be anything a program threw."""


@dataclass(frozen=True, slots=True)
class Module:
    """A binary: where it lay, and its path as the dump has it, of which the basename is kept."""

    start: int
    size: int
    path: str


@dataclass(frozen=True, slots=True)
class Dump:
    """What was read of a minidump. Texts are empty where it does not tell."""

    type: str
    system: str
    version: str
    arch: str
    address: int
    module: Module | None

    @property
    def event(self) -> dict[str, Any]:
        """The same as an event of the public schema, to go the way of all others."""
        frame: dict[str, Any] = {"instruction_addr": hex(self.address)}
        images = []
        if self.module is not None:
            frame["package"] = self.module.path
            images.append({"image_addr": hex(self.module.start), "image_size": self.module.size})
        stack = {"frames": [frame] if self.module is not None else []}
        mechanism = {"type": "minidump", "handled": False}
        return {
            "platform": "native",
            "level": "fatal",
            "exception": {"values": [{"type": self.type, "mechanism": mechanism, "stacktrace": stack}]},
            "debug_meta": {"images": images},
            "contexts": {"os": {"name": self.system, "version": self.version}, "device": {"arch": self.arch}},
        }


def read_minidump(content: memoryview) -> Dump | None:
    """Read a minidump, or return None when it is none."""
    try:
        streams = dict(_streams(content))
        system, version, arch = _system(content, streams.get(_SYSTEMS))
        code, address = _exception(content, streams.get(_EXCEPTIONS), arch)
        return Dump(
            type=_names(system).get(code, UNKNOWN) if _EXCEPTIONS in streams else "DUMP_REQUESTED",
            system=system,
            version=version,
            arch=arch,
            address=address,
            module=_module_at(content, streams.get(_MODULES), address),
        )
    except struct.error:  # a place or size that lies outside
        return None


def _streams(content: memoryview) -> Iterator[tuple[int, int]]:
    """Yield type and place of each stream."""
    signature, _, count, at = _HEADER.unpack_from(content)
    if signature != b"MDMP" or count > _MOST_STREAMS:
        raise struct.error
    for number in range(count):
        kind, _, place = _ENTRY.unpack_from(content, at + number * _ENTRY.size)
        yield kind, place


def _system(content: memoryview, at: int | None) -> tuple[str, str, str]:
    if at is None:
        return "", "", ""
    architecture, _, _, _, _, major, minor, build, platform = _SYSTEM.unpack_from(content, at)
    system = _PLATFORMS.get(platform, "")
    version = f"{major}.{minor}.{build}" if system == "Windows" else f"{major}.{minor}"
    return system, version, _ARCHITECTURES.get(architecture, "")


def _names(system: str) -> Mapping[int, str]:
    if system == "Windows":
        return _WINDOWS
    return _MACH if system in _APPLE else _SIGNALS


def _exception(content: memoryview, at: int | None, arch: str) -> tuple[int, int]:
    """Return the code of an exception and where it happened.

    Elsewhere than on Windows the address of the record is the one that was accessed, not where the program was: that
    stands in the thread's context.
    """
    if at is None:
        return 0, 0
    _, _, code, _, _, address = _EXCEPTION.unpack_from(content, at)
    size, place = struct.unpack_from("<II", content, at + _CONTEXT_OF_EXCEPTION)
    pointer = _POINTERS.get(arch)
    if pointer is not None and size >= pointer.size:
        (address,) = pointer.unpack_from(content, place)
    return code, address


def _module_at(content: memoryview, at: int | None, address: int) -> Module | None:
    """Return the module that an address lies in."""
    if at is None:
        return None
    (count,) = struct.unpack_from("<I", content, at)
    for number in range(min(count, _MOST_MODULES)):
        start, size, _, _, name = _MODULE.unpack_from(content, at + 4 + number * _MODULE_SIZE)
        if start <= address < start + size:
            return Module(start, size, _text(content, name))
    return None


def _text(content: memoryview, at: int) -> str:
    """Return a text: its length in bytes, then UTF-16."""
    (length,) = struct.unpack_from("<I", content, at)
    if length > _LONGEST_NAME:
        return ""
    return bytes(content[at + 4 : at + 4 + length]).decode("utf-16-le", "replace")
