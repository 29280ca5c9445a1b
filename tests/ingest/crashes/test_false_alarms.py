"""Names of code as they stand in real runtimes: hardly any may set off the tripwire or be taken for a sentence."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.boundary.identifiers import find_identifier
from ingest.crashes.names import FUNCTION, MODULE
from ingest.crashes.symbols import normal_function, normal_module

LIBRARIES = "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/lib/x86_64-linux-gnu/libc.so.6"
TABLES = ("typeinfo ", "vtable ", "VTT ", "construction vtable ", "guard variable ")
OF_NODE = """
const names = new Set(), seen = new Set();
function walk(value, path, depth) {
  if (depth > 3 || !value || !['object', 'function'].includes(typeof value) || seen.has(value)) return;
  seen.add(value);
  for (const key of Object.getOwnPropertyNames(value)) {
    names.add(path ? path + '.' + key : key);
    try { walk(value[key], key, depth + 1); } catch {}
  }
}
walk(globalThis, '', 0);
for (const name of require('module').builtinModules) { try { walk(require(name), name, 0); } catch {} }
require('fs').writeFileSync(process.argv[1], [...names].join('\\n'));
process.exit(0);
"""


def run(*command: str, given: str | None = None) -> list[str]:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def of_libraries(*files: str) -> list[str]:
    return [line.rpartition(" ")[2] for file in files for line in run("nm", "-D", "--defined-only", file)]


def of_native() -> list[str]:
    mangled = of_libraries(*LIBRARIES)
    # No frame of a stack is a table or the description of a type.
    plain = [name for name in run("c++filt", given="\n".join(mangled)) if not name.startswith(TABLES)]
    return [*mangled, *plain]


def of_rust() -> list[str]:
    # The compiler's own library has the most of them; a share is enough.
    files = sorted((Path.home() / ".rustup/toolchains").glob("*/lib/librustc_driver-*.so"))
    mangled = of_libraries(*map(str, files[:1]))[:6_000]
    return [*mangled, *run("c++filt", given="\n".join(mangled))] if mangled else []


def of_java() -> list[str]:
    """Return the classes that a JDK loads at its start, those of lambdas among them."""
    lists = sorted(Path("/usr/lib/jvm").glob("*/lib/classlist"))
    lines = lists[0].read_text().splitlines() if lists else []
    return [line.split(" ")[0].replace("/", ".") for line in lines if line[:1] not in {"#", "@", ""}]


def of_node() -> list[str]:
    with tempfile.NamedTemporaryFile("r") as file:
        run("node", "-e", OF_NODE, file.name)
        return file.read().splitlines()


SOURCES: list[tuple[str, Callable[[], list[str]], str]] = [
    ("c and c++", of_native, "nm"),
    ("rust", of_rust, "rustc"),
    ("java", of_java, "java"),
    ("node", of_node, "node"),
]


@pytest.mark.parametrize(("runtime", "names_of", "program"), SOURCES, ids=[source[0] for source in SOURCES])
def test_names_of_runtimes_are_kept(runtime: str, names_of: Callable[[], list[str]], program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: the names of {runtime} are not looked at")
    names = sorted({name for name in names_of() if name})
    if not names:
        pytest.skip(f"no library of {runtime} is installed: its names are not looked at")
    normal = {name: normal_module(name) if runtime == "java" else normal_function(name) for name in names}
    alarms = [name for name in normal.values() if name and find_identifier(name) is not None]
    shape = MODULE if runtime == "java" else FUNCTION
    lost = [name for name, form in normal.items() if form is None or (form and not shape.fits(form[:160]))]
    assert len(names) > 1_000
    assert len(alarms) <= len(names) / 1_000, alarms[:10]
    assert len(lost) <= len(names) / 100, lost[:10]
