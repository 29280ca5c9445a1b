"""Writes minidumps, and the forms in which crash handlers send them, with a marker wherever nothing may be read."""

from __future__ import annotations

import struct
from collections.abc import Callable

Mark = Callable[[str], str]
BASE = 0x5581_C000_0000
POINTERS = {"x86": (0, 184), "arm": (5, 64), "x86_64": (9, 248), "arm64": (12, 264)}


def text(value: str) -> bytes:
    encoded = value.encode("utf-16-le")
    return struct.pack("<I", len(encoded)) + encoded + b"\0\0"


def written_dump(
    mark: Mark,
    path: str,
    *,
    code: int = 11,
    arch: str = "x86_64",
    platform: int = 0x8201,
    address: int = BASE + 0x1234,
) -> bytes:
    """Write a dump that crashed at an address, full of what must not be read."""
    number, offset = POINTERS[arch]
    blocks: list[tuple[int, bytes]] = []
    at = 32 + 12 * 6

    def add(kind: int, content: bytes) -> int:
        nonlocal at
        blocks.append((kind, content))
        at += len(content)
        return at - len(content)

    name = add(0, text(path))
    registers = add(
        0, mark("registers").encode().ljust(offset, b"c") + struct.pack("<Q", address) + mark("registers").encode() * 20
    )
    size = len(blocks[-1][1])
    add(7, struct.pack("<HHHBBIIIII", number, 6, 1, 8, 1, 6, 8, 19045, platform, name))
    record = (
        struct.pack("<IIIIQQII", 77, 0, code, 0, 0, 0xDEAD_BEEF, 0, 0)
        + bytes(120)
        + struct.pack("<II", size, registers)
    )
    add(6, record)
    module = struct.pack("<QIIII", BASE, 0x10000, 0, 0x65000000, name) + bytes(84)
    other = struct.pack("<QIIII", BASE + 0x100000, 0x10000, 0, 0, name) + bytes(84)
    add(4, struct.pack("<I", 2) + other + module)
    for kind in (0x47670004, 0x47670006, 24):  # command line, environment, thread names
        add(kind, f"USER={mark('environment')} SSH_CLIENT={mark('environment')}".encode())
    entries, places = [], 32 + 12 * 6
    for kind, content in blocks:
        if kind:
            entries.append(struct.pack("<III", kind, len(content), places))
        places += len(content)
    header = struct.pack("<4sIIIIIQ", b"MDMP", 0xA793, len(entries), 32, 0, 0x65000000, 0)
    return header + b"".join(entries) + b"".join(content for _, content in blocks)


def written_form(mark: Mark, *parts: tuple[str, bytes], boundary: bytes = b"xyz-42") -> bytes:
    """Write a form of parts, each with a file name that must not be read."""
    lines = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s.dmp"\r\n\r\n%s\r\n'
        % (boundary, name.encode(), mark("part filename").encode(), content)
        for name, content in parts
    ]
    return b"".join(lines) + b"--" + boundary + b"--\r\n"
