"""The runtime folder: in memory, and nobody else's."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.runtime import runtime_folder
from collector.sections import Runtime, Store
from collector.settings import Settings, SettingsError
from ingest.boundary.process import is_in_memory

SHM = Path("/dev/shm")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def memory() -> Iterator[Path]:
    folder = SHM / f"logless-runtime-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def xdg(memory: Path) -> Iterator[Path]:
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(memory)
    yield memory
    os.environ.pop("XDG_RUNTIME_DIR")
    if before is not None:
        os.environ["XDG_RUNTIME_DIR"] = before


def configured(folder: Path) -> Settings:
    return Settings(runtime=Runtime(dir=str(folder)))


def test_a_configured_folder_is_made_and_used_as_it_is(memory: Path) -> None:
    folder = memory / "deep" / "er"
    assert runtime_folder(configured(folder)) == folder
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_on_a_disk_is_refused_with_the_remedy(tmp_path: Path) -> None:
    if is_in_memory(tmp_path):
        pytest.skip("the temporary folder of this machine is in memory")
    with pytest.raises(SettingsError, match=r'^runtime\.dir: ".*" is not in memory: choose one on tmpfs, such as'):
        runtime_folder(configured(tmp_path))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a folder that is somebody else's")
def test_a_folder_of_somebody_else_is_refused(memory: Path) -> None:
    theirs = memory / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12_345, 12_345)
    with pytest.raises(SettingsError, match="is not this user's alone to write"):
        runtime_folder(configured(theirs))


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_that_others_may_write_to_is_refused(memory: Path, mode: int) -> None:
    memory.chmod(mode)
    with pytest.raises(SettingsError, match="choose a folder of mode 0700"):
        runtime_folder(configured(memory))


def test_a_file_in_its_place_and_a_name_too_long_for_a_socket_are_refused(memory: Path) -> None:
    (memory / "file").write_text("")
    with pytest.raises(SettingsError, match="is not this user's alone to write"):
        runtime_folder(configured(memory / "file"))
    with pytest.raises(SettingsError, match="longer than 80 bytes"):
        runtime_folder(configured(memory / ("x" * 80)))


def test_defaults_fall_through_to_one_in_memory_and_each_store_has_its_own(xdg: Path) -> None:
    one, other = (runtime_folder(Settings(store=Store(url=f"chdb:///srv/{name}"))) for name in ("a", "b"))
    again = runtime_folder(Settings(store=Store(url="chdb:///srv/a")))
    node = runtime_folder(Settings(store=Store(url="chdb:///srv/a", node="b")))
    assert one == again
    assert len({one, other, node}) == 3
    for folder in (one, other, node):
        assert is_in_memory(folder)
        assert folder.stat().st_mode & 0o777 == 0o700
        folder.rmdir()


# Imported while still root: the checkout may lie where nobody else can read.
AS_NOBODY = """
import os
from collector.runtime import runtime_folder
from collector.settings import Settings, SettingsError
settings = Settings()
os.setgid(65534); os.setuid(65534)
try:
    print(runtime_folder(settings))
except SettingsError as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_default_in_a_folder_that_somebody_else_made_is_passed_over(memory: Path) -> None:
    """Whoever owns the folder above could swap the one below for their own, and read the journal."""
    memory.chmod(0o755)
    trap = SHM / "logless-65534"
    assert not trap.exists()
    trap.mkdir()
    trap.chmod(0o777)
    try:
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, check=True, cwd=ROOT,
            env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(memory), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stdout == "runtime.dir: no folder in memory was found: mount a tmpfs and name it\n"
        assert list(trap.iterdir()) == []
        # The control: what is theirs they are given.
        os.chown(trap, 65_534, 65_534)
        trap.chmod(0o700)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, check=True, cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stdout.startswith(f"{trap}/")
    finally:
        shutil.rmtree(trap)
