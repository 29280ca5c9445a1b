"""The built files: what the source builds, with the pinned minifier, and how large they are."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.hits import beacon

SOURCES = Path(beacon.__file__).parent
BUILT = ("logless.js", "logless.core.js", "logless.mjs")
LOCKS = (SOURCES, Path(__file__).parent / "firefox", Path(__file__).parents[1] / "people")


def gzipped(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))


def test_core_is_under_a_thousand_bytes_and_all_of_it_under_1250() -> None:
    assert gzipped(beacon.script_core()) < 1000
    assert gzipped(beacon.script()) < 1250
    assert beacon.script() != beacon.script_core()


def test_module_is_little_more() -> None:
    assert gzipped((SOURCES / "logless.mjs").read_bytes()) < 1400


@pytest.mark.node
def test_built_files_are_what_the_source_builds(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine: the committed beacon was not built again")
    for source in (*SOURCES.glob("*.src.js"), *SOURCES.glob("package*.json")):
        shutil.copy(source, tmp_path)
    for command in (["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], ["run", "build"]):
        done = subprocess.run([npm, *command], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    for name in BUILT:
        assert (tmp_path / name).read_bytes() == (SOURCES / name).read_bytes(), name


@pytest.mark.node
def test_module_may_be_imported_and_called_where_there_is_no_page() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine: apt install nodejs")
    program = (
        f"const before = Object.keys(globalThis).length; const beacon = await import('{SOURCES / 'logless.mjs'}');"
        "beacon.track('a'); beacon.init({ site: 'demo' }); beacon.track('b');"
        "console.log(JSON.stringify([Object.keys(beacon).sort(), Object.keys(globalThis).length - before]));"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", program], check=True, capture_output=True, text=True, timeout=60
    )
    exported, new_globals = json.loads(done.stdout)
    assert exported == ["init", "track"]
    assert new_globals == 0
    types = (SOURCES / "logless.d.ts").read_text()
    assert all(f"export function {name}(" in types for name in exported)


def test_minifier_is_pinned() -> None:
    package = json.loads((SOURCES / "package.json").read_text())
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    pinned = package["devDependencies"]["terser"]
    assert pinned[0].isdigit()
    assert lock["packages"]["node_modules/terser"]["version"] == pinned


@pytest.mark.parametrize("folder", LOCKS, ids=lambda folder: folder.name)
def test_lock_names_no_registry(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name
