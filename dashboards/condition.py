"""The filter of a page: one property of visits, and what it must be.

One at a time, since no table is wider than two properties: a filter by source leaves one more to be shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from dashboards.figures import OPERATORS, Match
from ingest.counters.cells import Attribute, Pair

LONGEST: Final = 500

WORDS: Final = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "contains_not": "does not contain",
}

_OPPOSITES: Final = {"is": "is_not", "is_not": "is", "contains": "contains_not", "contains_not": "contains"}

FILTERS: Final = frozenset(attribute.value for pair in Pair for attribute in pair.attributes)
"""What a page can be filtered by: the sides of the declared pairs."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An attribute, and what its value must be."""

    attribute: str
    value: str
    operator: str = "is"

    @property
    def arguments(self) -> dict[str, str]:
        """The part of a URL that says this condition."""
        return {"f": f"{self.operator},{self.attribute},{self.value}"}

    @property
    def negated(self) -> Condition:
        """The opposite."""
        return replace(self, operator=_OPPOSITES[self.operator])

    @property
    def match(self) -> Match:
        """The condition as the queries take it."""
        return Match(self.operator, (self.value,))

    @property
    def words(self) -> str:
        """The operator as people read it."""
        return WORDS[self.operator]

    def pair_with(self, attribute: str) -> Pair | None:
        """Return the pair that shows another attribute under this condition, or None when none is declared."""
        return next((pair for pair in Pair if set(pair.attributes) == {self.attribute, attribute}), None)


def read_condition(text: str) -> Condition | None:
    """Return the condition of `operator,attribute,value`, or None for whatever is none."""
    operator, attribute, value = (*text.split(",", 2), "", "")[:3]
    if text.count(",") < 2 or operator not in OPERATORS or attribute not in FILTERS:
        return None
    if "\0" in value or len(value) > LONGEST:
        return None
    return Condition(attribute, value, operator)


def crossings() -> Mapping[str, frozenset[str]]:
    """Return what each attribute is crossed with."""
    sides = [tuple(side.value for side in pair.attributes) for pair in Pair]
    return {
        name: frozenset(other for sides_ in sides for other in sides_ if name in sides_ and other != name)
        for name in FILTERS
    }


def is_goal(condition: Condition | None) -> bool:
    """Tell whether a condition is of a goal, which is crossed with everything else by the week."""
    return condition is not None and condition.attribute == Attribute.GOAL
