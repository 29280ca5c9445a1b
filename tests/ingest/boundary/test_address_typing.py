"""mypy rejects every way to put a string where an address belongs, and every way to read one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAMS = sorted((ROOT / "tests/typing").glob("*.py"))


def expected_in(program: Path) -> set[tuple[str, int, str]]:
    found = set()
    for number, line in enumerate(program.read_text().splitlines(), start=1):
        if mark := re.search(r"# E: \[(.+)\]$", line):
            found |= {(program.name, number, code) for code in mark[1].split(", ")}
    return found


@pytest.fixture(scope="module")
def reported() -> set[tuple[str, int, str]]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-color-output", *map(str, PROGRAMS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = re.findall(r"^(\S+?):(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    return {(Path(name).name, int(number), code) for name, number, code in lines}


def test_there_are_programs_that_must_fail() -> None:
    assert len(PROGRAMS) >= 2
    assert all(len(expected_in(program)) >= 10 for program in PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_each_expected_error_is_reported_and_no_other(program: Path, reported: set[tuple[str, int, str]]) -> None:
    assert {entry for entry in reported if entry[0] == program.name} == expected_in(program)
