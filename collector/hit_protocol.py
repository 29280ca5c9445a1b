"""Hits, answered in front of ASGI: without a task, and with one write.

Of what a hit costs, a server spends most on the task, the events and the messages of a protocol for all purposes. So
a hit whose body has come whole is taken as a function is called, and its answer is written when the ledger has
settled. Everything else goes the way that uvicorn goes: this class replaces how a request starts, and nothing of how
it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ingest.hits.answers import Answer, kept

Take = Callable[[Scope, bytes], Answer | None]
"""Takes a request; None when it is no hit, and then it is left as it was."""

WhenSettled = Callable[[Callable[[BaseException | None], None]], None]
"""Calls back once what was counted is in the journal."""


class HitProtocol(HttpToolsProtocol):
    """uvicorn's protocol of HTTP/1.1, in which hits have a shorter way."""

    def __init__(self, *arguments: Any, take: Take, when_settled: WhenSettled, **named: Any) -> None:
        """Take what uvicorn gives its protocol, and what becomes of hits."""
        super().__init__(*arguments, **named)
        self._take = take
        self._when_settled = when_settled
        self._begun: tuple[RequestResponseCycle, ASGIApp] | None = None

    def data_received(self, data: bytes) -> None:
        """Read what has come, and start what has not come whole with it as uvicorn does: its application reads on."""
        super().data_received(data)
        if self._begun is not None:
            self._start()

    def on_message_complete(self) -> None:
        """Start a request whose body has come whole."""
        super().on_message_complete()
        if self._begun is not None:
            self._start()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        # uvicorn comes here when it has read the headers: the body follows at once, almost always.
        self._begun = cycle, app
        if not cycle.more_body:
            self._start()

    def _start(self) -> None:
        assert self._begun is not None, "whoever starts has looked"
        cycle, app = self._begun
        self._begun = None
        waits = cycle.more_body or cycle.waiting_for_100_continue or cycle.disconnected or self.flow.write_paused
        if waits or app is not self.app:
            super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]
            return
        try:
            answer = self._take(cycle.scope, bytes(cycle.body))  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001  the server tells of it, as of every failure
            super()._start_asgi_task(cycle, partial(_fail, error))
            return
        if answer is None:
            super()._start_asgi_task(cycle, app)
        else:
            self._when_settled(partial(self._write, cycle, answer))

    def _write(self, cycle: RequestResponseCycle, answer: Answer, failure: BaseException | None) -> None:
        if cycle.disconnected or self.transport.is_closing():
            return
        answer = kept(answer, failure)
        cycle.response_started = cycle.response_complete = True
        end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(answer.head + end + answer.body["body"])
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        # As uvicorn does: the two hold each other, and nobody would let go of them.
        cycle.on_response = _nothing


def _nothing() -> None:
    """Stand in for what has been done."""


async def _fail(error: Exception, _scope: Scope, _receive: Receive, _send: Send) -> None:
    """Fail as an application does, so that the server says what it says of every failure."""
    raise error
