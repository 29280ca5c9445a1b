"""Click identifiers: parameters by which advertisers know one person's click again.

Only the name of such a parameter is looked at: it says whose link it was, and whether it was paid for. The value is
cut off before anything decodes it.

fbclid stands on every link that leaves Facebook, and Instagram, paid for or not; likewise igshid and epik. They name
the source, but do not make it paid: counting them as paid would overstate what advertising brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Means(Enum):
    """What a click identifier says about the link."""

    PAID = "paid"
    DISPLAY = "display"
    FREE = "free"
    EMAIL = "email"
    AFFILIATE = "affiliate"


@dataclass(frozen=True, slots=True)
class Click:
    """What the presence of a click identifier tells."""

    source: str  # a tag of the catalogue, or nothing where the parameter names none
    means: Means


CLICKS: Final = {
    "gclid": Click("google", Means.PAID),
    "gbraid": Click("google", Means.PAID),
    "wbraid": Click("google", Means.PAID),
    "gad_source": Click("google", Means.PAID),
    "dclid": Click("google display", Means.DISPLAY),
    "msclkid": Click("bing", Means.PAID),
    "yclid": Click("yandex", Means.PAID),
    "ysclid": Click("yandex", Means.FREE),
    "fbclid": Click("facebook", Means.FREE),
    "igshid": Click("instagram", Means.FREE),
    "igsh": Click("instagram", Means.FREE),
    "epik": Click("pinterest", Means.FREE),
    "ttclid": Click("tiktok", Means.PAID),
    "twclid": Click("x", Means.PAID),
    "li_fat_id": Click("linkedin", Means.PAID),
    "rdt_cid": Click("reddit", Means.PAID),
    "sccid": Click("snapchat", Means.PAID),
    "qclid": Click("quora", Means.PAID),
    "vmcid": Click("yahoo!", Means.PAID),
    "tblci": Click("taboola", Means.PAID),
    "obclid": Click("outbrain", Means.PAID),
    "dicbo": Click("outbrain", Means.PAID),
    "mc_eid": Click("mailchimp", Means.EMAIL),
    "_hsenc": Click("", Means.EMAIL),
    "_hsmi": Click("", Means.EMAIL),
    "mkt_tok": Click("", Means.EMAIL),
    "vero_id": Click("", Means.EMAIL),
    "ml_subscriber": Click("", Means.EMAIL),
    "irclickid": Click("", Means.AFFILIATE),
    "cjevent": Click("", Means.AFFILIATE),
    "awc": Click("", Means.AFFILIATE),
    "ranmid": Click("", Means.AFFILIATE),
}
"""Every click identifier that is known, in lower case. The first one in a query counts."""
