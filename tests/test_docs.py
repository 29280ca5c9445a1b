"""What is not in the README does not exist for its reader: every setting, command, refusal and metric must be."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from collector.command import main
from collector.operations import Health
from collector.sections import AppSection, SiteSection
from collector.settings import Settings
from ingest.counters.cells import Refusal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def settings_keys() -> list[str]:
    found = []
    for section, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += [f"{section}.{key}" for key in field.annotation.model_fields]
    return found


@pytest.mark.parametrize("key", settings_keys())
def test_every_setting_is_in_the_readme(key: str) -> None:
    assert f"`{key}`" in README


@pytest.mark.parametrize("key", sorted({*SiteSection.model_fields, *AppSection.model_fields} - {"demonstration"}))
def test_every_key_of_sites_and_apps_is_in_the_readme(key: str) -> None:
    assert f"`{key}`" in README


@pytest.mark.parametrize("reason", [reason.value for reason in Refusal])
def test_every_refusal_is_in_the_readme(reason: str) -> None:
    assert f"`{reason}`" in README


def test_every_metric_is_in_the_readme() -> None:
    source = Path(sys.modules[Health.__module__].__file__ or "").read_text()
    names = re.findall(r'"(logless_\w+)":', source)
    assert len(names) > 5
    assert not [name for name in names if f"`{name}`" not in README]


def commands() -> list[str]:
    root = typer.main.get_command(main)
    found = []
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found += [f"{name} {part}" for part in below] if below else [name]
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`{command}`" in README or f"logless {command}" in README


def test_commands_of_the_readme_exist() -> None:
    known = commands()
    spoken = re.findall(r"`([^`\n]+)`|^(.*bin/logless.*)$", README, re.MULTILINE)
    lines = "\n".join("".join(pair) for pair in spoken)
    grouped = "site|app|user|token|retention|privacy|symbols|geo|explain"
    used = re.findall(rf"(?:^|/)logless ((?:{grouped}) \w+|[a-z][a-z-]+)", lines, re.MULTILINE)
    assert len(used) > 5
    assert not [name for name in used if name not in known]


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z]+)(?:`|\s+#)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_dependency_is_argued_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[>=<;\[ ]", line)[0] for line in project["dependencies"]]
    table = README.partition("## Built on")[2]
    assert table
    assert not [name for name in names if name not in table]


def test_the_walk_through_shows_the_file_that_its_test_adds() -> None:
    assert (ROOT / "tests/ingest/hits/walkthrough/scheme.py").read_text() in README


def test_first_line_of_the_readme_says_what_to_install() -> None:
    body = [line for line in README.splitlines() if line and not line.startswith("#")]
    assert "apt install git make python3-venv" in body[0]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['logless', '--help']\nfrom collector.command import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'sqlalchemy', 'clickhouse_connect', 'sentry_sdk', 'starlette', 'uvicorn', 'pydantic'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
