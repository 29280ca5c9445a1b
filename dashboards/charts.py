"""Charts as SVG. Colours are classes, text keeps its size, and no mark needs a `style` attribute.

The outer SVG has no viewBox, so a text is placed in percent of the width and is never stretched; lines are drawn
in an inner one that is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup, escape

HEIGHT: Final = 250
TOP: Final = 18
PLOT: Final = 198
GUTTER: Final = 46
"""Pixels for the numbers left of the plot; the style sheet leaves as much room."""
LABELS: Final = 7


@dataclass(frozen=True, slots=True)
class Point:
    """A bucket of a chart."""

    label: str
    short: str
    value: float
    is_unfinished: bool = False
    compared: float | None = None
    """The same bucket of the days that it is compared with."""
    compared_label: str = ""
    notes: tuple[str, ...] = ()
    """What happened then: releases and annotations."""
    is_approximate: bool = False
    """Whether keys were lost then, so that visitors may be a little high."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart with what is needed to tell it in words."""

    svg: Markup
    title: str
    points: Sequence[Point]
    write: Callable[[float], str]

    @property
    def is_compared(self) -> bool:
        """Whether any bucket has one that it is compared with."""
        return any(point.compared is not None for point in self.points)

    @property
    def has_notes(self) -> bool:
        """Whether something happened that somebody wrote down."""
        return any(point.notes for point in self.points)

    @property
    def is_approximate(self) -> bool:
        """Whether any bucket is."""
        return any(point.is_approximate for point in self.points)


def line_chart(points: Sequence[Point], title: str, write: Callable[[float], str]) -> Chart:
    """Draw a line with its area; the way to a bucket that is still being counted is dotted.

    What it is compared with is a dashed line behind it, and what happened then a flag above it.
    """
    ceiling, ticks = _scale(max((max(point.value, point.compared or 0) for point in points), default=0))
    places = [
        (_middle(index, len(points)) * 10, 100 - 100 * point.value / ceiling) for index, point in enumerate(points)
    ]
    finished = [place for place, point in zip(places, points, strict=True) if not point.is_unfinished]
    rest = places[max(0, len(finished) - 1) :] if len(finished) < len(places) else []
    lines = ""
    if places:
        area = f"M{places[0][0]:.1f} 100L{_joined(places)}L{places[-1][0]:.1f} 100Z"
        lines = f'<path class="area" d="{area}"/>'
    if len(finished) > 1:
        lines += f'<path class="line" d="M{_joined(finished)}"/>'
    if len(rest) > 1:
        lines += f'<path class="line unfinished" d="M{_joined(rest)}"/>'
    lines = _compared(points, ceiling) + lines
    inner = (
        f'<svg y="{TOP}" width="100%" height="{PLOT}" viewBox="0 0 1000 100" preserveAspectRatio="none" '
        f'overflow="visible">{lines}</svg>'
    )
    dots = [f'<circle class="dot" cx="{x / 10:.2f}%" cy="{TOP + PLOT * y / 100:.1f}" r="4.5"/>' for x, y in places]
    classes = "chart lines single" if len(points) == 1 else "chart lines"
    marks = inner + _flags(points) + _hits(points, write, dots)
    return Chart(_drawn(classes, title, _grid(ticks, ceiling, write), marks + _labels(points)), title, points, write)


def _compared(points: Sequence[Point], ceiling: float) -> str:
    """Return the line of what the points are compared with."""
    places = [
        (_middle(index, len(points)) * 10, 100 - 100 * point.compared / ceiling)
        for index, point in enumerate(points)
        if point.compared is not None
    ]
    return f'<path class="line compared" d="M{_joined(places)}"/>' if len(places) > 1 else ""


def _flags(points: Sequence[Point]) -> str:
    """Return a flag for each bucket in which something happened, and a `~` for each whose visitors may be high."""
    flags = ""
    for index, point in enumerate(points):
        place = _middle(index, len(points))
        if point.notes:
            flags += (
                f'<line class="flag" x1="{place:.2f}%" x2="{place:.2f}%" y1="8" y2="{TOP + PLOT}"/>'
                f'<circle class="flag" cx="{place:.2f}%" cy="7" r="4"/>'
            )
        if point.is_approximate:
            flags += f'<text class="approximate" x="{place:.2f}%" y="{TOP + PLOT - 5}" text-anchor="middle">~</text>'
    return flags


def bar_chart(points: Sequence[Point], title: str, write: Callable[[float], str]) -> Chart:
    """Draw a bar for every bucket, dotted while it is still being counted, and flags as a line chart has them."""
    ceiling, ticks = _scale(max((point.value for point in points), default=0))
    width = 100 / max(1, len(points))
    thickness = min(width * 0.76, 8)
    bars = ""
    for index, point in enumerate(points):
        height = PLOT * point.value / ceiling
        kind = "column unfinished" if point.is_unfinished else "column"
        bars += (
            f'<rect class="{kind}" x="{_middle(index, len(points)) - thickness / 2:.2f}%" width="{thickness:.2f}%" '
            f'y="{TOP + PLOT - height:.1f}" height="{height:.1f}" rx="2"/>'
        )
    marks = bars + _flags(points) + _hits(points, write, [""] * len(points))
    return Chart(
        _drawn("chart bars", title, _grid(ticks, ceiling, write), marks + _labels(points)), title, points, write
    )


