"""Stores that fail, on top of a real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ingest.store.client import Connection, Connector, StoreError


class FailingStore(Connector):
    """A store that refuses a connection or an insert whenever it is asked to."""

    def __init__(
        self,
        inner: Connector,
        *,
        is_away: Callable[[], bool] = lambda: False,
        fails: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(inner.target, memory=0, scratch=inner._scratch)
        self._config = inner._config
        self._is_away = is_away
        self._fails = fails

    def connect(self, *, readonly: bool = False) -> Connection:
        if self._is_away():
            raise StoreError("away")
        return _FailingConnection(super().connect(readonly=readonly), self._fails)


class _FailingConnection(Connection):
    def __init__(self, inner: Connection, fails: Callable[[], bool]) -> None:
        super().__init__(inner._client)
        self._fails = fails

    def insert(self, table: str, columns: Mapping[str, str], data: Sequence[Sequence[object]], token: str) -> None:
        if self._fails():
            raise StoreError("away")
        super().insert(table, columns, data, token)
