"""The report of a run: a table to read, the same as JSON, and the curves as pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.growth import Curve
from bench.measured import Better, Measured

_TREE: Final = Path(__file__).parents[2]
_ROOT: Final = _TREE.parent if _TREE.name == ".compiled" else _TREE
"""What is measured in the compiled copy is told in the tree that it was made from."""
FOLDER: Final = _ROOT / "docs" / "bench"
README: Final = _ROOT / "README.md"
BEGIN: Final = "<!-- from docs/bench/report.json -->"
END: Final = "<!-- until here -->"

_INTRODUCTION: Final = """\
Made by `make bench`. Ratios are of rounds that stood side by side in one run, by the processor time of the server:
they hold on other machines, absolute figures do not. The server has one core, the generator of load the other. In
every round what was counted is held against what was sent; a round that counted less fails the run.
"""

_CAVEATS: Final = """\
A hit is acknowledged once its counts are in the journal, which is memory: a power cut loses what has not been written
(README says how much). Who compares: most other collectors commit each event to a database before they answer.
"""


def write_report(machine: dict[str, str], day: str, measured: Sequence[Measured], curves: Sequence[Curve]) -> None:
    """Write `report.json`, `report.md` and one picture for each curve."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = {"day": day, "machine": machine, "figures": [asdict(one) for one in measured],
               "growth": [asdict(curve) for curve in curves]}  # fmt: skip
    (FOLDER / "report.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for curve in curves:
        (FOLDER / f"{_slug(curve.name)}.svg").write_text(draw(curve), encoding="utf-8")
    (FOLDER / "report.md").write_text(_markdown(content, measured, curves), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    README.write_text(f"{before}{excerpt()}{after}", encoding="utf-8")


def read_report() -> tuple[str, list[Measured]]:
    """Return the day and the figures of the report that is committed."""
    content = json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))
    figures = [Measured(**{**one, "better": Better(one["better"])}) for one in content["figures"]]
    return content["day"], figures


def excerpt() -> str:
    """Return what README says of the committed report: the figures that have a floor or a target."""
    day, figures = read_report()
    bounded = [one for one in figures if one.floor is not None or one.target is not None]
    return "\n".join([BEGIN, *table(bounded), "", f"Measured on {day}.", END])


def table(measured: Sequence[Measured]) -> list[str]:
    """Return a table in Markdown: figure, floor, target, and whether they hold."""
    lines = ["| what | figure | unit | floor | target | |", "|---|---|---|---|---|---|"]
    for one in measured:
        bounds = [f"{one.better.value} {bound:g}" if bound is not None else "" for bound in (one.floor, one.target)]
        lines.append(
            f"| {one.name} | {_written(one.figure)} | {one.unit} | {bounds[0]} | {bounds[1]} | {verdict(one)} |"
        )
    return lines


def verdict(one: Measured) -> str:
    """Say whether floor and target hold, of what has them."""
    if one.figure is None:
        return f"not measured: {one.note}"
    if not one.holds:
        return "**below its floor**"
    if one.target is None:
        return "holds" if one.floor is not None else ""
    return "reached" if one.reaches(one.target) else "floor holds" if one.floor is not None else "not reached"


def _markdown(content: dict[str, Any], measured: Sequence[Measured], curves: Sequence[Curve]) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in content["machine"].items())
    notes = [f"- {one.name}: {one.note}." for one in measured if one.note]
    pictures = [f"![Cost of a hit by {curve.name}]({_slug(curve.name)}.svg)" for curve in curves]
    parts = [
        f"# Benchmark of {content['day']}", _INTRODUCTION, machine, "\n".join(table(measured)), "\n".join(notes),
        _CAVEATS, "## How a hit grows dearer", "Processor time of one hit, in units of a fixed piece of work.",
        "\n\n".join(pictures),
    ]  # fmt: skip
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _written(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.2f}"


def _slug(name: str) -> str:
    return name.replace(" ", "-")


def draw(curve: Curve) -> str:
    """Return a curve as SVG: sizes from left to right, one step each; costs from nothing up."""
    width, height, left, below = 480, 200, 40, 30
    top = max(point.cost for point in curve.points) * 1.1
    step = (width - 2 * left) / max(len(curve.points) - 1, 1)
    places = [
        (left + index * step, height - below - (height - below - 20) * point.cost / top)
        for index, point in enumerate(curve.points)
    ]
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3"/><text x="{x:.0f}" y="{y - 8:.0f}">{point.cost:.2f}</text>'
        f'<text x="{x:.0f}" y="{height - 10}">{point.size:,}</text>'
        for (x, y), point in zip(places, curve.points, strict=True)
    )
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="11" text-anchor="middle"><title>Cost of a hit by {curve.name}</title>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<polyline points="{line}" fill="none" stroke="#335"/><g fill="#335">{dots}</g></svg>\n'
    )
