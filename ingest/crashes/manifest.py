"""The closed schema for others to read: as JSON for filters on devices, as a page for people.

`python -m ingest.crashes.manifest` writes the page, docs/crash-fields.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.app import App
from ingest.crashes.fields import PARTS
from ingest.crashes.schema import MEMORY, STORAGE, UPTIME, Form, Part, Rule, Steps, Verdict
from ingest.crashes.templates import LONGEST_MESSAGE, LONGEST_TEMPLATE, ROUNDS, RULES

VERSION: Final = 1
"""Of the form of schema.json. A filter that meets another number than its own must not send."""

_NESTED: Final = frozenset({Form.PART, Form.LIST, Form.VALUES})


def schema_of(app: App) -> dict[str, Any]:
    """Return what an app's filter needs, as JSON data.

    `parts` says for each kind of object which keys may be sent and in which form, `fields` gives every verdict with
    its reason, for people.
    """
    return table() | {
        "app": app.id,
        "consent": app.consent.value,
        "environments": sorted(app.environments),
        "tags": {name: list(values) for name, values in sorted(app.tags.items())},
        "fingerprints": sorted(app.fingerprints),
    }


def table() -> dict[str, Any]:
    """Return what is the same for every app."""
    return {
        "version": VERSION,
        "parts": {part.name: dict(_sent(part)) for part in PARTS if any(_sent(part))},
        "buckets": {name: _begins(steps) for name, steps in _BUCKETS.items()},
        "templates": {
            "longest_message": LONGEST_MESSAGE,
            "longest_template": LONGEST_TEMPLATE,
            "rounds": ROUNDS,
            "rules": [list(rule) for rule in RULES],
        },
        "fields": [
            {"field": f"{part.where}.{name}", "verdict": rule.verdict.value, "why": rule.why}
            for part in PARTS
            for name, rule in part.rule_of.items()
        ],
    }


_BUCKETS: Final[Mapping[str, Steps]] = {"memory": MEMORY, "storage": STORAGE, "uptime": UPTIME}


def _begins(steps: Steps) -> list[int]:
    return [begin for begin, _ in steps]


def _sent(part: Part) -> Iterator[tuple[str, str | list[str]]]:
    """Yield what a device may send of a part: a form, or a form and the part that it is built by."""
    for name, rule in part.rule_of.items():
        if rule.form is Form.SPARE:
            continue
        if rule.verdict is not Verdict.DROP and rule.form is not None:
            yield name, [rule.form.value, rule.part] if rule.form in _NESTED else rule.form.value


def page() -> str:
    """Return docs/crash-fields.md."""
    lines = [
        "# What becomes of every field of a crash report",
        "",
        "Made from the table in `ingest/crashes/fields.py`; a test makes it again and compares. The fields are those",
        "of Sentry's public event schema, and those that SDKs send besides. A field without a verdict is dropped.",
        "",
        "- **keep**: kept, if it has the form of what it is said to be, and no detector of identifiers goes off.",
        "- **coarsen**: less is kept than was sent, or only what the app declares, or only once k people share it.",
        "- **drop**: not kept. Where a name stands in the last column, that it was sent is counted under it.",
    ]
    for part in PARTS:
        lines += [
            "",
            f"## {part.name}: `{part.where}`",
            "",
            "| field | verdict | because | counted as |",
            "|---|---|---|---|",
        ]
        lines += [_row(rule) for rule in part.rules]
    lines += ["", "## Buckets", ""]
    lines += [f"- {name}: {', '.join(label for _, label in steps)}" for name, steps in _BUCKETS.items()]
    return "\n".join([*lines, ""])


def _row(rule: Rule) -> str:
    names = ", ".join(f"`{name}`" for name in rule.names)
    counted = f"`{rule.counted.value}`" if rule.counted is not None else ""
    return f"| {names} | {rule.verdict.value} | {rule.why} | {counted} |"


if __name__ == "__main__":
    sys.stdout.write(page())
