from __future__ import annotations

import re
from importlib.resources import files

from dashboards.questions import read_questions

HEADS = re.compile(r"-- (?P<name>[a-z_]+): [^\n]+\nSELECT")


def test_every_file_begins_with_its_own_name() -> None:
    questions = read_questions()
    assert len(questions) >= 15
    for name, text in questions.items():
        head = HEADS.match(text)
        assert head is not None, name
        assert head["name"] == name


def test_every_question_about_counters_leaves_the_markers_out_and_sums_again() -> None:
    for name, text in read_questions().items():
        if "system." in text:
            continue
        assert "node = ''" in text, name
        assert "GROUP BY" in text or name in {"crash_exemplar", "crash_stacks"}, name


def test_every_parameter_has_a_type_and_nothing_else_is_filled_in() -> None:
    for name, text in read_questions().items():
        for hole in re.findall(r"\{[^}]*\}", text):
            assert re.fullmatch(r"\{[a-z_]+:(String|Bool|Date|U?Int\d+|Array\((String|U?Int\d+)\))\}", hole), (
                name,
                hole,
            )
        assert "%" not in text, name


def test_no_module_of_the_dashboards_holds_sql() -> None:
    modules = [file for file in files("dashboards").iterdir() if file.name.endswith(".py")]
    assert modules
    for file in modules:
        assert not re.search(r"\b(SELECT|FROM|WHERE)\b", file.read_text()), file.name