def sparkline(values: Sequence[float], title: str) -> Markup:
    """Draw a small line without axes."""
    ceiling = max([*values, 1])
    step = 100 / max(1, len(values) - 1)
    places = [(index * step, 28 - 26 * value / ceiling) for index, value in enumerate(values)]
    area = f"M0 30L{_joined(places)}L100 30Z" if places else ""
    return Markup(  # noqa: S704
        f'<svg class="spark" role="img" aria-label="{escape(title)}" viewBox="0 0 100 30" preserveAspectRatio="none">'
        f'<path class="area" d="{area}"/><path class="line" d="M{_joined(places)}"/></svg>'
    )


def spark_bars(values: Sequence[float], title: str) -> Markup:
    """Draw small bars without axes."""
    ceiling = max([*values, 1])
    width = 100 / max(1, len(values))
    bars = "".join(
        f'<rect x="{index * width:.2f}" width="{width * 0.8:.2f}" y="{30 - 28 * value / ceiling:.1f}" '
        f'height="{28 * value / ceiling:.1f}"/>'
        for index, value in enumerate(values)
        if value
    )
    return Markup(  # noqa: S704
        f'<svg class="spark bars" role="img" aria-label="{escape(title)}" viewBox="0 0 100 30" '
        f'preserveAspectRatio="none">{bars}</svg>'
    )


def bar(part: float, whole: float) -> Markup:
    """Draw the share of a row as a bar behind it."""
    share = max(0.0, min(100.0, 100 * part / whole)) if whole > 0 else 0
    return Markup(  # noqa: S704
        f'<svg class="bar" aria-hidden="true"><rect width="{share:.2f}%" height="100%" rx="4"/></svg>'
    )


def _drawn(classes: str, title: str, grid: str, marks: str) -> Markup:
    # Every text in it is either a number or was escaped.
    return Markup(  # noqa: S704
        f'<svg class="{classes}" role="img" aria-label="{escape(title)}" width="100%" height="{HEIGHT}">'
        f"{grid}{marks}</svg>"
    )


def _grid(ticks: Sequence[float], ceiling: float, write: Callable[[float], str]) -> str:
    lines = ""
    for tick in ticks:
        y = TOP + PLOT * (1 - tick / ceiling)
        lines += f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
        if tick:
            lines += f'<text class="tick" x="-{GUTTER}" y="{y + 4:.1f}">{escape(write(tick))}</text>'
    return lines


def _hits(points: Sequence[Point], write: Callable[[float], str], dots: Sequence[str]) -> str:
    """Return the areas that a pointer or a key can be at, each followed by its dot."""
    width = 100 / max(1, len(points))
    hits = ""
    for index, (point, dot) in enumerate(zip(points, dots, strict=True)):
        value = in_words(point, write)
        details = "; ".join([*([_before(point, write)] if point.compared is not None else []), *point.notes])
        hits += (
            f'<rect class="hit" x="{index * width:.2f}%" width="{width:.2f}%" y="0" height="{TOP + PLOT}" '
            f'data-label="{escape(point.label)}" data-value="{escape(value)}"'
            + (f' data-details="{escape(details)}"' if details else "")
            + f"><title>{escape(point.label)}: {escape(value)}</title></rect>{dot}"
        )
    return hits


def in_words(point: Point, write: Callable[[float], str]) -> str:
    """Return the value of a bucket, with what has to be said about it."""
    return ("~" if point.is_approximate else "") + write(point.value) + (" so far" if point.is_unfinished else "")


def _before(point: Point, write: Callable[[float], str]) -> str:
    return f"{point.compared_label}: {write(point.compared or 0)}"


def _labels(points: Sequence[Point]) -> str:
    count = len(points)
    step = max(1, ceil(count / LABELS))
    text = ""
    for number, index in enumerate(range(0, count, step)):
        place = _middle(index, count)
        anchor = "start" if place < 4 else "end" if place > 96 else "middle"
        x = 0.0 if anchor == "start" else 100.0 if anchor == "end" else place
        minor = " minor" if number % 2 else ""
        text += (
            f'<text class="label{minor}" x="{x:.2f}%" y="{HEIGHT - 8}" text-anchor="{anchor}">'
            f"{escape(points[index].short)}</text>"
        )
    return text


def _middle(index: int, count: int) -> float:
    """Return the middle of a bucket in percent of the width."""
    return 100 * (index + 0.5) / count


def _joined(places: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _scale(highest: float) -> tuple[float, list[float]]:
    """Return the top of an axis and its ticks: steps of 1, 2 or 5 times a power of ten, four or five of them."""
    step = _nice(highest / 4)
    top: float = step * max(1, ceil(highest / step))
    return top, [step * index for index in range(round(top / step) + 1)]


def _nice(step: float) -> float:
    if step <= 1:
        return 1.0
    power = float(10 ** floor(log10(step)))
    return float(next(nice * power for nice in (1, 2, 5, 10) if nice * power >= step))
