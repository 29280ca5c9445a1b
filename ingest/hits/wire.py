"""The body of a submission, as our beacon and every Plausible client send it.

Fields are Plausible's (n, u, d, r, p, h, i, sd, e, v, with their long names), and three of ours: `w` screen
width, `l` language, `rv` revisit class. Unknown fields are passed over without being read.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

MOST_AT_ONCE: Final = 100
_MOST_PROPS: Final = 30

_Text = Annotated[str, msgspec.Meta(max_length=2_000)]
_Name = Annotated[str, msgspec.Meta(max_length=120)]
_Sites = Annotated[str, msgspec.Meta(max_length=500)]
_Prop = str | int | float | bool | None
_Props = dict[str, _Prop] | str | None
_Percent = Annotated[int, msgspec.Meta(ge=-1, le=255)]
_Millis = Annotated[int, msgspec.Meta(ge=-1, le=2_147_483_647)]
_Width = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
_Revisit = Annotated[int, msgspec.Meta(ge=0, le=3)]


class WireError(ValueError):
    """The body is not a submission. The message names the field, never its value."""


class Submission(msgspec.Struct, frozen=True, gc=False):
    """What one call of a client says."""

    n: _Name = ""
    name: _Name = ""
    u: _Text = ""
    url: _Text = ""
    d: _Sites = ""
    domain: _Sites = ""
    r: _Text | None = None
    referrer: _Text | None = None
    p: _Props = None
    props: _Props = None
    m: _Props = None
    meta: _Props = None
    h: bool | int = 0
    i: bool | None = True
    interactive: bool | None = True
    sd: _Percent | None = None
    e: _Millis | None = None
    w: _Width | None = None
    l: Annotated[str, msgspec.Meta(max_length=64)] | None = None  # noqa: E741  the name on the wire
    rv: _Revisit | None = None  # of the browser: 0 new, 1 here this week, 2 in the four weeks before it, 3 earlier

    @property
    def event(self) -> str:
        """Name of the event: `pageview`, `engagement`, or one of the site's own."""
        return self.n or self.name

    @property
    def address_of_page(self) -> str:
        """URL of the page, as the browser had it."""
        return self.u or self.url

    @property
    def sites(self) -> str:
        """Id of the site, or several, parted by commas."""
        return self.d or self.domain

    @property
    def came_from(self) -> str:
        """URL of the page that linked here, or nothing."""
        return self.r or self.referrer or ""

    @property
    def keeps_fragment(self) -> bool:
        """Whether the site routes by what stands after `#`."""
        return bool(self.h)

    @property
    def has_props(self) -> bool:
        """Whether it tells properties, however they are called."""
        return not (self.p is self.props is self.m is self.meta is None)

    @property
    def is_interactive(self) -> bool:
        """Whether an event is something that a person did."""
        return self.i is not False and self.interactive is not False


class Heartbeat(Submission, frozen=True, gc=False):
    """An engagement that tells no time: what has passed since the view, or the one before it, is counted.

    Clients of other protocols send it; no JSON is ever read as one.
    """


_DECODER: Final = msgspec.json.Decoder(Submission | list[Submission])
_PROPS: Final = msgspec.json.Decoder(dict[str, _Prop])


def read_submissions(body: bytes) -> list[Submission]:
    """Read one submission or up to a hundred. Raises WireError."""
    try:
        decoded: Submission | list[Submission] = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise WireError(_place(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise WireError("not JSON") from None
    submissions = decoded if isinstance(decoded, list) else [decoded]
    if not 0 < len(submissions) <= MOST_AT_ONCE:
        raise WireError(f"an array of 1 to {MOST_AT_ONCE} submissions is wanted")
    for told in submissions:
        if not (told.n or told.name) or not (told.u or told.url) or not (told.d or told.domain):
            missing = "n" if not told.event else "u" if not told.address_of_page else "d"
            raise WireError(f"field {missing} is missing")
    return submissions


def props_of(submission: Submission) -> dict[str, _Prop]:
    """Return the flat properties of an event, at most thirty. Raises WireError."""
    for name, given in (
        ("p", submission.p), ("props", submission.props), ("m", submission.m), ("meta", submission.meta)
    ):  # fmt: skip
        if given:
            return _flat(name, given)
    return {}


def _flat(name: str, given: dict[str, _Prop] | str) -> dict[str, _Prop]:
    if isinstance(given, str):
        try:
            given = _PROPS.decode(given)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise WireError(f"field {name} is not a flat object") from None
    if len(given) > _MOST_PROPS:
        raise WireError(f"field {name} has more than {_MOST_PROPS} properties")
    return given


def _place(error: msgspec.ValidationError) -> str:
    """Name the field of an error by its place; the value and unknown names are not repeated."""
    _, _, place = str(error).rpartition(" - at `$")
    place = place.rstrip("`")
    # `[...]` at the end stands for a value of an object whose names are the sender's.
    name = place.removesuffix("[...]").rpartition(".")[2]
    if name not in Submission.__struct_fields__:
        return "an object or an array of objects is wanted"
    return f"field {name} is not a flat object" if place.endswith("]") else f"field {name} has a wrong type or size"
