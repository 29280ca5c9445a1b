"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from running import Logless, running

settings.register_profile("logless", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("logless")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms to `make soak`."""
    if "soak" in str(config.getoption("markexpr")):
        return
    soaking = [item for item in items if item.get_closest_marker("soak")]
    if soaking:
        config.hook.pytest_deselected(items=soaking)
        items[:] = [item for item in items if item not in soaking]


@pytest.fixture
def logless(tmp_path: Path) -> Iterator[Logless]:
    """A running server with one plain site and one plain app, for this test alone."""
    with running(tmp_path) as server:
        yield server
