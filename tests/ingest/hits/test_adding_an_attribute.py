"""Adding a breakdown is writing one small file: README's walk-through, taken in a copy of the tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WALKTHROUGH = HERE / "walkthrough" / "screen.py"

PROGRAM = """
import json
import sys
from dataclasses import replace

sys.path[:0] = sys.argv[1:]
from hits_door import SITE, Door
from ingest.hits import attributes
from ingest.site import Profile

door = Door([replace(SITE, profile=Profile.STANDARD)])
statuses = {door.hit(address=f"192.0.2.{n}", w=width).status for n, width in enumerate((320, 1536, 1536, 2560, None))}
print(json.dumps([attributes.__file__, sorted(statuses), door.values("screen"), door.values("browser")]))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the three packages."""
    for package in ("ingest", "collector", "dashboards"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    return tmp_path


def counted(tree: Path) -> dict[str, int]:
    """Drive hits through the pipeline of a tree in a process of its own; return the screens that it counted."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(HERE), str(tree)],
        capture_output=True, text=True, check=False, cwd=tree, timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    place, statuses, screens, browsers = json.loads(done.stdout)
    assert Path(place).is_relative_to(tree), "the copy was not what ran"
    assert statuses == [202]
    # What is no free class still waits to be shared.
    assert browsers == {}
    return dict(screens)


def test_one_small_file_counts_a_new_breakdown(tree: Path) -> None:
    place = tree / "ingest" / "hits" / "attributes" / "screen.py"
    assert not place.exists(), "the walk-through would change nothing: choose another breakdown"
    shutil.copy(WALKTHROUGH, place)
    assert counted(tree) == {"under 480": 1, "1440 to 1919": 2, "1920 and more": 1}


def test_the_file_is_small() -> None:
    assert len(WALKTHROUGH.read_text().splitlines()) <= 20


def test_the_readme_shows_the_same_file() -> None:
    assert f"# ingest/hits/attributes/screen.py\n{WALKTHROUGH.read_text()}```" in (ROOT / "README.md").read_text()
