"""Normal forms of functions, modules and types: what differs between runs, builds and machines is cut.

The forms are those that runtimes write: JVM and Kotlin lambdas and anonymous classes, MSVC and Itanium C++, Rust,
Swift and Objective-C, .NET, JavaScript, PHP, Ruby, Dart.
"""

from __future__ import annotations

from typing import Final

import re2

_LONGEST: Final = 512
_MOST_CUTS: Final = 8  # of one kind in one name; a name with more was made to take our time

_CUTS: Final = (
    # what a text must hold for the pattern to be tried, the pattern, what is put in the place of a match
    (
        "$$Lambda",
        re2.compile(r"\$\$Lambda(?:\$\d+)?(?:/(?:0x)?[0-9a-fA-F]+)?"),
        "$$Lambda",
    ),  # JVM: numbered at run time
    ("<lambda_", re2.compile(r"<lambda_[0-9a-fA-F]+>"), "<lambda>"),  # MSVC
    ("@anonymous", re2.compile(r"(?s)@anonymous.*$"), "@anonymous"),  # PHP: the path of the file follows
    ("{closure:", re2.compile(r"\{closure:[^}]*\}"), "{closure}"),  # PHP 8.4: likewise
    ("::h", re2.compile(r"::h[0-9a-f]{16}$"), ""),  # Rust, demangled
    ("[", re2.compile(r"\[[0-9a-f]{10,16}\]"), ""),  # Rust, mangled by version 0: which build of a crate
    ("@", re2.compile(r"@@?[A-Z][A-Z_]*_[0-9][0-9.]*$"), ""),  # ELF: version of a symbol
    ("17h", re2.compile(r"17h[0-9a-f]{16}E"), "E"),  # Rust, mangled
    ("sub_", re2.compile(r"\bsub_[0-9a-fA-F]{4,16}\b"), ""),  # addresses in the shape of a name
    ("FUN_", re2.compile(r"\bFUN_[0-9a-fA-F]{4,16}\b"), ""),
    ("0x", re2.compile(r"[+ ]*\b0x[0-9a-fA-F]+"), ""),
    (" + ", re2.compile(r" \+ \d+$"), ""),  # offset behind an Apple symbol
    ("$", re2.compile(r"\$\d+"), "$"),  # JVM: anonymous classes are numbered in the order of the source
    (" in conformance ", re2.compile(r" in conformance .*$"), ""),  # Swift
    (" -> ", re2.compile(r" -> .*$"), ""),
    (" throws", re2.compile(r" throws$"), ""),
    (" [as ", re2.compile(r" \[as [^\]]*\]$"), ""),  # V8
    (" [clone ", re2.compile(r" \[clone [^\]]*\]"), ""),  # GCC
    (".cold", re2.compile(r"\.cold(?:\.\d+)*$"), ""),
    (".part.", re2.compile(r"\.part(?:\.\d+)+$"), ""),
    (".isra.", re2.compile(r"\.isra(?:\.\d+)+$"), ""),
    (".constprop.", re2.compile(r"\.constprop(?:\.\d+)+$"), ""),
    ("anonymous namespace", re2.compile(r"\(anonymous namespace\)|`anonymous namespace'"), "(anonymous)"),
    ("<anonymous closure>", re2.compile(r"<anonymous closure>"), "<closure>"),  # Dart
    (" levels) in", re2.compile(r"block \(\d+ levels\) in"), "block in"),  # Ruby
    ("<top (", re2.compile(r"<top \(required\)>"), "<top>"),
    ("`", re2.compile(r"`\d+(?:\[.*\])?"), ""),  # .NET: arity and type arguments
    (" ", re2.compile(r"(?: const| volatile| noexcept| &)+$"), ""),
)
_CUTS_OF_PLAIN: Final = tuple(cut for cut in _CUTS if all(char.isalnum() or char in "_." for char in cut[0]))
"""Those that a dotted identifier can need, as most names are."""

_IMPLEMENTATION: Final = re2.compile(r"^<(.+) as [^ ]+>(::.+)$")  # Rust: <Type as Trait>::method
_SELECTOR: Final = re2.compile(
    r"(?:__\d+)?[-+]\[[\w.$]+(?:\(\w*\))? [\w:.$]+\](?:_block_invoke(?:[_.]\d+)?)?"
)  # Objective-C
_LABELS: Final = re2.compile(r"(?:\w+:)+")  # Swift: the labels of arguments are part of the name
_PLACES: Final = ("/", "~", "\\\\", "file:", "home/", "Users/")
_DRIVE: Final = (":/", ":\\")

