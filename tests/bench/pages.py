"""Pages of a site of two years, at one and at ten million rows: what they cost against an empty one."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from running import Logless

from bench.measured import Better, Measured
from bench.servers import APP, PROFILE, serving
from bench.traffic import SITE

_DAYS = 731
_TIMES = 40
_SPREAD = (
    ("page", "/blog/post-", 0.30), ("entry", "/blog/post-", 0.15), ("exit", "/blog/post-", 0.15),
    ("source", "source-", 0.10), ("referrer", "referrer-", 0.10), ("country", "C", 0.08),
    ("browser", "browser-", 0.04), ("system", "system-", 0.04), ("language", "l", 0.04),
)  # fmt: skip
"""Attributes of the rows, what their values begin with, and which part of all rows each has."""

_AMOUNTS = "cityHash64(number) % 40 + 1 AS v, v + v % 5, 2 * v, v % 7, v % 3, 30 * v, 50 * v, v, 0"
_EMPTY = PROFILE + '\n[[site]]\nid = "nothing.example"\nhosts = ["nothing.example"]\n'


def measure_pages(work: Path, rows: int, tell: Callable[[str], None]) -> list[Measured]:
    """Return how long the overview and the Stats API take at so many rows, and what the rows take on disk."""
    folder = work / f"pages-{rows}"
    with serving(folder, _EMPTY) as (logless, _):
        assert logless.process is not None
        logless.stop()
        _fill(logless, rows)
        logless.start()
        session, token = _sign_in(logless), logless.token()
        empty = median(_took(logless, "/sites/nothing.example", session))
        times = _took(logless, f"/sites/{SITE}", session)
        crashes = median(_took(logless, f"/apps/{APP}/crashes", session))
        overview = median(times)
        stats = _asked(logless, token)
    bytes_at_rest = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    tell(f"pages: {rows:,} rows: overview {overview:.0f} ms, empty {empty:.0f} ms")
    size = f"{rows // 1_000_000} million rows"
    return [
        Measured(f"overview, {size}", "of an empty site's", overview / empty, Better.LESS, target=4,
                 note=f"{overview:.0f} ms against {empty:.0f} ms, median of {_TIMES}"),
        Measured(f"overview, {size}, 95 of a hundred", "ms", quantiles(times, n=20)[18], Better.LESS, target=150),
        Measured(f"top pages by the Stats API, {size}", "of an empty site's overview", stats / empty, Better.LESS,
                 note=f"{stats:.0f} ms"),
        Measured(f"crashes of an app without any, {size}", "of an empty site's overview", crashes / empty,
                 Better.LESS),
        Measured(f"disk, {size}", "bytes a row", bytes_at_rest / rows, Better.LESS),
    ]  # fmt: skip


def _fill(logless: Logless, rows: int) -> None:
    """Let the engine itself make the rows of two years, evenly by day, while no server has the store."""
    from ingest.store.client import Connector, Target

    first = datetime.now(UTC).date() - timedelta(days=_DAYS - 1)
    scratch = logless.runtime / "fill"
    scratch.mkdir(mode=0o700)
    before = os.environ.get("TMPDIR")
    connector = Connector(Target.read(f"chdb://{logless.folder}/data"), memory=2 << 30, scratch=scratch)
    connector.prepare()
    connection = connector.connect()
    try:
        span: dict[str, Any] = {"site": SITE, "first": first, "days": _DAYS}
        connection.run(
            "INSERT INTO hours SELECT {site:String}, toDate({first:Date}) + intDiv(number, 24), number % 24, '', "
            f"{_AMOUNTS} FROM numbers({{days:UInt32}} * 24)",
            span,
        )
        for attribute, prefix, share in _SPREAD:
            each = max(int(rows * share) // _DAYS, 1)
            connection.run(
                "INSERT INTO cells SELECT {site:String}, {attribute:String}, toDate({first:Date}) + "
                "intDiv(number, {each:UInt32}), concat({prefix:String}, toString((number % {each:UInt32} + "
                "37 * intDiv(number, {each:UInt32})) % {every:UInt32})), '', "
                f"{_AMOUNTS} FROM numbers({{days:UInt32}} * {{each:UInt32}})",
                {**span, "attribute": attribute, "prefix": prefix, "each": each, "every": each * 5},
            )
    finally:
        connection.close()
        connector.release()
        for path in sorted(scratch.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        scratch.rmdir()
        # The connector has pointed temporary files there, for this process and all that it starts.
        os.environ.pop("TMPDIR", None)
        if before is not None:
            os.environ["TMPDIR"] = before


def _sign_in(logless: Logless) -> str:
    """Return the session cookie of the first owner."""
    opening = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
    return logless.get(logless.login_link(), **opening).headers["set-cookie"].partition(";")[0]


def _took(logless: Logless, path: str, session: str) -> list[float]:
    """Return the milliseconds of a page, each time that it was asked for."""
    took = []
    connection = http.client.HTTPConnection("127.0.0.1", logless.port, timeout=60)
    for _ in range(_TIMES + 2):
        began = time.perf_counter()
        connection.request("GET", path, headers={"cookie": session, "accept-encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        took.append(time.perf_counter() - began)
        assert response.status == 200, (path, response.status)
    connection.close()
    return [each * 1e3 for each in took[2:]]


def _asked(logless: Logless, token: str) -> float:
    today = date.today()  # noqa: DTZ011  within a day of the site's
    question = {
        "site_id": SITE, "metrics": ["visitors", "pageviews"], "dimensions": ["event:page"],
        "date_range": [(today - timedelta(days=364)).isoformat(), today.isoformat()],
    }  # fmt: skip
    took = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        assert logless.query(token, **json.loads(json.dumps(question)))
        took.append(time.perf_counter() - began)
    return median(took) * 1e3
