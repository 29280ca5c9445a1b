"""Channels: what kind of road a visit came by.

After Google Analytics 4's published "default channel group", manual traffic, as of 2026: the same names, rules and
order, and AI Assistants besides. Letter case does not matter. Where GA4 asks its own lists of sites, the catalogue is
asked; where it asks its advertising accounts, the presence of a click identifier stands for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import re2

from ingest.hits.catalogue import Kind
from ingest.hits.clicks import Click, Means

UNASSIGNED: Final = "Unassigned"
"""What no rule knows, as GA4 calls it."""

_SHOPPING: Final = re2.compile(r"([^a-df-z]|^)shop|shopping")
_EMAIL: Final = frozenset({"email", "e-mail", "e_mail", "e mail"})
_SOCIAL: Final = frozenset({"social", "social-network", "social-media", "sm", "social network", "social media"})
_DISPLAY: Final = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SMS: Final = frozenset({"sms"})
_NAMED: Final = _EMAIL | _SMS | {"firebase"}
"""Sources that rules ask for by their names."""

_REFERRED: Final = "Referral"
_REFERRAL: Final = frozenset({"referral", "app", "link"})


@dataclass
class Clues:
    """What the rules look at; texts in lower case, empty where nothing is told."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    kind: Kind | None = None
    click: Click | None = None

    @property
    def paid(self) -> bool:
        r"""Whether somebody paid for the link; GA4: medium matches `^(.*cp.*|ppc|retargeting|paid.*)$`."""
        medium = self.medium
        by_medium = "cp" in medium or medium in {"ppc", "retargeting"} or medium.startswith("paid")
        return by_medium or self.is_click(Means.PAID) or self.kind is Kind.ADS

    @property
    def shops(self) -> bool:
        """Whether it is about shopping; GA4: a site of its list, or the campaign matches `shop` or `shopping`."""
        return self.kind is Kind.SHOPPING or bool(self.campaign and _SHOPPING.search(self.campaign))

    @property
    def is_bare_link(self) -> bool:
        """Whether all that is known is a host that no list knows: as of most links, so it is asked first."""
        told = self.medium or self.campaign or self.kind is not None or self.click is not None
        return bool(self.source) and not told and self.source not in _NAMED

    def is_click(self, means: Means) -> bool:
        """Return whether a click identifier says this."""
        return self.click is not None and self.click.means is means

    def is_named(self, words: frozenset[str]) -> bool:
        """Return whether source or medium is one of these words."""
        return self.source in words or self.medium in words


def _pushes(clues: Clues) -> bool:
    medium = clues.medium
    return medium.endswith("push") or "mobile" in medium or "notification" in medium or clues.source == "firebase"


Rule = Callable[[Clues], bool]

RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("Direct", lambda clues: not (clues.source or clues.medium or clues.campaign or clues.click)),
    ("Cross-network", lambda clues: "cross-network" in clues.campaign),
    ("Paid Shopping", lambda clues: clues.shops and clues.paid),
    ("Paid Search", lambda clues: clues.kind is Kind.SEARCH and clues.paid),
    ("Paid Social", lambda clues: clues.kind is Kind.SOCIAL and clues.paid),
    ("Paid Video", lambda clues: clues.kind is Kind.VIDEO and clues.paid),
    ("Display", lambda clues: clues.medium in _DISPLAY or clues.is_click(Means.DISPLAY)),
    ("Paid Other", lambda clues: clues.paid),
    ("AI Assistants", lambda clues: clues.kind is Kind.AI),
    ("Organic Shopping", lambda clues: clues.shops),
    ("Organic Social", lambda clues: clues.kind is Kind.SOCIAL or clues.medium in _SOCIAL),
    ("Organic Video", lambda clues: clues.kind is Kind.VIDEO or "video" in clues.medium),
    ("Organic Search", lambda clues: clues.kind is Kind.SEARCH or clues.medium == "organic"),
    ("Email", lambda clues: clues.kind is Kind.EMAIL or clues.is_named(_EMAIL) or clues.is_click(Means.EMAIL)),
    ("Affiliates", lambda clues: clues.medium in {"affiliate", "affiliates"} or clues.is_click(Means.AFFILIATE)),
    ("Audio", lambda clues: clues.medium == "audio"),
    ("SMS", lambda clues: clues.is_named(_SMS)),
    ("Mobile Push Notifications", _pushes),
    # GA4 gives the medium "referral" to whoever follows a link that tells nothing of itself.
    (_REFERRED, lambda clues: clues.medium in _REFERRAL or (bool(clues.source) and not clues.medium)),
)
"""The first that fits is the channel."""

CHANNELS: Final = frozenset({*(name for name, _ in RULES), UNASSIGNED})


def channel_of(clues: Clues) -> str:
    """Return the channel that these clues point to."""
    if clues.is_bare_link:
        return _REFERRED
    for name, fits in RULES:
        if fits(clues):
            return name
    return UNASSIGNED
