"""The house keeps its shape: names, places, and what must never be written."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("collector", "ingest", "dashboards")
BANNED_NAMES = {"utils", "helpers", "common", "core", "base", "manager", "service", "handler", "misc"}

MODULES = sorted(
    file for package in PACKAGES for file in (ROOT / package).rglob("*.py") if "node_modules" not in file.parts
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert path.stem not in BANNED_NAMES
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_remembers_by_address_or_prints(path: Path) -> None:
    """An lru_cache outlives the day, and print and logging of input are how others leaked."""
    text = path.read_text()
    assert "lru_cache" not in text
    assert not re.search(r"^\s*print\(", text, re.MULTILINE)
    # One module imports it: to silence the client library, whose log would quote values.
    assert "import logging" not in text or name_of(path) == "ingest/store/client.py"


def test_regular_expressions_on_input_are_bounded() -> None:
    """`re` may stall on hostile input: only these read what the operator or we ourselves wrote."""
    allowed = {
        "collector/front.py",        # a path, by a pattern without nested repetition
        "collector/scan.py",         # the operator's own texts
        "collector/sections.py",     # the configuration
        "collector/settings.py",
        "collector/values.py",
        "ingest/boundary/process.py",   # what the kernel tells in /proc
        "ingest/store/migrations.py",
        "ingest/store/retention.py",
    }  # fmt: skip
    users = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import) and any(alias.name == "re" for alias in node.names):
                users.add(name_of(path))
    assert users - allowed - {name for name in users if name.startswith("collector/demonstration/")} == set()


def test_one_module_names_clickhouse_connect() -> None:
    users = [
        name_of(path)
        for path in MODULES
        if re.search(r"^\s*(import|from) clickhouse_connect", path.read_text(), re.MULTILINE)
    ]
    assert users == ["ingest/store/client.py"]


def test_nothing_of_a_registry_or_a_machine_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False).stdout.split()
    # In two parts each, so that this file does not find itself.
    parts = [("pypi", ".org"), ("pythonhosted", ".org"), ("registry.npm", "js.org"), ("/work", "/main")]
    hosts = re.compile("|".join(re.escape("".join(pair)) for pair in parts))
    kinds = {".py", ".toml", ".lock", ".json", ".md", ".txt", ".yml", ".sh", ".js", ""}
    files = [ROOT / name for name in listed]
    texts = {path: path.read_text(errors="ignore") for path in files if path.is_file() and path.suffix in kinds}
    assert len(texts) > 50
    assert [name_of(path) for path, text in texts.items() if hosts.search(text)] == []
