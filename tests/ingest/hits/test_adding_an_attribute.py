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
WALKTHROUGH = HERE / "walkthrough" / "scheme.py"

PROGRAM = """
import json
import sys
from dataclasses import replace

sys.path[:0] = sys.argv[1:]
from hits_door import SITE, Door
from ingest.hits import attributes
from ingest.site import Profile

door = Door([replace(SITE, profile=Profile.STANDARD)])
pages = ("https://example.org/", "HTTPS://example.org/", "http://example.org/")
statuses = {door.hit(page, address=f"192.0.2.{n}").status for n, page in enumerate(pages)}
print(json.dumps([attributes.__file__, sorted(statuses), door.values("scheme"), door.values("browser")]))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the three packages."""
    for package in ("ingest", "collector", "dashboards"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    return tmp_path


def counted(tree: Path) -> dict[str, int]:
    """Drive hits through the pipeline of a tree in a process of its own; return the schemes that it counted."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(HERE), str(tree)],
        capture_output=True, text=True, check=False, cwd=tree, timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    place, statuses, schemes, browsers = json.loads(done.stdout)
    assert Path(place).is_relative_to(tree), "the copy was not what ran"
    assert statuses == [202]
    # What is no free class still waits to be shared.
    assert browsers == {}
    return dict(schemes)


@pytest.mark.from_source
def test_one_small_file_counts_a_new_breakdown(tree: Path) -> None:
    place = tree / "ingest" / "hits" / "attributes" / "scheme.py"
    assert not place.exists(), "the walk-through would change nothing: choose another breakdown"
    shutil.copy(WALKTHROUGH, place)
    assert counted(tree) == {"http": 1, "https": 2}


def test_the_file_is_small() -> None:
    assert len(WALKTHROUGH.read_text().splitlines()) <= 20


def test_the_readme_shows_the_same_file() -> None:
    assert f"# ingest/hits/attributes/scheme.py\n{WALKTHROUGH.read_text()}```" in (ROOT / "README.md").read_text()
