from __future__ import annotations

import json

import pytest

from crashes.door import EXPLICIT, OPT_OUT
from ingest.crashes.consent import Word, suffices, word_of
from ingest.crashes.sections import Raw


@pytest.mark.parametrize(
    ("tags", "word"),
    [
        ({"consent": "given"}, Word.GIVEN),
        ({"consent": " Given "}, Word.GIVEN),
        ([["consent", "given"]], Word.GIVEN),
        ([["a", "b"], ["consent", "given"], None, 5, ["x"]], Word.GIVEN),
        ({"consent": "denied"}, Word.DENIED),
        ([["consent", "given"], ["consent", "denied"]], Word.DENIED),
        ([["consent", "given"], ["consent", "perhaps"]], Word.UNCLEAR),
        ({"consent": "yes"}, Word.UNCLEAR),
        ({"consent": True}, Word.UNCLEAR),
        ({"consent": None}, Word.UNCLEAR),
        ({"consent": ""}, Word.UNCLEAR),
        ({"Consent": "given"}, Word.SILENT),
        ({}, Word.SILENT),
        ([], Word.SILENT),
        (None, Word.SILENT),
        ([["a", "b"]] * 1000 + [["consent", "denied"]], Word.UNCLEAR),
        ([["a", "b"]] * 999 + [["consent", "denied"]], Word.DENIED),
        ("consent", Word.SILENT),
        (["consent", "given"], Word.SILENT),
    ],
)
def test_words(tags: object, word: Word) -> None:
    assert word_of({"tags": Raw(json.dumps(tags).encode())}) is word


def test_no_tags_say_nothing() -> None:
    assert word_of({}) is Word.SILENT


@pytest.mark.parametrize(
    ("word", "explicit", "opt_out"),
    [
        (Word.GIVEN, True, True),
        (Word.SILENT, False, True),
        (Word.UNCLEAR, False, False),
        (Word.DENIED, False, False),
    ],
)
def test_what_suffices(word: Word, explicit: bool, opt_out: bool) -> None:
    assert suffices(word, EXPLICIT) is explicit
    assert suffices(word, OPT_OUT) is opt_out
