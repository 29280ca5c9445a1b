"""Every compiled part is there, and one that is not is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from collector.extensions import WANTED, missing_extensions, require_extensions


def test_nothing_is_missing_here() -> None:
    assert missing_extensions() == []
    require_extensions()


@pytest.mark.parametrize("module", ["maxminddb.extension", "ua_parser_rs"])
def test_a_part_that_cannot_be_imported_stops_the_server_and_is_named(module: str) -> None:
    program = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from collector.extensions import ExtensionsError, require_extensions\n"
        "try:\n    require_extensions()\nexcept ExtensionsError as error:\n    print(error)"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": root},
    )  # fmt: skip
    (line,) = done.stdout.splitlines()
    assert line.startswith("not compiled in: ")
    assert line.endswith(": install the wheels of requirements.lock")
    assert line.split(": ")[1] in WANTED
