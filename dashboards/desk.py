"""What every page works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from starlette.requests import Request

from dashboards.annotations import Annotations
from dashboards.assets import Assets
from dashboards.diagnostics import Diagnostics
from dashboards.figures import Figures
from dashboards.hosts import Hosts
from dashboards.inventory import Inventory
from dashboards.panels import Panel
from dashboards.passwords import Passwords
from dashboards.reader import Accounts
from dashboards.referrers import Referrers
from dashboards.refusals import Refusals
from dashboards.reports import Reports
from dashboards.throttle import Throttle
from dashboards.triage import Triage
from dashboards.vitals import Vitals
from dashboards.way_in import WayIn
from ingest.app import Apps
from ingest.site import Sites
from ingest.store.control.database import Control
from ingest.store.control.sessions import Session
from ingest.store.control.shares import Share
from ingest.store.control.tokens import Token
from ingest.store.control.users import Role, User


@dataclass(frozen=True, slots=True)
class AlertMeans:
    """By what alerts of this server may travel."""

    has_mail: bool = False
    allows_private: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by `dashboards.app`."""

    sites: Sites
    apps: Apps
    figures: Figures
    reports: Reports
    triage: Triage
    refusals: Refusals
    referrers: Referrers
    diagnostics: Diagnostics
    hosts: Hosts
    inventory: Inventory
    control: Control
    passwords: Passwords
    throttle: Throttle
    assets: Assets
    panels: Sequence[Panel]
    dimensions: Mapping[str, str]
    clock: Callable[[], float]
    notices: Callable[[], Sequence[str]]
    snippet: Callable[[str], str]
    """The tag that a page of a site carries."""
    identifies: Callable[[str], str]
    """What a text holds that identifies a person, in a word, or nothing."""
    annotations: Annotations
    """What was noted on days of a site."""
    vitals: Callable[[], Vitals]
    """How the server is; it may take a moment, so ask from a thread."""
    is_shared: Callable[[str], bool]
    """Whether a path is one that shared links can open."""
    means: AlertMeans
    is_https: bool
    way_in: WayIn
    account: Accounts
    """What would be counted about whoever asks."""


KEYS_COOKIE: Final = "logless_keys"


class Format(StrEnum):
    """How an answer is written."""

    HTML = ""
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request on its way to a page: by whom, and in which form the answer is wanted."""

    desk: Desk
    request: Request
    format: Format = Format.HTML
    session: Session | None = None
    token: Token | None = None
    guest: Share | None = None
    """The shared link by which somebody came who is not signed in."""
    beginning: date | None = None
    """The first day that is counted of the site that the address names."""

    @property
    def user(self) -> User:
        """The member who asks; only pages of members may look."""
        assert self.session is not None
        return self.session.user

    @property
    def can_edit(self) -> bool:
        """Whether whoever asks may change what the team decides."""
        return self.may(Role.EDITOR)

    def may(self, role: Role) -> bool:
        """Return whether whoever asks is signed in and may do what a role may."""
        return self.session is not None and self.session.user.role.covers(role)

    @property
    def now(self) -> float:
        """The present, in seconds since 1970."""
        return self.desk.clock()

    @property
    def has_keys(self) -> bool:
        """Whether single letters lead somewhere: on, until a member switches them off in this browser."""
        return self.request.cookies.get(KEYS_COOKIE) != "off"

    def argument(self, name: str) -> str:
        """Return a part of the query string, or an empty text."""
        return self.request.query_params.get(name, "")
