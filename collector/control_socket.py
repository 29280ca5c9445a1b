"""`control.sock`: commands reach a running server through it, since an embedded store allows one process.

One JSON line asks, `{"command": …, "arguments": {…}}`; the answer is any number of lines `{"progress": n}` and one
`{"result": …}` or `{"error": …}`. Whoever may open the socket owns the server: it lies in a folder of mode 0700.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

Progress = Callable[[int], None]
Act = Callable[[str, Mapping[str, Any], Progress], Awaitable[Any]]

NAME: Final = "control.sock"
_LONGEST: Final = 1 << 20


class RefusedError(Exception):
    """A command could not be done; the message is for the person who gave it."""


class NotRunningError(Exception):
    """No server listens there."""


class ControlSocket:
    """The server's end."""

    def __init__(self, folder: Path, act: Act) -> None:
        self._path = folder / NAME
        self._act = act
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. A socket left behind by a server that was killed is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LONGEST)
        self._path.chmod(0o600)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def tell(kind: str, content: Any) -> None:
            writer.write(json.dumps({kind: content}, default=str).encode() + b"\n")

        try:
            command, arguments = await _read(reader)
            tell("result", await self._act(command, arguments, lambda count: tell("progress", count)))
        except RefusedError as refused:
            tell("error", str(refused))
        except Exception:
            tell("error", "the server could not do this: its log says why")
            raise
        finally:
            # Whoever asked may have gone away meanwhile.
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            writer.close()


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    """Read what is asked. Raises RefusedError."""
    try:
        asked = json.loads(await reader.readline())
        command, arguments = asked["command"], asked["arguments"]
    except (ValueError, KeyError, TypeError, RecursionError, ConnectionError):
        command = arguments = None
    if not isinstance(command, str) or not isinstance(arguments, dict):
        raise RefusedError("this server does not understand the question: are both of the same version?")
    return command, arguments


async def ask(folder: Path, command: str, arguments: Mapping[str, Any], progress: Progress) -> Any:
    """Have a running server do a command and return its result. Raises NotRunningError, RefusedError."""
    try:
        reader, writer = await asyncio.open_unix_connection(folder / NAME, limit=_LONGEST)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NotRunningError from None
    try:
        writer.write(json.dumps({"command": command, "arguments": dict(arguments)}, default=os.fspath).encode() + b"\n")
        async for line in reader:
            told = json.loads(line)
            if "progress" in told:
                progress(told["progress"])
            elif "error" in told:
                raise RefusedError(told["error"])
            else:
                return told["result"]
    finally:
        writer.close()
    raise RefusedError("the server went away before it was done")
