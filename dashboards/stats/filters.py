"""What a value must be, read from a question of the Stats API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.stats.vocabulary import OPERATORS

MOST_VALUES: Final = 500


class QuestionError(Exception):
    """The question cannot be answered. The message names the field and what it may be, never what it was."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A dimension, and what its value must be."""

    operator: str
    dimension: str
    values: tuple[str, ...]

    def admits(self, value: str) -> bool:
        """Return whether a value passes."""
        if self.operator in {"is", "is_not"}:
            return (value in self.values) == (self.operator == "is")
        return any(text in value for text in self.values) == (self.operator == "contains")


def read_filters(found: object, known: Sequence[str]) -> tuple[Filter, ...]:
    """Read a list of `[operator, dimension, [values]]`. Raises QuestionError."""
    if not isinstance(found, list):
        raise QuestionError("filters is a list of [operator, dimension, [values]]")
    if len(found) > 1:
        raise QuestionError("filters: one filter is answered at a time, since no table is wider than two properties")
    return tuple(_filter(item, known) for item in found)


def _filter(item: object, known: Sequence[str]) -> Filter:
    if not isinstance(item, list) or len(item) != 3:
        raise QuestionError("filters: each is [operator, dimension, [values]]")
    operator, dimension, values = item
    if operator not in OPERATORS:
        raise QuestionError(f"filters: the operator is one of {', '.join(OPERATORS)}")
    if not isinstance(dimension, str) or dimension not in known:
        raise QuestionError(f"filters: the dimension is one of {', '.join(known)}")
    if not isinstance(values, list) or not 0 < len(values) <= MOST_VALUES:
        raise QuestionError(f"filters: the values are a list of 1 to {MOST_VALUES} strings")
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        raise QuestionError("filters: each value is a string")
    return Filter(operator, dimension, tuple(values))
