"""Normal forms of file names: the last part of a path, and only if it is the name of a piece of code.

Everything before it is dropped: it holds home folders, and tokens of one installation (Android's
`/data/app/~~…==/`, iOS's `/var/containers/Bundle/Application/<UUID>/`).
"""

from __future__ import annotations

from typing import Final

import re2

_LONGEST: Final = 4096
_URL: Final = re2.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")
_VERSIONED: Final = re2.compile(r"\.so(?:\.\d+)*$")
_SPECIAL: Final = re2.compile(r"<(?:anonymous|frozen [\w.]+|string|stdin|eval|unknown|native|console)>")
_RUNTIME: Final = re2.compile(r"node:[a-z_/]+")
_PROGRAM: Final = re2.compile(r"[\pL_][\pL\pN_.-]*")
# main.3f2a91bc.js, main-3f2a91bc.chunk.js: a hash of six hex digits or more with a digit in it.
_HEX_PART: Final = re2.compile(r"[0-9a-f]{6,64}")
# index-BX8sKq2f.js: eight characters of base64url, as Vite and esbuild write them.
_MIXED_PART: Final = re2.compile(r"[A-Za-z0-9_-]{8}")
_WEB: Final = frozenset({"js", "mjs", "cjs", "css", "wasm", "jsbundle", "bundle"})

CODE: Final = frozenset(
    {
        *("apk", "asm", "bundle", "c", "cc", "cjs", "clj", "cpp", "cs", "cshtml", "css", "cts", "cxx", "d", "dart"),
        *("dex", "dll", "drv", "dylib", "erl", "ex", "exe", "exs", "fs", "go", "groovy", "h", "hh", "hpp", "hs"),
        *("hxx", "i", "inc", "inl", "ipp", "jar", "java", "js", "jsbundle", "jsx", "kt", "kts", "lua", "m", "mjs"),
        *("ml", "mm", "mts", "nim", "node", "oat", "odex", "php", "pl", "pm", "ps1", "py", "pyc", "pyd", "pyi"),
        *("pyx", "r", "razor", "rb", "rs", "s", "scala", "sh", "so", "svelte", "swift", "sys", "tcc", "ts", "tsx"),
        *("twig", "vala", "vb", "vdex", "vue", "wasm", "xaml", "zig"),
    }
)
"""What a file of code ends in. The last part of a web page's address ends in none of these, and may be anybody's."""

JVM: Final = frozenset(
    {"SourceFile", "Unknown Source", "Native Method", "R8$$SyntheticClass", "D8$$SyntheticClass", "PG"}
)
PROGRAM_FOLDERS: Final = frozenset({"bin", "sbin", "include", "v1"})


def normal_file(text: str) -> str | None:
    """Return the name of a source or bundle file, or None if it is not certainly the name of a piece of code."""
    text = text[:_LONGEST].strip()
    if text in JVM:
        return text.replace(" ", "")
    if text.startswith("<"):
        return text if _SPECIAL.fullmatch(text) else None
    if text.startswith("node:"):
        return text.rpartition("/")[2].removeprefix("node:") if _RUNTIME.fullmatch(text) else None
    folders = _parts(text)
    name = folders.pop() if folders else ""
    extension = name.rpartition(".")[2].lower()
    if extension in CODE and "." in name:
        return _without_hashes(name) if extension in _WEB else name
    if ".so" in name and _VERSIONED.search(name):
        return name
    in_program_folder = bool(folders) and (folders[-1] in PROGRAM_FOLDERS or "c++" in folders)
    return name if in_program_folder and not _is_url(text) and _PROGRAM.fullmatch(name) else None


def normal_image(text: str) -> str | None:
    """Return the name of the binary that a native frame lies in: programs of Apple and Linux end in nothing."""
    text = text[:_LONGEST].strip()
    parts = [] if _is_url(text) else _parts(text)
    return parts[-1] if parts else None


def _parts(text: str) -> list[str]:
    """Split a path of any system, or a URL without its query and fragment, into its parts."""
    if _is_url(text):
        text = text.partition("?")[0].partition("#")[0]
        scheme, _, rest = text.partition("://")
        text = rest.partition("/")[2] if scheme.isalnum() and rest else text
    return [part for part in text.replace("\\", "/").split("/") if part]


def _is_url(text: str) -> bool:
    return ":" in text and _URL.match(text) is not None


def _without_hashes(name: str) -> str:
    first, *parts = name.split(".")
    stem, dash, tail = first.rpartition("-")
    if dash and stem and _is_hash(tail):
        first = stem
    elif dash and len(first) > 9 and first[-9] in "-." and _is_hash(first[-8:]):
        first = first[:-9]
    return ".".join([first, *(part for part in parts[:-1] if not _is_hash(part)), parts[-1]])


def _is_hash(part: str) -> bool:
    digits = any(char.isdigit() for char in part)
    if _HEX_PART.fullmatch(part):
        return digits
    if _MIXED_PART.fullmatch(part) is None:
        return False
    letters = any(char.isalpha() for char in part)
    return (digits and letters and any(char.isupper() for char in part)) or sum(char.isupper() for char in part) >= 3
