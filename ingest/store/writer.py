"""Batches into ClickHouse, each exactly once, in the order of their numbers.

A batch is one insert per table, into one partition. Every block holds a marker row that bears the batch's
number, so after a crash the partition itself tells whether the block arrived: one block is one part, and a part
appears whole or not at all. (Deduplication tokens alone do not: a crash between their log and the part loses the
block for ever.) While the store is away, batches wait in the spool on disk.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

from ingest.counters.ledger import Batch
from ingest.store.blocks import DAY_COLUMN, OWNER_COLUMN, TABLES, Block, blocks_of, marker
from ingest.store.client import Connection, Connector, StoreError
from ingest.store.spool import Spool


class Writer:
    """One thread that writes batches in order, and spools them while the store is away."""

    def __init__(
        self,
        connector: Connector,
        spool: Spool,
        node: str,
        *,
        retry_after: float = 1.0,
        deliver: Callable[[Callable[[], None]], None],
    ) -> None:
        """Take `deliver`, which runs a callable on the thread that counts (`loop.call_soon_threadsafe`)."""
        self._connector = connector
        self._spool = spool
        self._node = node
        self._retry_after = retry_after
        self._deliver = deliver
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._idle = threading.Event()
        self._idle.set()
        self._counting = threading.Lock()
        self._submitted = 0
        self._left = 0
        self._held = False
        self.finished = 0
        self.away = False
        self.written = 0

    def newest_sequence(self) -> int:
        """Return the highest batch number of this node that any partition or the spool bears."""
        connection = self._connect()
        found = [self._spool.newest_sequence()]
        for table in TABLES:
            sql = f"SELECT max(sequence) FROM {table} WHERE node = {{node:String}}"  # noqa: S608  our own names
            found += [int(row[0]) for row in connection.rows(sql, {"node": self._node})]
        return max(found)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, batch: Batch) -> None:
        """Take a batch. Batches are submitted in the order of their numbers."""
        with self._counting:
            self._submitted += 1
            self._idle.clear()
        self._queue.put(batch)

    @property
    def submitted(self) -> int:
        """Batches that were ever handed over."""
        return self._submitted

    @property
    def waiting(self) -> int:
        """Batches in memory that neither the store nor the spool has."""
        return self._submitted - self._left

    @property
    def full(self) -> bool:
        """Whether no more can be taken: a batch has found room neither in the store nor in the spool."""
        return self._held or self._spool.full

    def wait(self, timeout: float) -> bool:
        """Wait until everything submitted is in the store or the spool."""
        return self._idle.wait(timeout)

    def stop(self) -> None:
        """Write or spool what was submitted, and end the thread. What finds no room stays in the journal."""
        self._queue.put(None)
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _work(self) -> None:
        try:
            self._write_all()
        except BaseException:
            # A bug ends this thread: nothing more may be acknowledged then.
            self._held = True
            raise

    def _write_all(self) -> None:
        while True:
            try:
                batch = self._queue.get(timeout=self._retry_after if self._spool else None)
            except queue.Empty:
                self._drain()
                continue
            if batch is None:
                self._drain()
                return
            if not self._take(batch):
                return

    def _take(self, batch: Batch) -> bool:
        """Bring a batch to the store or the spool; return False when it found no room until the end.

        No later batch may then go: a partition that bears its number would seem to have this one.
        """
        blocks = blocks_of(batch.lot, *batch.more)
        if batch.spooled_first and self._spool.append(batch.sequence, blocks):
            self._drain()
            self._finish(batch)
            return True
        if not self._drain() or not self._try(batch.sequence, blocks):
            while not self._spool.append(batch.sequence, blocks):
                # The bound is reached: hold the batch in memory, where the journal covers it.
                self._held = True
                if self._drain() and self._try(batch.sequence, blocks):
                    break
                if self._stopping.wait(self._retry_after):
                    return False
        self._held = False
        self._finish(batch)
        return True

    def _finish(self, batch: Batch) -> None:
        def arrive() -> None:
            batch.done()
            self.finished += 1

        self._deliver(arrive)
        with self._counting:
            self._left += 1
            if self._left == self._submitted:
                self._idle.set()

    def _drain(self) -> bool:
        """Write what the spool holds; return whether nothing is left there."""
        for spooled in self._spool:
            if not self._try(spooled.sequence, spooled.blocks()):
                return False
            self._spool.remove(spooled.sequence)
        return True

    def _try(self, sequence: int, blocks: Sequence[Block]) -> bool:
        try:
            self._write(sequence, blocks)
        except StoreError:
            self.away = True
            if self._connection is not None and not self._connector.target.embedded:
                self._connection.close()
                self._connection = None
            return False
        self.away = False
        return True

    def _write(self, sequence: int, blocks: Sequence[Block]) -> None:
        connection = self._connect()
        for block in blocks:
            if self._newest(connection, block) >= sequence:
                continue
            rows = [*block.rows, marker(block, self._node, sequence)]
            columns = [list(column) for column in zip(*rows, strict=True)]
            connection.insert(block.table, TABLES[block.table], columns, f"{self._node}.{sequence}.{block.table}")
        self.written += 1

    def _newest(self, connection: Connection, block: Block) -> int:
        owner, day = OWNER_COLUMN[block.table], DAY_COLUMN[block.table]
        kind = TABLES[block.table][owner]
        sql = (
            f"SELECT max(sequence) FROM {block.table} "  # noqa: S608  our own names; values are parameters
            f"WHERE {owner} = {{owner:{kind}}} AND {day} = {{month:Date}} AND node = {{node:String}}"
        )
        return int(connection.rows(sql, {"owner": block.owner, "month": block.month, "node": self._node})[0][0])

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._connector.connect()
        return self._connection
