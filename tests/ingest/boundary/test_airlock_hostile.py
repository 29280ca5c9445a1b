"""No log, error report or answer tells an address, though everything around the airlock tries to.

Access log and debug pages on, sentry-sdk with personal data and local variables on, an endpoint that logs and raises
all it can reach.
"""

import ipaddress
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "hostile_server.py"
FOUR, SIX = "45.83.220.7", "2a03:1b20:5:f011::a01f"
HEADERS = [
    "X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
    "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "Fastly-Client-IP", "X-Cluster-Client-IP", "X-Original-Forwarded-For",
    "X-Envoy-External-Address", "X-Appengine-User-IP", "Fly-Client-IP", "X-Azure-ClientIP", "X-Vercel-Forwarded-For",
    "X-Forwarded", "Forwarded-For", "X-Remote-IP", "X-Remote-Addr", "X-ProxyUser-IP", "Via", "WL-Proxy-Client-IP",
    "Proxy-Client-IP", "X-Something-Real_IP", "Cloudfront-Viewer-Address", "X-Azure-SocketIP",
]  # fmt: skip


def forms(text: str) -> list[re.Pattern[bytes]]:
    """Every way in which an address, or what the cut must hide of it, could be written."""
    address = ipaddress.ip_address(text)
    tail = "220.7" if address.version == 4 else "5:f011"
    plain = {text, address.exploded, address.packed.hex(), address.packed.hex(":"), address.reverse_pointer, tail}
    plain |= {text.replace(".", "-"), repr(address.packed)[2:-1], repr(address.packed[-2:])[2:-1], str(int(address))}
    bounded = [
        re.compile(rb"(?<![0-9a-f])" + re.escape(form.encode()) + rb"(?![0-9a-f])", re.IGNORECASE) for form in plain
    ]
    return [*bounded, re.compile(re.escape(address.packed))]


CANARIES = [*forms(FOUR), *forms(SIX)]


def found_in(text: bytes) -> set[bytes]:
    return {match[0] for canary in CANARIES for match in canary.finditer(text)}


@dataclass
class Seen:
    answers: bytes
    logs: bytes
    envelopes: bytes


def locals_of_frames(envelopes: bytes) -> bytes:
    """Return all local variables of all frames of the errors in the envelopes."""
    kept = []
    for line in envelopes.splitlines():
        item = json.loads(line) if line.startswith(b"{") else {}
        for error in item.get("exception", {}).get("values", []):
            kept += [frame.get("vars") for frame in error["stacktrace"]["frames"]]
    return json.dumps(kept).encode()


def ask(port: int, path: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *(f"{name}: {value}" for name, value in headers)]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def run(variant: str, folder: Path) -> Seen:
    port_file, envelopes, log = folder / "port", folder / "envelopes", folder / "log"
    envelopes.touch()
    command = [sys.executable, str(PROGRAM), variant, str(port_file), str(envelopes)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        try:
            answers = visit(port_file, server, log)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=20)
    return Seen(answers, log.read_bytes(), envelopes.read_bytes())


def visit(port_file: Path, server: "subprocess.Popen[bytes]", log: Path) -> bytes:
    deadline = time.monotonic() + 30
    while b"startup complete" not in log.read_bytes():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    port = int(port_file.read_text())
    spoofed = [(name, SIX if number % 2 else FOUR) for number, name in enumerate(HEADERS)]
    from_proxy = [("X-Forwarded-For", f"{FOUR}, {SIX}"), *spoofed[2:]]
    answers = []
    for path in ("/tell", "/fail"):
        answers += [ask(port, path, [("x-test-peer", FOUR), *spoofed]), ask(port, path, from_proxy)]
        answers += [ask(port, path, [("Forwarded", f'for="[{SIX}]:443"')])]
        answers += [ask(port, path, [("x-test-peer", SIX)])]
    return b"\n".join(answers)


@pytest.mark.parametrize("variant", ["airlock", "truncate_first"])
def test_nothing_tells_the_address(variant: str, tmp_path: Path) -> None:
    seen = run(variant, tmp_path)
    # what was searched is there, and the airlock knew the address all the same
    assert re.findall(rb"\r\n\r\n([0-9a-f.:]+)\n", seen.answers) == [b"45.83", b"2a03:1b20", b"2a03:1b20", b"2a03:1b20"]
    assert seen.logs.count(b'"GET /fail HTTP/1.1" 500') == 4
    assert seen.logs.count(b"Exception in ASGI application") == 4
    assert seen.envelopes.count(b'"vars"') > 20
    assert b"ValueError" in seen.answers
    assert found_in(seen.answers) == found_in(seen.logs) == found_in(seen.envelopes) == set()


def test_a_middleware_that_copies_the_scope_is_caught(tmp_path: Path) -> None:
    seen = run("copying", tmp_path)
    assert found_in(seen.answers) == set()  # its app sees nothing
    assert FOUR.encode() in found_in(seen.logs)  # uvicorn's access log
    assert {FOUR.encode(), SIX.encode()} <= found_in(locals_of_frames(seen.envelopes))  # its own frame's scope
    assert re.search(rb"45\.83\.220\.7:51820 - \"GET /fail", seen.logs)


def test_without_an_airlock_every_place_tells(tmp_path: Path) -> None:
    seen = run("bare", tmp_path)
    for place in (seen.answers, seen.logs, seen.envelopes):
        assert {FOUR.encode(), SIX.encode()} <= found_in(place)
