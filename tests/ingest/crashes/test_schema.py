from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crashes.door import EXPLICIT
from ingest.crashes import frames, stack
from ingest.crashes.fields import CONTEXTS, EVENT, EXCEPTION, FRAME, PARTS, STACKTRACE
from ingest.crashes.manifest import page, schema_of, table
from ingest.crashes.schema import MEMORY, STORAGE, UPTIME, Form, Steps, Verdict, bucket_of
from ingest.crashes.stripped import Stripped

PUBLIC = json.loads(Path(__file__).with_name("sentry_event_schema.json").read_text())
ROOT = Path(__file__).parents[3]


def without_verdict(public: dict[str, list[str]]) -> list[str]:
    """Return the properties of a public schema that no part answers for."""
    judged = {name: part for part in PARTS for name in part.public}
    return [
        f"{kind}.{name}"
        for kind, names in public.items()
        for name in names
        if kind not in judged or name not in judged[kind].rule_of
    ]


def test_every_property_of_the_public_schema_has_a_verdict() -> None:
    assert len(PUBLIC["properties"]["Event"]) == 31
    assert sum(map(len, PUBLIC["properties"].values())) >= 31 + 244
    assert without_verdict(PUBLIC["properties"]) == []


def test_a_property_that_sentry_adds_tomorrow_is_noticed() -> None:
    public = PUBLIC["properties"] | {"User": [*PUBLIC["properties"]["User"], "shoe_size"], "NewContext": ["x"]}
    assert without_verdict(public) == ["User.shoe_size", "NewContext.x"]


def test_no_field_has_two_verdicts_and_each_has_a_reason() -> None:
    for part in PARTS:
        names = [name for rule in part.rules for name in rule.names]
        assert len(names) == len(set(names)), part.name
        assert all(rule.why for rule in part.rules), part.name


def test_every_name_of_a_loss_stands_in_the_table() -> None:
    counted = {rule.counted for part in PARTS for rule in part.rules}
    assert set(Stripped) - counted == {Stripped.UNKNOWN}


def test_what_is_read_of_frames_and_exceptions_is_what_the_table_lets_through() -> None:
    """Their readers are structs, so that no other key is materialised: they and the table must not part."""
    read = {field.name for field in msgspec.structs.fields(frames._RawFrame)}
    sent = {name for name, rule in FRAME.rule_of.items() if rule.verdict is not Verdict.DROP}
    assert read == sent | set(FRAME.counted)
    assert {field.name for field in msgspec.structs.fields(stack._RawThrown)} == {
        name for name, rule in EXCEPTION.rule_of.items() if rule.verdict is not Verdict.DROP
    }


def test_parts_that_are_named_exist() -> None:
    names = {part.name for part in PARTS}
    assert {rule.part for part in PARTS for rule in part.rules if rule.part} <= names
    assert CONTEXTS.uncounted <= names
    assert STACKTRACE.name in names


def test_the_page_is_made_from_the_table() -> None:
    kept = (ROOT / "docs/crash-fields.md").read_text()
    assert kept == page(), "make it again: python -m ingest.crashes.manifest > docs/crash-fields.md"


def test_schema_json_says_what_may_be_sent_and_nothing_that_is_dropped() -> None:
    schema: dict[str, Any] = json.loads(json.dumps(schema_of(EXPLICIT)))
    assert schema["parts"]["event"]["exception"] == ["values", "exception"]
    assert schema["parts"]["event"]["timestamp"] == "day"
    for part in PARTS:
        dropped = {name for name, rule in part.rule_of.items() if rule.verdict is Verdict.DROP}
        assert not dropped & set(schema["parts"].get(part.name, {}))
    assert "user" not in schema["parts"]["event"]
    assert schema["environments"] == ["beta", "production"]
    assert len(schema["fields"]) == sum(len(part.rule_of) for part in PARTS)


def test_every_form_is_used() -> None:
    used = {rule.form for part in PARTS for rule in part.rules}
    assert set(Form) <= used


@pytest.mark.parametrize("steps", [MEMORY, STORAGE, UPTIME])
def test_buckets_begin_at_nothing_and_rise(steps: Steps) -> None:
    begins = [begin for begin, _ in steps]
    assert begins[0] == 0
    assert begins == sorted(set(begins))
    for begin, name in steps:
        assert bucket_of(begin, steps) == name
    for (_, name), (begin, _) in itertools.pairwise(steps):
        assert bucket_of(begin - 1, steps) == name


def test_the_table_is_the_same_for_every_app() -> None:
    assert table().items() <= schema_of(EXPLICIT).items()
    assert set(EVENT.counted) >= {"user", "request", "breadcrumbs", "extra"}
