"""Events in which every key and every value bears a marker of its own."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

_ALPHABET = string.ascii_lowercase + string.digits

KEPT = ("exception.type", "frame.function", "frame.module", "frame.filename", "frame.package", "release", "logger")
"""Where names of code are kept: the marker that stands for the name itself may be found again. Nothing else may.

`logger` names the place of a message that has no stack, as a function does.
"""

WAITS = ("device.model",)
"""What may be handed to counting and waits there for k senders."""

KNOWN = (
    *("event_id", "timestamp", "logger", "server_name", "transaction", "culprit", "dist", "environment", "modules"),
    *("message", "logentry", "formatted", "params", "user", "id", "email", "username", "ip_address", "geo", "segment"),
    *("request", "url", "headers", "cookies", "data", "env", "query_string", "fragment", "method", "breadcrumbs"),
    *("values", "category", "type", "extra", "fingerprint", "errors", "sdk", "name", "version", "packages", "settings"),
    *("contexts", "os", "device", "app", "runtime", "browser", "culture", "trace", "gpu", "build", "kernel_version"),
    *("raw_description", "model_id", "family", "brand", "boot_time", "timezone", "app_start_time", "device_app_hash"),
    *("view_names", "permissions", "debug_meta", "images", "code_file", "debug_file", "debug_id", "image_addr"),
    *("threads", "crashed", "current", "stacktrace", "frames", "vars", "abs_path", "context_line", "pre_context"),
    *("post_context", "registers", "lock", "mechanism", "description", "meta", "ns_error", "help_link", "value"),
    *("instruction_addr", "symbol_addr", "raw_function", "addr_mode", "trust", "colno", "tags", "spans", "otel"),
    *("did", "release", "level", "platform", "received", "project", "time_spent", "transaction_info", "source"),
)


def _base64(text: str, phase: int) -> str:
    """Return what a text looks like in base64, `phase` bytes behind the beginning of a group, without its edges."""
    packed = base64.b64encode(b"\0" * phase + text.encode()).decode().rstrip("=")
    return packed[4 if phase else 0 : -1]


ENCODINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda text: _base64(text, 0),
    lambda text: _base64(text, 1),
    lambda text: _base64(text, 2),
    lambda text: text.encode().hex(),
    lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    lambda text: quote(quote(f"<{text}>", safe=""), safe=""),
    lambda text: "\\u" + "\\u".join(f"{ord(char):04x}" for char in text),
    lambda text: text[::-1],
    lambda text: json.dumps(json.dumps({"inner": text})),
    lambda text: str(int.from_bytes(text.encode())),
)
"""Twelve ways in which a marker may be written; each is looked for as it is written."""


@dataclass
class Canaries:
    """A source of markers: each is drawn once, and remembered by where it may be found again."""

    random: random.Random
    forbidden: set[str] = field(default_factory=set)
    encodings: set[int] = field(default_factory=set)
    kept: dict[str, set[str]] = field(default_factory=dict)

    def mark(self, place: str = "") -> str:
        """Draw a marker; with a place of `KEPT` or `WAITS` it may be found there."""
        drawn = "q" + "".join(self.random.choices(_ALPHABET, k=13))
        if place:
            self.kept.setdefault(place, set()).add(drawn)
        else:
            self.forbidden.add(drawn)
        return drawn

    def number(self) -> int:
        drawn = self.random.randrange(10**11, 10**12)
        self.forbidden.add(str(drawn))
        return drawn

    def text(self) -> str:
        """Draw one of the forms in which a marker may come along."""
        plain: list[Callable[[], str]] = [self.mark, self.written, lambda: str(self.number()), self.no_name]
        return self.random.choice(plain)()

    def written(self) -> str:
        """Draw a marker in one of twelve encodings."""
        number = self.random.randrange(len(ENCODINGS))
        self.encodings.add(number)
        text = ENCODINGS[number](self.mark())
        self.forbidden.add(text.lower())
        return text

    def identifier(self) -> str:
        """Draw what has the form of a name of code, and looks like the identifier of a person or a machine."""
        drawn = self.random
        digits = "".join(drawn.choices(string.digits, k=12))
        hexed = f"{drawn.getrandbits(128) | 0x9A << 120:032x}"
        uuid = "_".join((hexed[:8], hexed[8:12], hexed[12:16], hexed[16:20], hexed[20:]))
        capitals = "".join(drawn.choices(string.ascii_uppercase, k=12))
        account = f"ivpnX{digits[:7]}", f"i-{capitals[:4]}-{capitals[4:8]}-{digits[:4]}"
        host = f"ip_{drawn.randrange(11, 99)}_{drawn.randrange(99)}_{drawn.randrange(99)}_{drawn.randrange(11, 99)}"
        mac = "_".join(f"{drawn.randrange(256):02x}" for _ in range(5)) + "_9f"
        text = drawn.choice([uuid, hexed, *account, host, mac, f"ghp_{hexed}{digits[:4]}", f"sk_live_{hexed[:16]}"])
        self.forbidden.add(text.lower())
        return text

    def no_name(self) -> str:
        """Draw a text that has not the form of a name of code, for the places where one would be kept."""
        forms: list[Callable[[], str]] = [
            lambda: f"{self.mark()}@{self.mark()}.org",
            lambda: f"/home/{self.mark()}/{self.mark()}",
            lambda: f"https://{self.mark()}/{self.mark()}?{self.mark()}={self.mark()}",
            lambda: f"a sentence about {self.mark()} and {self.mark()}",
        ]
        return self.random.choice(forms)()

    def key(self) -> str:
        return self.random.choice(KNOWN) if self.random.random() < 0.7 else self.mark()

    def junk(self, depth: int = 3) -> Any:
        """Draw any JSON, with a marker in every place."""
        shape = self.random.random()
        if depth == 0 or shape < 0.4:
            return self.number() if self.random.random() < 0.2 else self.text()
        if shape < 0.6:
            return [self.junk(depth - 1) for _ in range(self.random.randrange(1, 4))]
        return {self.key(): self.junk(depth - 1) for _ in range(self.random.randrange(1, 5))}

    def among(self, fields: dict[str, Any], *, but: tuple[str, ...] = ()) -> dict[str, Any]:
        """Put junk beside fields, under keys known and unknown, never under those that may be kept."""
        beside = {self.key(): self.junk() for _ in range(self.random.randrange(1, 6))}
        return {key: value for key, value in beside.items() if key not in but} | fields


def event(canaries: Canaries) -> dict[str, Any]:
    """Draw a crash, its consent given, that is full of markers. A third have junk in place of a whole section."""
    draw = canaries.random
    made = canaries.among(
        {
            "platform": draw.choice(["python", "node", "java", "native", canaries.text()]),
            "release": draw.choice([canaries.mark("release"), f"{canaries.mark('release')}@1.2", canaries.no_name()]),
            "timestamp": draw.choice(["2026-11-25T10:00:00Z", canaries.text()]),
            "environment": draw.choice(["production", canaries.text()]),
            "logger": draw.choice([canaries.mark("logger"), canaries.no_name(), canaries.identifier()]),
            "tags": {"consent": "given", canaries.mark(): canaries.text()},
            "exception": {"values": [_exception(canaries) for _ in range(draw.randrange(1, 4))]},
            "contexts": canaries.among(
                {
                    "os": canaries.among(
                        {"name": draw.choice(["Android", canaries.text()]), "version": canaries.text()}
                    ),
                    "device": canaries.among(
                        {
                            "model": draw.choice([canaries.mark("device.model"), canaries.no_name()]),
                            "arch": canaries.text(),
                        }
                    ),
                    "app": canaries.among({"in_foreground": draw.choice([True, canaries.text()])}),
                },
            ),
        },
        but=("stacktrace", "threads"),
    )
    if draw.random() < 0.3:
        made[draw.choice(["contexts", "exception", "platform", "level", "debug_meta", "user"])] = canaries.text()
    return made


def _exception(canaries: Canaries) -> dict[str, Any]:
    stacktrace = canaries.among({"frames": [_frame(canaries) for _ in range(canaries.random.randrange(0, 5))]})
    return canaries.among(
        {
            "type": canaries.random.choice(
                [
                    canaries.mark("exception.type"),
                    canaries.no_name(),
                    canaries.identifier(),
                    {canaries.mark(): canaries.junk()},
                ]
            ),
            "value": canaries.junk(),
            "mechanism": canaries.among({"handled": False}),
            "stacktrace": canaries.random.choice([stacktrace, stacktrace, canaries.junk()]),
        }
    )


def _frame(canaries: Canaries) -> dict[str, Any]:
    draw = canaries.random
    function, module = canaries.mark("frame.function"), canaries.mark("frame.module")
    file, package = canaries.mark("frame.filename"), canaries.mark("frame.package")
    return canaries.among(
        {
            "function": draw.choice(
                [
                    function,
                    f"{function}({canaries.mark()} {canaries.mark()})",
                    f"{function}<{canaries.mark()}>",
                    canaries.no_name(),
                    canaries.identifier(),
                    f"{function}.{canaries.identifier()}.run",
                ]
            ),
            "module": draw.choice(
                [module, canaries.no_name(), canaries.identifier(), f"/home/{canaries.mark()}/{canaries.mark()}"]
            ),
            "filename": draw.choice(
                [
                    f"/home/{canaries.mark()}/{file}.py",
                    f"C:\\Users\\{canaries.mark()} {canaries.mark()}\\{file}.cs",
                    f"https://{canaries.mark()}.org/{canaries.mark()}/{file}.js?{canaries.mark()}={canaries.mark()}",
                    f"https://{canaries.mark()}.org/{canaries.mark()}/{canaries.mark()}",
                    f"/srv/{canaries.mark()}/{canaries.identifier()}.py",
                    canaries.no_name(),
                ]
            ),
            "package": draw.choice([f"/data/app/~~{canaries.mark()}==/{package}.so", [canaries.junk()]]),
            "lineno": draw.choice([7, canaries.number()]),
            "instruction_addr": draw.choice([hex(canaries.number()), canaries.number()]),
            "vars": canaries.junk(),
            "abs_path": canaries.text(),
        },
        but=("image_addr",),
    )
