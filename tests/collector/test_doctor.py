"""What `logless doctor` finds, and what it calls wrong."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def runtime() -> Iterator[Path]:
    path = Path("/dev/shm") / f"logless-doctor-{secrets.token_hex(4)}"
    yield path
    path.rmdir()


def examine(folder: Path, runtime: Path, more: str = "") -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run the command in a process of its own, since it gives up core dumps for good."""
    file = folder / "logless.toml"
    file.write_text(f'[store]\nurl = "chdb://{folder}/data"\n[runtime]\ndir = "{runtime}"\n{more}')
    done = subprocess.run(
        [sys.executable, "-m", "collector", "doctor", "--config", str(file), "--json"],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.stderr == ""
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(done.stdout):
        found.setdefault(finding["check"], []).append(finding)
    return done.returncode, found


def test_a_sound_machine_passes(tmp_path: Path, runtime: Path) -> None:
    status, found = examine(tmp_path, runtime)
    assert status == 0
    assert set(found) == {
        "runtime folder",
        "process",
        "compiled parts",
        "country database",
        "hosting networks",
        "disk",
        "proxies",
        "errors",
    }
    assert found["runtime folder"][0]["found"] == f"{runtime} is on tmpfs"
    assert all(finding["ok"] or finding["warning"] for findings in found.values() for finding in findings)
    assert found["errors"][0]["found"] == "off"


def test_what_would_leak_or_fail_is_named(tmp_path: Path, runtime: Path) -> None:
    (tmp_path / "countries.mmdb").write_bytes(b"no database")
    (tmp_path / "ranges.txt").write_text("20.0.0.0/11")
    status, found = examine(
        tmp_path, runtime,
        f'[server]\nbase_url = "https://stats.example.org"\n[privacy]\ncountries = "{tmp_path}/countries.mmdb"\n'
        f'address = "truncate_first"\nhosting = "{tmp_path}/ranges.txt"\n'
        '[errors]\ndsn = "https://k@o1.ingest.sentry.io/1"\n',
    )  # fmt: skip
    assert status == 1
    assert not found["proxies"][0]["ok"]
    assert not found["country database"][0]["ok"]
    assert not found["hosting networks"][0]["ok"]
    assert found["hosting networks"][0]["warning"]
    assert not found["errors"][0]["ok"]
    assert found["errors"][0]["warning"]
