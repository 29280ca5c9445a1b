"""What would be counted about whoever reads a page, as the way in tells it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that would be counted."""

    attribute: str
    value: str
    is_free: bool
    """Whether it is on a printed list, and waits for nobody to share it."""


@dataclass(frozen=True, slots=True)
class Account:
    """What would become of this view, if this page were one of a site with the usual profile."""

    objects: bool
    """Whether the browser says that it does not want to be counted."""
    refusal: str
    """Why it would not be counted, by a reason of the closed list; empty: it would be."""
    told: Sequence[Told]


Accounts = Callable[[MutableMapping[str, Any]], Awaitable[Account]]
"""Takes a request's scope through the steps of the way in, and counts nothing."""


async def no_account(_: MutableMapping[str, Any]) -> Account:
    """Tell nothing: there is no way in."""
    return Account(objects=False, refusal="", told=())
