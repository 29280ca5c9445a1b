"""`logless serve`: the listening socket, the server, and what runs beside it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
import uvicorn

from collector.acts import act
from collector.acts.act import House
from collector.acts.users import login_link
from collector.app import Collector
from collector.control_socket import ControlSocket, Progress
from collector.errors import watch
from collector.extensions import require_extensions
from collector.settings import SettingsError, read_settings
from ingest.boundary.process import harden
from ingest.store.control.users import Role, add_user, find_user, list_users

_YOUNG: Final = 20_000
_NEVER: Final = 1 << 30
"""Of the collector of garbage: new objects before the first generation is looked at, and the third."""

_LOG: Final = structlog.get_logger()
_BACKLOG: Final = 2_048
_LAST_HEARD: Final = 0.5
"""Seconds in which a connection that was accepted before a planned restart may send its request."""
_FATAL: Final = (
    signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGSYS, signal.SIGTRAP,
    signal.SIGTSTP,
)  # fmt: skip

Beside = Callable[[Collector, House], Awaitable[None]]


class PortBusyError(Exception):
    """The address cannot be listened on; the message names the remedy."""


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket. Raises PortBusyError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PortBusyError(
            f"{host}:{port} cannot be listened on ({error.strerror}): stop what runs there, "
            f"or choose another with LOGLESS_SERVER__PORT={port + 1}"
        ) from None
    listening.set_inheritable(False)
    return listening


async def serve(collector: Collector, listening: socket.socket, beside: Beside | None = None) -> socket.socket | None:
    """Serve until SIGTERM or SIGINT; `beside` runs once everything is up.

    Returns None, or after SIGUSR2 the socket that goes on listening: then the collector holds what it hands over.
    Raises ExtensionsError, StoreError, ControlError, CountriesError.
    """
    settings = collector.settings
    require_extensions()
    for warning in [
        *harden(collector.runtime), *watch(settings.errors.dsn, settings.server.url)
    ]:  # fmt: skip
        collector.notices.append(warning)
        _LOG.warning(warning)
    is_next = collector.handed_over is not None
    async with collector:
        house = House(settings, collector.control, collector.clock, collector)
        async with _control(collector, house), _clock(collector):
            _take_signals(collector)
            gc.collect()
            # Nearly all that lives here is freed when it is let go of, and all of it is looked at by the third
            # generation: a pause that grows with the visitors of the day. So that waits for the close of a day.
            gc.set_threshold(_YOUNG, 20, _NEVER)
            # What has been built stays: the collector of garbage need not look at it again.
            gc.freeze()
            server = uvicorn.Server(
                uvicorn.Config(
                    collector.app,
                    http=collector.protocol(),  # type: ignore[arg-type]  # a partial of a class of protocols
                    loop="uvloop",
                    lifespan="off",
                    access_log=False,
                    proxy_headers=False,
                    server_header=False,
                    date_header=False,
                    log_config=None,
                    timeout_graceful_shutdown=10,
                    backlog=_BACKLOG,
                )
            )
            kept: list[socket.socket] = []

            def hand_over() -> None:
                # The server closes the socket that it was given; this one keeps the line for the next process.
                if not kept and _can_be_read(collector):
                    _LOG.info("planned restart: handing over")
                    kept.append(listening.dup())
                    collector.hands_over = True
                    for accepting in server.servers:
                        accepting.close()
                    # Who has just been let in is heard first; who comes now waits in line for the next process.
                    asyncio.get_running_loop().call_later(_LAST_HEARD, setattr, server, "should_exit", True)

            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, hand_over)
            if is_next:
                _LOG.info("planned restart: went on where the process before stopped")
            else:
                tell_how_to_enter(house)
            async with _running(beside(collector, house) if beside is not None else None):
                await server.serve(sockets=[listening])
    return kept[0] if kept else None


def tell_how_to_enter(house: House) -> None:
    """Print where the server is, and a sign-in link while nobody can sign in otherwise."""
    url = house.settings.server.url
    sys.stdout.write(f"Logless serves on {url}\n")
    users = list_users(house.control)
    if not users:
        add_user(house.control, "owner", Role.OWNER)
    if not users or all(not user.has_password for user in users):
        owner = find_user(house.control, users[0].name if users else "owner")
        assert owner is not None
        sys.stdout.write(f"Sign in, once, within 15 minutes: {login_link(house, owner)}\n")
    sys.stdout.flush()


def _can_be_read(collector: Collector) -> bool:
    """Tell whether the next process would take the configuration; else this one stays."""
    try:
        read_settings(collector.path)
    except SettingsError as error:
        _LOG.error("no restart: the configuration cannot be used", reason=str(error))
        return False
    return True


def _take_signals(collector: Collector) -> None:
    """Keep SIGTERM from ending the process before it has settled, and read the configuration again on SIGHUP."""

    def reload() -> None:
        try:
            collector.reload()
            _LOG.info("configuration read again", sites=len(collector.sites), apps=len(collector.apps))
        except SettingsError as error:
            _LOG.error("configuration not taken, the old one stays", reason=str(error))

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, reload)
    # uvicorn takes these while it serves and raises them again afterwards, when the store has yet to be closed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # The embedded engine takes these to write stacks and queries to a log; a crashed process then hangs for minutes
    # with its socket open. Here it is to die at once: the journal holds what was acknowledged.
    for number in _FATAL:
        signal.signal(number, signal.SIG_DFL)


@contextlib.asynccontextmanager
async def _control(collector: Collector, house: House) -> AsyncIterator[None]:
    async def do(command: str, arguments: Mapping[str, Any], progress: Progress) -> Any:
        return await act(house, command, arguments, progress)

    control = ControlSocket(collector.runtime, do)
    await control.open()
    try:
        yield
    finally:
        await control.close()


@contextlib.asynccontextmanager
async def _clock(collector: Collector) -> AsyncIterator[None]:
    async with _running(collector.run_clock()):
        yield


@contextlib.asynccontextmanager
async def _running(work: Awaitable[None] | None) -> AsyncIterator[None]:
    """Run something while the context is open. If it fails, the process is to end: nothing may go on half alive."""
    if work is None:
        yield
        return
    task = asyncio.ensure_future(work)
    task.add_done_callback(_end_if_failed)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _end_if_failed(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _LOG.error("a part of the server failed, so it stops", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
