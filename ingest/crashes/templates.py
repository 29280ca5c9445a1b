"""Messages as templates: what differs from one report to the next becomes a placeholder.

The rules are data, so that the filters on devices apply the very same ones: patterns that RE2, JavaScript, Python,
Java and ICU read alike, with at most one group, the text before the match, which stays. A template is no longer
changed by them, so what a device has cut, the server leaves as it is.

A template is not proof that nothing identifies anybody: a name without quotes or digits is a word like others. So it
waits for k senders, or must be a text that is known (`phrases`).
"""

from __future__ import annotations

from typing import Any, Final

import re2

LONGEST_MESSAGE: Final = 1_000  # characters that are read
LONGEST_TEMPLATE: Final = 200
ROUNDS: Final = 6

_WORD: Final = "[0-9A-Za-z_$#@%+~\u0080-\uffff-]"
_SPACE: Final = "\t\r\n\f\v\u00a0\u2028\u2029"
_GLUE: Final = r"[.:/\\]"
_PART: Final = "[^ /:;,\"'()<>]"  # of a path

RULES: Final[tuple[tuple[str, str], ...]] = (
    (f"()(?: *[{_SPACE}][ {_SPACE}]*|  +)", " "),
    ("()[A-Za-z][A-Za-z0-9+.-]*://[^ \"'`<>]*", "<url>"),
    (r"()[0-9A-Za-z_.+-]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*\.[A-Za-z]{2,}", "<email>"),
    (r'()"[^"]*"', "<text>"),
    (r"()`[^`']*[`']", "<text>"),
    ("()(?:\u201c[^\u201c\u201d]*\u201d|\u201e[^\u201c\u201d]*[\u201c\u201d]|\u00ab[^\u00bb]*\u00bb)", "<text>"),
    ("()\u2018[^\u2018\u2019]*\u2019", "<text>"),
    (r"(^|[^0-9A-Za-z_>])'[^']*'", "<text>"),
    (rf"(^|[^0-9A-Za-z_])[A-Za-z]:[\\/]{_PART}*(?:[ /]{_PART}*\\{_PART}*)*", "<path>"),
    (rf"(^|[^0-9A-Za-z_\\>])\\\\{_PART}+", "<path>"),
    (rf"(^|[^0-9A-Za-z_.>~])[~.]{{0,2}}/{_PART}+(?:/{_PART}*)*", "<path>"),
    # whatever has a digit in it: numbers, times, addresses of all kinds, identifiers, with what they are glued to
    (rf"()(?:{_WORD}+{_GLUE}+)*:*{_WORD}*[0-9]{_WORD}*(?:{_GLUE}+{_WORD}+)*=*", "<n>"),
    (r"()[A-Fa-f]{2}(?:[:-][A-Fa-f]{2}){5}", "<n>"),
    (r"()i-[A-Za-z]{4}-[A-Za-z]{4}-[A-Za-z]{4}", "<n>"),
    (r"()[A-Z]{4}(?:-[A-Z]{4}){2,}", "<n>"),
    (r"()ivpn[A-Za-z]{7,8}\b", "<n>"),
    (r"()[A-Za-z_+/-]{40,}=*", "<key>"),
    (r"()[A-Za-z_$][A-Za-z_$-]*(?:\.[A-Za-z_$][A-Za-z_$-]*)+", "<name>"),
    (r"()<n>(?: ?[,.:;/x-]? ?<n>)+", "<n>"),
)
"""Pattern and placeholder. Those that match a text are applied in this order, and again until none does."""


def template_of(text: str) -> str:
    """Return the template of a message, at most 200 characters of it."""
    template = text[:LONGEST_MESSAGE].strip(" ")
    for _ in range(ROUNDS):
        found = _ALL.Match(template)
        if found:
            for index in sorted(found):
                pattern, placeholder = _COMPILED[index]
                template = pattern.sub(placeholder, template)
        if len(template) > LONGEST_TEMPLATE:
            template = template[: LONGEST_TEMPLATE + 1].rpartition(" ")[0] or "<key>"
        template = template.strip(" ")
        if not found:
            break
    return template


def _join() -> Any:
    """Compile all patterns into one automaton, so that a text without any is done with after one pass."""
    joined = re2.Set.SearchSet()
    for pattern, _ in RULES:
        joined.Add(pattern)
    joined.Compile()
    return joined


_ALL: Final = _join()
_COMPILED: Final[tuple[tuple[Any, str], ...]] = tuple(
    (re2.compile(pattern), r"\1" + placeholder) for pattern, placeholder in RULES
)
