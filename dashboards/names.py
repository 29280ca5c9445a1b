"""Names of countries and languages, for people; programs are given the codes."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def plain_name(value: str) -> str:
    """Return a value as it is."""
    return value


def country_name(code: str) -> str:
    """Return the name of an ISO 3166 code, or the code."""
    return _names("countries").get(code, code)


def language_name(tag: str) -> str:
    """Return the name of a language tag, with its region: `English (GB)`; or the tag."""
    language, _, rest = tag.replace("_", "-").partition("-")
    name = _names("languages").get(language.lower())
    if name is None:
        return tag
    return f"{name} ({rest.upper()})" if rest else name


@cache
def _names(kind: str) -> dict[str, str]:
    text = files("dashboards").joinpath("words", f"{kind}.txt").read_text("utf-8")
    entries = (entry.partition(" ") for entry in text.replace("\n", "|").split("|") if entry)
    return {code: name for code, _, name in entries}
