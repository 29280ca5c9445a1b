"""An app: a mobile or desktop program whose crash reports are counted, as configured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum

from ingest.site import Profile


class Consent(StrEnum):
    """Who must have said what before a report is taken."""

    EXPLICIT = "explicit"  # the report says consent=given, or it is refused
    OPT_OUT = "opt-out"  # the app sends by default; consent=denied is refused all the same


@dataclass(frozen=True)
class App:
    """A program as `[[app]]` configures it."""

    id: int
    name: str
    key: str
    timezone: tzinfo = UTC
    profile: Profile = Profile.STANDARD
    consent: Consent = Consent.EXPLICIT
    sessions: bool = False
    environments: frozenset[str] = frozenset({"production", "beta"})
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fingerprints: frozenset[str] = frozenset()
    own_exits: tuple[str, ...] = ()
    demonstration: bool = False

    @property
    def owner(self) -> str:
        """The name under which refusals and windows file this app."""
        return f"app:{self.id}"

    @property
    def takes_sessions(self) -> bool:
        """Whether sessions are counted: they bear no consent, so never of an app that needs one for each report."""
        return self.sessions and self.consent is Consent.OPT_OUT

    @property
    def k(self) -> int:
        """Distinct senders that must share a string: never under 5, in any profile."""
        return max(5, self.profile.k)


@dataclass
class Apps:
    """The configured apps; `replace` swaps them when the configuration is read again."""

    _by_id: dict[int, App] = field(default_factory=dict)

    def replace(self, apps: Iterable[App]) -> None:
        """Put these apps in the place of the present ones."""
        self._by_id = {app.id: app for app in apps}

    def get(self, app_id: int) -> App | None:
        """Return the app of that id, or None."""
        return self._by_id.get(app_id)

    def __iter__(self) -> Iterator[App]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)
