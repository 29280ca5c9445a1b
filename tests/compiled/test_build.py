"""What is compiled means the same as its source, and what would not is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiled.build import HOT, ROOT, NotCompilableError, choose, find_altered, find_source
from ingest.counters import day


def test_a_tree_runs_whole_in_the_form_that_it_says() -> None:
    is_compiled = ROOT.name == ".compiled"
    assert day.__file__.endswith(".so" if is_compiled else ".py")
    assert not is_compiled or not list(find_source(ROOT))


def test_what_every_hit_goes_through_is_compiled() -> None:
    named = [f"{folder}/{name}.py" for folder, names in HOT.items() for name in names.split() if name != "*"]
    assert set(named) <= set(choose(ROOT))
    assert "ingest/hits/attributes/country.py" in choose(ROOT)
    assert "ingest/boundary/address.py" not in choose(ROOT)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("class Plain:\n    pass\n", ""),
        ("class Told(msgspec.Struct):\n    pass\n", "Told"),
        ("class Kept(Other, frozen=True):\n    pass\n", "Kept"),
    ],
)
def test_what_would_mean_something_else_is_found(tmp_path: Path, text: str, name: str) -> None:
    """The journal would be read as something else without `array_like`, and nobody would say so."""
    assert find_altered(text) == name
    (tmp_path / "ingest").mkdir()
    (tmp_path / "ingest/body.py").write_text(text)
    if name:
        with pytest.raises(NotCompilableError, match=name):
            choose(tmp_path)
    else:
        assert list(find_source(tmp_path)) == choose(tmp_path) == ["ingest/body.py"], "nothing is compiled in it yet"
