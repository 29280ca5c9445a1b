from __future__ import annotations

import asyncio
import threading

from crashes.door import LIMITS, OPT_OUT, Door, crash_envelope
from ingest.counters.cells import Refusal
from ingest.crashes.reader import Reading

LONG = 1 << 20


def test_what_is_large_is_read_beside_the_loop_and_what_is_small_on_it() -> None:
    async def both() -> tuple[object, object, int]:
        reading = Reading()
        return (
            await reading.run(LONG, threading.get_ident),
            await reading.run(100, threading.get_ident),
            threading.get_ident(),
        )

    large, small, loop = asyncio.run(both())
    assert large != loop
    assert small == loop


def test_the_loop_goes_on_while_something_large_is_read() -> None:
    async def read() -> bool:
        reading, begun = Reading(), threading.Event()
        may_end = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow() -> bool:
            loop.call_soon_threadsafe(may_end.set)
            return begun.wait(20)

        task = asyncio.ensure_future(reading.run(LONG, slow))
        await may_end.wait()
        begun.set()
        return await task is True

    assert asyncio.run(read())


def test_past_what_memory_is_set_aside_for_submissions_are_shed() -> None:
    async def crowd() -> tuple[list[object], object]:
        reading, may_end = Reading(), threading.Event()
        tasks = [asyncio.ensure_future(reading.run(LONG, may_end.wait, 20)) for _ in range(64)]
        await asyncio.sleep(0)
        shed = await reading.run(LONG, may_end.wait, 20)
        small = await reading.run(1, lambda: "read")
        may_end.set()
        done = await asyncio.gather(*tasks)
        again = await reading.run(LONG, lambda: "read")
        return [shed, small, again], set(done)

    assert asyncio.run(crowd()) == ([Refusal.FULL, "read", "read"], {True})


def test_a_large_report_counts_as_a_small_one_does() -> None:
    def counted(padding: int) -> object:
        door = Door(limits=LIMITS.__class__(LONG, LONG))
        body = crash_envelope(extra={"log": "x" * padding})
        assert door.knock("/api/7/envelope/", body, query=f"sentry_key={OPT_OUT.key}".encode()).status == 200
        return door.cells(OPT_OUT.owner)

    assert counted(500_000) == counted(1)
