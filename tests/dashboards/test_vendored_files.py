"""What others made is what its lock says, and is made anew from the packages that the lock names."""

from __future__ import annotations

import json
import shutil
import subprocess
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest
from vendoring.world import draw, read_codes

VENDORED = Path(str(files("dashboards").joinpath("vendor")))
VENDORING = Path(__file__).parent / "vendoring"
LOCK = json.loads((VENDORED / "vendor.lock").read_text())
KEYS = {"file", "package", "version", "integrity", "source", "licence", "sha256"}


def test_every_file_is_in_the_lock_with_its_digest() -> None:
    assert all(set(entry) == KEYS for entry in LOCK)
    assert {entry["file"] for entry in LOCK} | {"vendor.lock", "README.md"} == {
        path.name for path in VENDORED.iterdir()
    }
    for entry in LOCK:
        assert sha256((VENDORED / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry["file"]


def test_both_locks_name_the_same_packages() -> None:
    packages = json.loads((VENDORING / "package-lock.json").read_text())["packages"]
    for entry in LOCK:
        locked = packages[f"node_modules/{entry['package']}"]
        assert (locked["version"], locked["integrity"]) == (entry["version"], entry["integrity"])


def test_the_map_has_a_shape_for_small_countries_too() -> None:
    text = (VENDORED / "world.svg").read_text()
    for code in ("DE", "US", "SG", "MT", "BH", "HK", "LI", "MC", "XK"):
        assert f'<path id="{code}"' in text, code
    assert "AQ" not in text
    assert "<script" not in text


@pytest.mark.node
def test_files_are_made_anew_from_their_packages(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine: the vendored files were not made again")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(VENDORING / name, tmp_path)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"],
        check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    packages = tmp_path / "node_modules"
    assert (packages / "htmx.org" / "dist" / "htmx.min.js").read_bytes() == (VENDORED / "htmx.js").read_bytes()
    topology = json.loads((packages / "world-atlas" / "countries-50m.json").read_text())
    assert draw(topology, read_codes()) == (VENDORED / "world.svg").read_text()