_WORDS: Final = frozenset(
    {
        *("anonymous", "as", "async", "await", "block", "bool", "char", "class", "closure", "const", "default"),
        *("delete", "dispatch", "ensure", "for", "function", "get", "getter", "implicit", "in", "int", "lazy"),
        *("long", "merged", "modify", "new", "non-virtual", "object", "of", "operator", "partial", "apply"),
        *("property", "protocol", "read", "reabstraction", "rescue", "set", "setter", "specialized", "static"),
        *("string", "Task", "thunk", "to", "unsigned", "ValueTask", "value", "virtual", "void", "witness", "@objc"),
    }
)
"""Words that runtimes put around a symbol. A text of other words is a sentence, and no name."""


def normal_function(text: str) -> str | None:
    """Return the normal form of a function's name, empty if nothing of it is stable, or None if it is no name."""
    text = _cut(text.strip()[:_LONGEST])
    if "[" in text and _SELECTOR.fullmatch(text):
        return text
    text = _without_types(text)
    if text.startswith("<"):
        text = _IMPLEMENTATION.sub(r"\1\2", text)
    text = _without_arguments(text)
    return "" if text == "?" else _spoken(text)


def normal_module(text: str) -> str | None:
    """Return the normal form of a module or class, or None if it is a place on a disk or a sentence."""
    text = text.strip()[:_LONGEST]
    if _is_place(text) or "?" in text:
        return None
    text = _without_types(_cut(text))
    return None if " " in text else text


def normal_type(text: str) -> str:
    """Return the normal form of an exception's type."""
    return _without_types(_cut(text.strip()[:_LONGEST])).removesuffix(" /").strip()


def _cut(text: str) -> str:
    is_plain = text.isascii() and text.replace(".", "").isidentifier()
    for trigger, pattern, instead in _CUTS_OF_PLAIN if is_plain else _CUTS:
        if trigger in text:
            text = pattern.sub(instead, text, _MOST_CUTS)
    return text


def _spoken(text: str) -> str | None:
    """Return the text if it has one symbol and else only words of runtimes, None if it is a sentence or a place."""
    tokens = text.split()
    if len(tokens) > 1 and "::" in tokens[-1]:
        tokens = tokens[-1:]  # C++: what stands before is the type that is returned
    symbols = [token for token in tokens if token not in _WORDS and not _is_ordinal(token)]
    if len(symbols) > 1 or any(_is_place(symbol) or _is_page(symbol) for symbol in symbols):
        return None
    return " ".join(tokens)


def _is_ordinal(token: str) -> bool:
    return token.startswith("#") and token[1:].isdecimal()


def _is_place(text: str) -> bool:
    """Tell whether a text is a path of a disk or the address of a page, and not a name."""
    return text.startswith(_PLACES) or text[1:3] in _DRIVE or "://" in text


def _is_page(text: str) -> bool:
    """Tell whether a function is rather the path of a page, or has a query.

    Go writes `github.com/owner/package.Function`, Elixir `function/2`, Ruby `empty?`, MSVC `?name@@YAXXZ`.
    """
    last = text.rpartition("/")[2]
    has_path = "/" in text and last != "" and "." not in last and not last.isdecimal()
    return has_path or "?" in text[1:-1]


def _without_types(text: str) -> str:
    """Drop template and generic arguments: balanced `<...>` right behind a name."""
    if "<" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for index, char in enumerate(text):
        if depth:
            depth += (char == "<") - (char == ">" and text[index - 1] != "-")
        elif char == "<" and _is_behind_name(text, index):
            depth = 1
        else:
            kept.append(char)
    return "".join(kept)


def _is_behind_name(text: str, index: int) -> bool:
    before = text[:index].removesuffix("::")  # Rust: name::<T>
    if before.endswith(" "):  # C++: operator<< <T>
        return "operator" in before[-12:] and not before[-2].isalnum()
    return bool(before) and (before[-1].isalnum() or before[-1] == "_") and not before.endswith("operator")


def _without_arguments(text: str) -> str:
    """Drop the argument list at the end, unless it is Swift's labels or the name of an operator."""
    text = text.rstrip()
    if not text.endswith(")") or text.endswith(("operator()", "(anonymous)")):
        return text
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if depth == 0:
            return text if _LABELS.fullmatch(text[index + 1 : -1]) or index == 0 else text[:index]
    return text
