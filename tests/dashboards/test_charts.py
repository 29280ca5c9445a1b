from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.charts import Point, _scale, bar, bar_chart, line_chart, spark_bars, sparkline
from dashboards.numbers import whole

NUMBERS = st.one_of(st.integers(0, 10**9).map(float), st.floats(0, 10**9))
POINTS = st.lists(st.builds(Point, st.text(max_size=20), st.text(max_size=8), NUMBERS, st.booleans()), max_size=40)


def parsed(svg: str) -> ET.Element:
    # XML forbids these characters; HTML replaces them.
    return ET.fromstring(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", svg))


@given(POINTS, st.text(max_size=20))
def test_hostile_labels_stay_text_and_no_style_is_needed(points: list[Point], title: str) -> None:
    for chart in (line_chart(points, title, whole), bar_chart(points, title, whole)):
        root = parsed(str(chart.svg))
        assert root.get("role") == "img"
        assert {node.tag for node in root.iter()} <= {"svg", "path", "line", "text", "rect", "title", "circle"}
        assert not any(name == "style" or name.startswith("on") for node in root.iter() for name in node.attrib)
        assert len([node for node in root.iter("rect") if node.get("class") == "hit"]) == len(points)


@given(st.lists(NUMBERS, max_size=30))
def test_small_charts_are_well_formed(values: list[float]) -> None:
    for svg in (sparkline(values, '"><b>'), spark_bars(values, '"><b>')):
        assert parsed(str(svg)).get("aria-label") == '"><b>'


@given(NUMBERS)
def test_an_axis_holds_its_highest_value_with_few_ticks(highest: float) -> None:
    top, ticks = _scale(highest)
    assert top >= highest
    assert ticks[0] == 0
    assert ticks[-1] == pytest.approx(top)
    assert 2 <= len(ticks) <= 6


def test_a_bucket_that_is_still_being_counted_is_dotted() -> None:
    points = [Point("a", "a", 1), Point("b", "b", 3), Point("c", "c", 2, is_unfinished=True)]
    svg = str(line_chart(points, "t", whole).svg)
    assert svg.count('class="line"') == 1
    assert svg.count('class="line unfinished"') == 1
    assert 'data-value="2 so far"' in svg


def test_a_bar_has_its_flag_and_stays_apart_while_it_is_counted() -> None:
    points = [Point("a", "a", 1, notes=("Release 2",)), Point("b", "b", 3), Point("c", "c", 2, is_unfinished=True)]
    svg = str(bar_chart(points, "t", whole).svg)
    assert svg.count('class="column"') == 2
    assert svg.count('class="column unfinished"') == 1
    assert svg.count('<circle class="flag" cx="16.67%"') == 1
    assert 'data-details="Release 2"' in svg


@pytest.mark.parametrize("mark", [".line.unfinished", ".column.unfinished"])
def test_the_style_sheet_dots_what_is_still_being_counted(mark: str) -> None:
    sheet = files("dashboards").joinpath("static", "logless.css").read_text()
    (rule,) = re.findall(rf"^{re.escape(mark)} {{([^}}]*)}}", sheet, re.MULTILINE)
    assert re.search(r"stroke-dasharray: [\d. ]+;", rule)


def test_a_share_is_drawn_as_wide_as_it_is() -> None:
    assert 'width="25.00%"' in bar(1, 4)
    assert 'width="0.00%"' in bar(1, 0)
    assert 'width="100.00%"' in bar(9, 4)
