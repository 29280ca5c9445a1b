"""What every test may use."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from running import Logless, running

from ingest.store.client import Connector, Target

settings.register_profile("logless", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("logless")


LONGEST = (
    "test_dashboards_in_a_browser", "test_kill", "test_canaries", "test_standard", "test_replayed_week",
    "test_contract", "test_two_years", "test_in_browsers", "test_in_firefox", "test_first_hit", "test_planned_restart",
    "test_trackers", "test_imports", "test_demo_walk", "test_pages", "test_running_server", "test_command",
    "test_history", "test_deletion", "test_writer", "test_beacon", "test_sdks", "test_device",
)  # fmt: skip
"""Beginnings of the names of files that take eight seconds or more. `make test` tells xdist to keep to this order."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms to `make soak`, and begin with the files that take longest: no worker waits for one."""
    items.sort(key=lambda item: not item.path.name.startswith(LONGEST))
    if "soak" in str(config.getoption("markexpr")):
        return
    soaking = [item for item in items if item.get_closest_marker("soak")]
    if soaking:
        config.hook.pytest_deselected(items=soaking)
        items[:] = [item for item in items if item not in soaking]


@pytest.fixture(scope="session")
def connector() -> Iterator[Connector]:
    """The one embedded store of this process, since an engine takes one folder: share it by database or by owner.

    In memory, where the syncing of every insert costs nothing; what must outlast a kill is tested on disk.
    """
    with tempfile.TemporaryDirectory(prefix="logless-test-", dir="/dev/shm", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        scratch = folder / "scratch"
        scratch.mkdir()
        connector = Connector(Target(path=folder / "data"), memory=1 << 30, scratch=scratch)
        connector.prepare()
        yield connector
        connector.release()
        tempfile.tempdir = None
        del os.environ["TMPDIR"]


@pytest.fixture
def logless(tmp_path: Path) -> Iterator[Logless]:
    """A running server with one plain site and one plain app, for this test alone."""
    with running(tmp_path) as server:
        yield server
