"""What becomes of each field of an event, one by one: for whoever wants to know why a report looks as it does.

The table in `fields` says what is meant to become of it. What did is found by trying: the event is read with that one
field in it, and without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import msgspec

from ingest.app import App
from ingest.crashes.event import Report, open_event, read_report
from ingest.crashes.fields import EVENT, PARTS
from ingest.crashes.schema import Form, Part, Rule, Verdict
from ingest.crashes.sections import Raw, Section

_EACH: Final = "[]"
"""The step of a path that goes into every entry of a list."""
_MOST: Final = 500
"""Paths that are told of one event. An SDK's own is made of a hundred or two."""
_NESTED: Final = frozenset({Form.PART, Form.LIST, Form.VALUES})
_WHOLE: Final = frozenset({Form.ENVIRONMENT, Form.TAGS, Form.TEMPLATE, Form.FINGERPRINT})
"""Forms that some values have already: nothing is cut off them then."""
_PART_OF: Final[Mapping[str, Part]] = {part.name: part for part in PARTS}

Path = tuple[str, ...]


class Fate(StrEnum):
    """What became of a field."""

    KEPT = "kept"
    COARSENED = "coarsened"
    DROPPED = "dropped"
    WITHHELD = "withheld"  # the tripwire took it for somebody's identifier


@dataclass(frozen=True, slots=True)
class Told:
    """A field, wherever in the event it stands: how often, what became of it, and why.

    `detector` is what set the tripwire off, `counted` the names under which the loss is counted.
    """

    field: str
    times: int
    fate: Fate
    why: str
    detector: str = ""
    counted: tuple[str, ...] = ()


def verdicts_of(section: Section, app: App) -> list[Told]:
    """Return what becomes of each field of an event, in the order in which it has them.

    Entries of a list are told together. Of an event with more paths than any SDK's, the first 500 are told.
    """
    event = {name: _decoded(raw) for name, raw in section.items()}
    found: dict[Path, tuple[int, Rule | None]] = {}
    for path, rule in _fields(event, EVENT, ()):
        if path in found or len(found) < _MOST:
            found[path] = found.get(path, (0, rule))[0] + 1, rule
    return [_told(event, app, path, times, rule) for path, (times, rule) in found.items()]


def _decoded(raw: Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        # No sound JSON further down: it is judged by the field that it is in.
        return bytes(raw).decode("utf-8", "replace")


def _fields(value: Any, part: Part, at: Path) -> Iterator[tuple[Path, Rule | None]]:
    """Yield the path and the rule of every field that is no object with rules of its own."""
    if not isinstance(value, dict):
        yield at, None
        return
    for name, content in value.items():
        rule = part.rule_of.get(name)
        if content in (None, "", [], {}) and not isinstance(content, bool):
            continue
        if rule is not None and rule.form in _NESTED and rule.verdict is not Verdict.DROP:
            yield from _within(content, _PART_OF[rule.part], rule, (*at, name))
        else:
            yield (*at, name), rule


def _within(content: Any, part: Part, rule: Rule, at: Path) -> Iterator[tuple[Path, Rule | None]]:
    if rule.form is Form.VALUES and isinstance(content, dict) and "values" in content:
        content, at = content["values"], (*at, "values")
    if isinstance(content, list) and rule.form in {Form.LIST, Form.VALUES}:
        for entry in content:
            yield from _fields(entry, part, (*at, _EACH))
    elif isinstance(content, dict) and rule.form is not Form.LIST:
        yield from _fields(content, part, at)
    else:
        # A text where an object belongs: what older SDKs send is read, all else is a loss.
        yield at, rule


def _told(event: Mapping[str, Any], app: App, path: Path, times: int, rule: Rule | None) -> Told:
    without, alone = (_read(_only(event, path, keeps=keeps), app) for keeps in (False, True))
    tripped = alone.tripped - without.tripped
    lost = alone.stripped - without.stripped
    detector = min((detector.value for _, detector in tripped), default="")
    if tripped:
        fate = Fate.WITHHELD
    elif rule is None or rule.verdict is Verdict.DROP:
        fate = Fate.DROPPED
    elif lost:
        fate = Fate.DROPPED if _kept(alone) == _kept(without) else Fate.COARSENED
    else:
        fate = Fate.COARSENED if rule.verdict is Verdict.COARSEN and rule.form not in _WHOLE else Fate.KEPT
    return Told(
        field=".".join(path).replace(f".{_EACH}", _EACH),
        times=times,
        fate=fate,
        why=rule.why if rule is not None else "the schema does not know it",
        detector=detector,
        counted=tuple(sorted(field.value for field in lost)),
    )


def _kept(report: Report) -> Report:
    return replace(report, stripped=frozenset(), tripped=frozenset())


def _read(event: Any, app: App) -> Report:
    opened = open_event(msgspec.json.encode(event))
    assert isinstance(opened, dict)
    return read_report(opened, app)


def _only(value: Any, path: Path, *, keeps: bool) -> Any:
    """Return a value with nothing in it but what leads to a path, and what stands there if that `keeps`."""
    if not path:
        return value if keeps else None
    name, *rest = path
    if name == _EACH:
        return [_only(entry, tuple(rest), keeps=keeps) for entry in value] if isinstance(value, list) else None
    if not isinstance(value, dict) or name not in value or not (rest or keeps):
        return {}
    return {name: _only(value[name], tuple(rest), keeps=keeps)}
