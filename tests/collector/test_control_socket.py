"""The control socket: what is asked is done, and nobody who asks badly can take the server down."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import socket
import stat
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from collector.control_socket import NAME, ControlSocket, NotRunningError, Progress, RefusedError, ask


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path("/dev/shm") / f"logless-socket-{secrets.token_hex(4)}"
    path.mkdir(mode=0o700)
    yield path
    shutil.rmtree(path)


class Acts:
    """Does a few commands, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.done = 0

    async def do(self, command: str, arguments: Mapping[str, Any], progress: Progress) -> Any:
        self.asked.append((command, arguments))
        if command == "refuse":
            raise RefusedError("not today: come back tomorrow")
        if command == "break":
            raise ZeroDivisionError("203.0.113.7")
        if command == "wait":
            self.begun.set()
            progress(1)
            await self.go.wait()
            for count in range(2_000):
                progress(count)
        self.done += 1
        return {"echo": dict(arguments)}


def run(folder: Path, talk: Callable[[Acts], Awaitable[None]]) -> list[dict[str, Any]]:
    """Serve while `talk` lasts; return what the event loop was told to report."""
    reported: list[dict[str, Any]] = []

    async def both() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        acts = Acts()
        control = ControlSocket(folder, acts.do)
        await control.open()
        try:
            await talk(acts)
        finally:
            await control.close()
            await asyncio.sleep(0)

    asyncio.run(both())
    return reported


async def say(folder: Path, line: bytes) -> bytes:
    """Write a line to the socket as a stranger would, and return all that comes back."""
    reader, writer = await asyncio.open_unix_connection(folder / NAME)
    writer.write(line)
    await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    answered = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answered


def test_a_command_goes_there_and_its_result_and_progress_come_back(folder: Path) -> None:
    counts: list[int] = []

    async def talk(acts: Acts) -> None:
        given = {"name": "bücher", "path": folder, "n": None, "list": [1, {"a": 2}]}
        assert await ask(folder, "site add", given, counts.append) == {"echo": {**given, "path": str(folder)}}
        acts.go.set()
        await ask(folder, "wait", {}, counts.append)

    assert run(folder, talk) == []
    assert counts == [1, *range(2_000)]


def test_a_refusal_comes_back_in_its_words(folder: Path) -> None:
    async def talk(_: Acts) -> None:
        with pytest.raises(RefusedError, match=r"^not today: come back tomorrow$"):
            await ask(folder, "refuse", {}, lambda _: None)

    assert run(folder, talk) == []


def test_only_the_owner_may_open_it_and_it_goes_with_the_server(folder: Path) -> None:
    async def talk(_: Acts) -> None:
        mode = (folder / NAME).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert mode & 0o777 == 0o600

    run(folder, talk)
    assert not (folder / NAME).exists()


def test_what_a_killed_server_left_behind_is_replaced(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / NAME))

    async def nobody() -> None:
        with pytest.raises(NotRunningError):
            await ask(folder, "site list", {}, lambda _: None)

    asyncio.run(nobody())
    assert (folder / NAME).exists()

    async def talk(acts: Acts) -> None:
        await ask(folder, "site list", {}, lambda _: None)
        assert acts.asked == [("site list", {})]

    assert run(folder, talk) == []


def test_where_no_server_is_none_is_running(folder: Path) -> None:
    async def nobody() -> None:
        with pytest.raises(NotRunningError):
            await ask(folder, "site list", {}, lambda _: None)

    asyncio.run(nobody())


@pytest.mark.parametrize(
    "line",
    [
        b"", b"\n", b"{\n", b"\xff\xfe\n", b"[]\n", b"null\n", b'{"command": "x"}\n', b'{"arguments": {}}\n', b"1\n",
        b'{"command": ["x"], "arguments": {}}\n', b'{"command": "x", "arguments": []}\n', b"GET / HTTP/1.1\r\n\r\n",
        b"[" * 100_000 + b"\n", b"x" * (3 << 20) + b"\n",
    ],
    ids=lambda line: repr(line[:20]),
)  # fmt: skip
def test_a_bad_question_is_refused_and_the_next_good_one_answered(folder: Path, line: bytes) -> None:
    async def talk(acts: Acts) -> None:
        answered = b""
        try:
            answered = await say(folder, line)
        except ConnectionError:
            assert len(line) > 1 << 20, "only who sends on and on may be cut off"
        if answered:
            assert json.loads(answered)["error"].endswith("are both of the same version?")
        assert acts.asked == []
        await ask(folder, "site list", {}, lambda _: None)
        assert acts.asked == [("site list", {})]

    assert run(folder, talk) == []


def test_a_bug_in_a_command_is_told_without_its_message_and_reported_to_the_log(folder: Path) -> None:
    async def talk(_: Acts) -> None:
        with pytest.raises(RefusedError, match="its log says why") as refused:
            await ask(folder, "break", {}, lambda _: None)
        assert "203.0.113.7" not in str(refused.value)
        await ask(folder, "site list", {}, lambda _: None)

    (reported,) = run(folder, talk)
    assert isinstance(reported["exception"], ZeroDivisionError)


def test_a_client_that_goes_away_in_the_middle_stops_neither_the_command_nor_the_server(folder: Path) -> None:
    async def talk(acts: Acts) -> None:
        for _ in range(3):
            acts.begun.clear()
            acts.go.clear()
            _, writer = await asyncio.open_unix_connection(folder / NAME)
            writer.write(b'{"command": "wait", "arguments": {}}\n')
            await acts.begun.wait()
            writer.transport.abort()
            await asyncio.sleep(0.01)
            acts.go.set()
            await asyncio.sleep(0.01)
        assert acts.done == 3
        await ask(folder, "site list", {}, lambda _: None)

    assert run(folder, talk) == []


def test_a_server_that_goes_away_in_the_middle_is_told_in_words(folder: Path) -> None:
    async def vanish() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(b'{"progress": 1}\n')
            writer.close()

        async with await asyncio.start_unix_server(hang_up, folder / NAME):
            with pytest.raises(RefusedError, match="the server went away before it was done"):
                await ask(folder, "replay", {}, lambda _: None)

    asyncio.run(vanish())
