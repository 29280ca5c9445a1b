import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.boundary.process import filesystem_of, is_in_memory

ROOT = Path(__file__).parents[3]
MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /run rw,nosuid shared:2 - tmpfs tmpfs rw,size=100k
24 23 0:22 / /run/with\\040space rw shared:3 master:4 - ext4 /dev/sdb1 rw
25 22 0:23 / /mnt rw - xfs /dev/sdc rw
26 25 0:24 / /mnt rw - ramfs ramfs rw
27 22 0:25 / /runner rw - btrfs /dev/sdd rw
"""
HEADING = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A /proc and a /sys whose runtime folder is in memory and which swaps nowhere."""
    files = {
        "proc/self/mountinfo": MOUNTS,
        "proc/swaps": HEADING,
        "proc/self/cgroup": "0::/system.slice/logless.service\n",
        "sys/fs/cgroup/system.slice/memory.swap.max": "max\n",
        "sys/fs/cgroup/system.slice/logless.service/memory.swap.max": "max\n",
        "sys/block/zram0/backing_dev": "none\n",
        "sys/block/zram1/backing_dev": "/dev/sda9\n",
        "sys/block/dm-0/dm/uuid": "CRYPT-PLAIN-swap\n",
        "sys/block/dm-1/dm/uuid": "LVM-abc\n",
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    mapped = tmp_path / "dev/mapper"
    mapped.mkdir(parents=True)
    (tmp_path / "dev/dm-0").touch()
    (mapped / "cryptswap").symlink_to(tmp_path / "dev/dm-0")
    return tmp_path


def hardened_by(machine: Path, runtime: str) -> list[str]:
    """Harden a process of its own: it cannot be undone."""
    program = (
        "import json, sys; from pathlib import Path; from ingest.boundary.process import harden;"
        "print(json.dumps(harden(Path(sys.argv[1]), Path(sys.argv[2]))))"
    )
    command = [sys.executable, "-c", program, runtime, str(machine)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    warnings: list[str] = json.loads(done.stdout)
    return warnings


@pytest.mark.parametrize(
    ("path", "filesystem"),
    [
        ("/", "ext4"),
        ("/run", "tmpfs"),
        ("/run/logless/deep/folder", "tmpfs"),
        ("/run/with space/x", "ext4"),
        ("/mnt/x", "ramfs"),  # the later mount hides the earlier
        ("/runner/x", "btrfs"),  # not inside /run
        ("/running", "ext4"),
    ],
)
def test_filesystem_of(machine: Path, path: str, filesystem: str) -> None:
    assert filesystem_of(Path(path), machine) == filesystem
    assert is_in_memory(Path(path), machine) == (filesystem in {"tmpfs", "ramfs"})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_filesystem_of_this_machine() -> None:
    assert filesystem_of(Path("/proc/self")) == "proc"
    assert filesystem_of(Path("/dev/shm")) == "tmpfs"


def test_a_good_machine_gets_no_warning(machine: Path) -> None:
    assert hardened_by(machine, "/run/logless") == []


def test_a_runtime_folder_on_a_disk_is_named(machine: Path) -> None:
    assert hardened_by(machine, "/srv/run") == [
        "/srv/run: the runtime folder is on ext4, which is a disk; mount a tmpfs there"
    ]


@pytest.mark.parametrize(
    ("swap", "is_plain"),
    [
        ("/dev/sda2 partition 1 0 -2", True),
        ("/swap\\040file file 1 0 -2", True),
        ("/dev/dm-1 partition 1 0 -2", True),
        ("/dev/zram1 partition 1 0 -2", True),  # written back to a disk
        ("/dev/zram0 partition 1 0 100", False),
        ("/dev/dm-0 partition 1 0 -2", False),
        ("/dev/mapper/cryptswap partition 1 0 -2", False),
    ],
)
def test_plain_swap_is_warned_of(machine: Path, swap: str, is_plain: bool) -> None:
    (machine / "proc/swaps").write_text(HEADING + swap + "\n")
    warnings = hardened_by(machine, "/run/logless")
    assert len(warnings) == is_plain
    if is_plain:
        path = swap.split(maxsplit=1)[0].replace("\\040", " ")
        assert f"swapped in clear to {path}: encrypt it, use zram, or set MemorySwapMax=0" in warnings[0]


@pytest.mark.parametrize("group", ["system.slice", "system.slice/logless.service"])
def test_a_control_group_fences_swap_off(machine: Path, group: str) -> None:
    (machine / "proc/swaps").write_text(HEADING + "/dev/sda2 partition 1 0 -2\n")
    assert len(hardened_by(machine, "/run/logless")) == 1
    (machine / "sys/fs/cgroup" / group / "memory.swap.max").write_text("0\n")
    assert hardened_by(machine, "/run/logless") == []


def test_a_machine_without_proc_is_told_what_cannot_be_known(tmp_path: Path) -> None:
    warnings = hardened_by(tmp_path, "/run/logless")
    assert len(warnings) == 2
    assert all("cannot tell" in warning for warning in warnings)


SEEN_FROM_INSIDE = """
import ctypes, json, os, resource, sys
from pathlib import Path
from ingest.boundary.process import harden
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY if os.geteuid() == 0 else 0,) * 2)
def seen():
    limits = next(line for line in open("/proc/self/limits") if line.startswith("Max core file size"))
    return {"core": limits.split()[4:6], "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)}
before = seen()
harden(Path("/dev/shm"))
print(json.dumps([before, seen()]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prctl")
def test_the_kernel_sees_a_process_without_dumps() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEEN_FROM_INSIDE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, after = json.loads(done.stdout)
    assert before["dumpable"] == 1
    if os.geteuid() == 0:
        assert before["core"] == ["unlimited", "unlimited"]
    assert after == {"core": ["0", "0"], "dumpable": 0}
