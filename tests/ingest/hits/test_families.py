"""The closed list of families: what patterns spell is on it, what they copy is not."""

from __future__ import annotations

from operator import attrgetter

import pytest
from ua_parser.loaders import load_builtins

from ingest.hits.families import written_families


@pytest.mark.parametrize(
    ("pattern", "families"),
    [
        (("(Firefox|Camino)/", "Firefox"), {"Firefox"}),
        (("(Firefox|Camino)/", "$1"), {"Firefox", "Camino"}),
        (("(Firefox|Camino)/", "$1 Beta"), {"Firefox Beta", "Camino Beta"}),
        ((r"(?:a|b)(http\.rb|The Bat!|wget2)[ /](\d+)", "$1"), {"http.rb", "The Bat!", "wget2"}),
        ((r"[(](Opera Mini)\)", "$1"), {"Opera Mini"}),
        ((r"(aws-(?:cli|go)|Boto3?|s3fs|a\d|.b|[Bb]ot|c*)", "$1"), {"s3fs"}),
        ((r"^(.{0,200})/(\d+) CFNetwork", "$1"), set()),
        ((r"([A-Za-z]+[Bb]ot)", "$1"), set()),
        ((r"(?:no group)", "$1"), set()),
        ((r"()", "$1"), set()),
    ],
)
def test_only_what_a_pattern_spells_is_a_family(pattern: tuple[str, str], families: set[str]) -> None:
    assert written_families([pattern]) == families


def test_families_of_uap_core_are_names_of_browsers_and_systems() -> None:
    browsers, systems = (
        written_families(map(attrgetter("regex", "family"), patterns)) for patterns in load_builtins()[:2]
    )
    assert len(browsers) > 500
    assert {"Firefox", "Chrome", "Edge", "Opera Mini", "Ladybird", "HeadlessChrome"} <= browsers
    assert {"Windows", "Mac OS X", "iOS", "Android", "Ubuntu", "FreeBSD"} <= systems
    for family in browsers | systems:
        assert 0 < len(family) < 50
        assert not set(family) & set("\\[]{}*+?|")
