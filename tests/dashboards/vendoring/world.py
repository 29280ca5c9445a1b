"""Draws `dashboards/vendor/world.svg` out of Natural Earth's countries at 1:50,000,000, public domain.

The topology is `countries-50m.json` of the npm package world-atlas. Borders that two countries share are one arc, so
that simplifying arcs leaves no gaps. Projection: Equal Earth (Šavrič, Patterson, Jenny 2018), in which areas are true.
Countries too small to be seen are dots. `iso3166.tsv` holds numeric and two-letter codes.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, pi, radians, sin, sqrt
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
WIDTH: Final = 1000
SMALLEST_BEND: Final = 1.2
"""Square units: a corner whose triangle is smaller is left out."""
SMALLEST_RING: Final = 2.5
SMALLEST_COUNTRY: Final = 5.0
DOT: Final = "h0"  # a line of no length, which a round cap makes a dot
KOSOVO: Final = "Kosovo"

Place = tuple[float, float]


def draw(topology: dict[str, Any], codes: dict[str, str]) -> str:
    """Return the map as SVG: a path for each country, whose id is its code, and `land` for all of them."""
    arcs = [_simplified(arc) for arc in _arcs(topology)]
    drawn: dict[str, list[str]] = {}
    for country in topology["objects"]["countries"]["geometries"]:
        name = country["properties"]["name"]
        code = codes.get(str(country.get("id", "")), "XK" if name == KOSOVO else "")
        if code == "AQ":
            continue
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        rings = [_ring(arcs, polygon[0]) for polygon in polygons]
        drawn.setdefault(code, []).append(_path(rings))
    paths = "".join(
        f'<path id="{code}" d="{"".join(parts)}"/>\n' if code else f'<path d="{"".join(parts)}"/>\n'
        for code, parts in sorted(drawn.items())
    )
    left, top, right, bottom = -WIDTH / 2, _project((0, 83.7))[1], WIDTH / 2, _project((0, -56))[1]
    box = f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">\n'
        "<!-- Natural Earth, public domain, by way of world-atlas 2.0.2. Boundaries as they are in fact. -->\n"
        f'<g id="land">\n{paths}</g>\n</svg>\n'
    )


def read_codes() -> dict[str, str]:
    """Return the two-letter code of each numeric one, as the topology writes that."""
    lines = (HERE / "iso3166.tsv").read_text().splitlines()
    return {numeric: code for numeric, _, code in (line.partition("\t") for line in lines)}


def _arcs(topology: dict[str, Any]) -> list[list[Place]]:
    """Return the arcs in the units of the map. TopoJSON, 2.1.3: positions are differences, scaled and moved."""
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        places = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            places.append(_project((x * scale[0] + move[0], y * scale[1] + move[1])))
        found.append(places)
    return found


def _project(place: Place) -> Place:
    longitude, latitude = radians(place[0]), radians(place[1])
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = asin(sqrt(3) / 2 * sin(latitude))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    x = 2 * sqrt(3) * longitude * cos(t) / (3 * slope)
    y = a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t
    # The equator is WIDTH long.
    unit = WIDTH / (2 * pi * 2 * sqrt(3) / (3 * a1))
    return x * unit, -y * unit


def _simplified(arc: Sequence[Place]) -> list[Place]:
    """Return an arc without its flattest corners, ends kept (Visvalingam and Whyatt 1993)."""
    before = list(range(-1, len(arc) - 1))
    after = list(range(1, len(arc) + 1))
    kept = [True] * len(arc)
    heap = [(_area(arc[i - 1], arc[i], arc[i + 1]), i, i - 1, i + 1) for i in range(1, len(arc) - 1)]
    heapq.heapify(heap)
    while heap:
        area, i, left, right = heapq.heappop(heap)
        if area >= SMALLEST_BEND:
            break
        if not kept[i] or before[i] != left or after[i] != right:
            continue
        kept[i] = False
        after[left], before[right] = right, left
        for j in (left, right):
            if 0 < j < len(arc) - 1:
                heapq.heappush(heap, (_area(arc[before[j]], arc[j], arc[after[j]]), j, before[j], after[j]))
    return [place for place, keep in zip(arc, kept, strict=True) if keep]


def _ring(arcs: Sequence[Sequence[Place]], indexes: Sequence[int]) -> list[Place]:
    """Return a closed ring. TopoJSON, 2.1.4: a negative index is an arc the other way round, counted from -1."""
    ring: list[Place] = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    return _unbroken(ring)


def _unbroken(ring: Sequence[Place]) -> list[Place]:
    """Return a ring that goes on past the edge of the map where it crosses the 180th meridian."""
    moved = 0.0
    found = [ring[0]]
    for (x, _), (to_x, to_y) in pairwise(ring):
        if abs(to_x - x) > WIDTH / 2:
            moved += 2 * abs(x) if x > to_x else -2 * abs(x)
        found.append((to_x + moved, to_y))
    return found


def _path(rings: Sequence[Sequence[Place]]) -> str:
    areas = [abs(_ring_area(ring)) for ring in rings]
    if max(areas) < SMALLEST_COUNTRY:
        ring = rings[areas.index(max(areas))]
        x, y = sum(place[0] for place in ring) / len(ring), sum(place[1] for place in ring) / len(ring)
        return f"M{round(x)} {round(y)}{DOT}"
    wanted = [ring for ring, area in zip(rings, areas, strict=True) if area >= SMALLEST_RING]
    return "".join(_lines(ring) for ring in wanted)


def _lines(ring: Sequence[Place]) -> str:
    """Return a ring in steps of half a unit: relative lines without needless characters."""
    places = [(round(2 * x), round(2 * y)) for x, y in ring]
    text = f"M{_half(places[0][0])} {_half(places[0][1])}l"
    steps = []
    for (x, y), (to_x, to_y) in pairwise(places):
        if (x, y) != (to_x, to_y):
            steps.append(f"{_half(to_x - x)} {_half(to_y - y)}")
    return text + " ".join(steps[:-1]).replace(" -", "-") + "z"


def _half(doubled: int) -> str:
    text = f"{doubled / 2:.1f}".removesuffix(".0")
    return text.replace("0.", ".") if text.lstrip("-").startswith("0.") else text


def _area(a: Place, b: Place, c: Place) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def _ring_area(ring: Sequence[Place]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def main(source: Path, target: Path) -> None:
    """Draw the map from a topology file."""
    target.write_text(draw(json.loads(source.read_text()), read_codes()))


if __name__ == "__main__":
    import sys

    main(Path(sys.argv[1]), Path(sys.argv[2]))
