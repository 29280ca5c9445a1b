"""Times of logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hits.logs.moments import Moments

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1971, 1, 3), datetime(2148, 12, 30), timezones=ZONES).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@given(st.lists(MOMENTS, min_size=1, max_size=5))
def test_every_way_of_writing_a_moment_is_read(moments: list[datetime]) -> None:
    reader = Moments()
    for moment in moments:
        seconds = moment.timestamp()
        assert reader.read(moment.strftime("%d/%b/%Y:%H:%M:%S %z").encode()) == seconds
        assert reader.read(moment.isoformat().encode()) == seconds
        assert reader.read(f"{seconds:.3f}".encode()) == seconds
        assert reader.read(f"{seconds * 1000:.0f}".encode()) == seconds or seconds < 1e8


@pytest.mark.parametrize(
    "stamp",
    [
        b"", b"-", b"nonsense", b"31/Feb/2026:10:00:00 +0000", b"10/Oct/2026:24:00:00 +0000",
        b"10/Oct/2026:10:60:00 +0000",
        b"10/Oct/2026:10:00:61 +0000", b"10/Oct/2026:10:00:00", b"10/Oct/2026:10:00:00 +00:0",
        b"10/Okt/2026:10:00:00 +0000",
        b"10/Oct/1969:10:00:00 +0000", b"10/Oct/9999:10:00:00 +0000", b"10/Oct/2026:10:00:00 +9900", b"1e400", b"nan",
        b"9" * 400, b"0000-01-01T00:00:00Z", b"9999-12-31T23:59:59Z", b"\xff\xfe", b"-5", b"10/Oct/2026-10:00:00 +0000",
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(stamp: bytes) -> None:
    assert Moments().read(stamp) is None


def test_a_leap_second_is_the_next_one() -> None:
    leap = Moments().read(b"31/Dec/2016:23:59:60 +0000")
    assert leap == datetime(2017, 1, 1, tzinfo=UTC).timestamp()


@given(st.binary(max_size=30))
def test_no_stamp_raises(stamp: bytes) -> None:
    found = Moments().read(stamp)
    assert found is None or found > 0
