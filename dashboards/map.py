"""The map of the world as SVG: shapes from one file that is kept, and a colour for each country by its number.

Colours are five steps, each with as many countries, since a linear scale shows two countries and a grey rest. The
table beside the map is what tells the numbers; the map shows where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

STEPS: Final = 5
BOX: Final = "-470 -241 940 432"
"""What of the file is shown: the sea at both ends is left out."""


@dataclass(frozen=True, slots=True)
class Map:
    """A drawn map, and the numbers from which each colour begins."""

    svg: Markup
    legend: Sequence[tuple[int, str]]


def draw_map(
    countries: Mapping[str, tuple[float, str, str]], file: str, shapes: frozenset[str], title: str
) -> Map | None:
    """Draw countries by code: their number, name and path, which may be empty. None when none of them has a shape."""
    known = {code: told for code, told in countries.items() if code in shapes and told[0] > 0}
    if not known:
        return None
    floors = _floors(sorted(number for number, _, _ in known.values()))
    drawn = "".join(
        _country(code, number, name, path, file, _step(number, floors))
        for code, (number, name, path) in sorted(known.items(), key=lambda item: item[1][0])
    )
    svg = (
        f'<svg class="map" viewBox="{BOX}" role="group" aria-label="{escape(title)}. The table has the numbers.">'
        f'<use class="land" href="{escape(file)}#land"/>{drawn}</svg>'
    )
    # Every text in it was escaped.
    return Map(Markup(svg), [(step, f"from {floor:,.0f}") for step, floor in enumerate(floors)])  # noqa: S704


def _country(code: str, number: float, name: str, path: str, file: str, step: int) -> str:
    use = (
        f'<use class="q{step}" href="{escape(file)}#{escape(code)}"><title>{escape(name)}: {number:,.0f}</title></use>'
    )
    # The same links stand in the table, in order: by keyboard they are not walked through twice.
    return f'<a href="{escape(path)}" tabindex="-1" aria-hidden="true">{use}</a>' if path else use


def _floors(numbers: Sequence[float]) -> list[float]:
    """Return where each step begins: quantiles, the equal ones once."""
    places = [numbers[len(numbers) * step // STEPS] for step in range(STEPS)]
    return sorted(set(places))


def _step(number: float, floors: Sequence[float]) -> int:
    return max(step for step, floor in enumerate(floors) if number >= floor)
