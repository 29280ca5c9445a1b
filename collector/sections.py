"""The sections of a configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from collector.sitemap import Sitemap
from collector.values import (
    Cidrs,
    ControlUrl,
    Dsn,
    Host,
    HostingFile,
    Key,
    ListFile,
    Node,
    SiteId,
    SitemapFile,
    Size,
    UrlPath,
    Zone,
    check_glob,
    read_hosting,
)
from dashboards.alerts.mail import MailServer, Security, is_mailbox
from ingest.app import App, Consent
from ingest.boundary.networks import Hosting
from ingest.hits.clicks import CLICKS
from ingest.site import Funnel, Goal, Profile, Site
from ingest.store.client import StoreError, Target
from ingest.store.retention import Keep


class Section(BaseModel):
    """A table of the file: keys that it does not know are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(Section):
    """`[server]`: where it listens, and whom it believes."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    base_url: str = ""
    trusted_proxies: Cidrs = []
    beacon_path: UrlPath = "/js/logless.js"
    event_path: UrlPath = "/api/event"

    @property
    def pixel_path(self) -> str:
        """Path of the image for browsers that run no scripts, beside the one of events."""
        return f"{self.event_path.rpartition('/')[0]}/pixel.gif"

    @property
    def url(self) -> str:
        """Public address of this server, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


class Store(Section):
    """`[store]`: the ClickHouse, embedded or a server."""

    url: str = "chdb:///var/lib/logless/data"
    node: Node = "a"
    memory: Size = "1GiB"
    spool: Size = "256MiB"

    @field_validator("url")
    @classmethod
    def _check_url(cls, text: str) -> str:
        try:
            Target.read(text)
        except StoreError as error:
            raise ValueError(str(error).removeprefix("store.url: ")) from None
        return text


class Control(Section):
    """`[control]`: the small database of people, links and tokens."""

    url: ControlUrl = ""


class Runtime(Section):
    """`[runtime]`: the folder in memory."""

    dir: str = ""


class Privacy(Section):
    """`[privacy]`: how long an address lives, and what it is asked while it does."""

    address: Literal["memory", "truncate_first"] = "memory"
    countries: str = ""
    hosting: HostingFile = ""

    def hosting_ranges(self) -> Hosting:
        """Return the operator's ranges of hosting companies and VPNs; none, unless a file is configured."""
        return read_hosting(self.hosting)


class Sources(Section):
    """`[sources]`: what is known of referring hosts besides the shipped lists."""

    spam: ListFile = ""

    @property
    def spam_path(self) -> Path | None:
        """The operator's own list of spam, one host a line, if there is one."""
        return Path(self.spam) if self.spam else None


class Limits(Section):
    """`[limits]`: how much is read."""

    body: Size = "64KiB"
    envelope: Size = "1MiB"
    minidump: Size = "32MiB"
    per_sender: int = Field(default=0, ge=0)
    values_per_attribute: int = Field(default=50_000, ge=1)


def _check_keep(text: str, key: str, analytics: str, crashes: str) -> str:
    try:
        Keep.read(analytics, crashes)
    except ValueError as error:
        raise ValueError(str(error).removeprefix(f"retention.{key}: ")) from None
    return text


class Retention(Section):
    """`[retention]`: when counters are deleted."""

    analytics: str = "25 months"
    crashes: str = "90 days"

    @field_validator("analytics")
    @classmethod
    def _check_analytics(cls, text: str) -> str:
        return _check_keep(text, "analytics", text, "90 days")

    @field_validator("crashes")
    @classmethod
    def _check_crashes(cls, text: str) -> str:
        return _check_keep(text, "crashes", "25 months", text)

    @property
    def keep(self) -> Keep:
        """How long each is kept."""
        return Keep.read(self.analytics, self.crashes)


class Mail(Section):
    """`[mail]`: the server that takes our mail; off until a host is set."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65_535)
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = Field(default="", repr=False)
    sender: str = ""

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        if self.host and not is_mailbox(self.sender):
            raise ValueError('sender: not a mailbox: write one alone, such as "logless@example.org"')
        if self.user and self.security is Security.NONE:
            raise ValueError('security: a password would travel in the clear: write "starttls" or "tls"')
        return self

    @property
    def server(self) -> MailServer | None:
        """The mail server, or None when there is none."""
        if not self.host:
            return None
        return MailServer(self.host, self.port, self.security, self.user, self.password, self.sender)


class Alerts(Section):
    """`[alerts]`: where alerts may go."""

    private_targets: bool = False


class Errors(Section):
    """`[errors]`: where reports about Logless itself go; off until a DSN is set."""

    dsn: Dsn = ""


class Metrics(Section):
    """`[metrics]`: who may read /metrics."""

    token: str = ""


Name = Annotated[str, Field(min_length=1, max_length=100)]


class GoalSection(Section):
    """An entry of `goals`: a page or an event."""

    name: Name
    page: str = ""
    event: str = ""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if bool(self.page) == bool(self.event):
            raise ValueError('give a page or an event, such as { name = "Buy", page = "/thanks" }')
        return self

    @field_validator("page")
    @classmethod
    def _check_page(cls, glob: str) -> str:
        return check_glob(glob)

    def goal(self) -> Goal:
        """Return the goal that is configured."""
        return Goal(self.name, self.page, self.event)


class FunnelSection(Section):
    """An entry of `funnels`: steps are pages, which begin with a slash, or events."""

    name: Name
    steps: list[Name] = Field(min_length=2, max_length=8)

    @field_validator("steps")
    @classmethod
    def _check_steps(cls, steps: list[str]) -> list[str]:
        for index, step in enumerate(steps):
            check_glob(step if step.startswith("/") else "", f"[{index}]")
        return steps

    def funnel(self) -> Funnel:
        """Return the funnel that is configured."""
        goals = (Goal(step, page=step) if step.startswith("/") else Goal(step, event=step) for step in self.steps)
        return Funnel(self.name, tuple(goals))


class SiteSection(Section):
    """`[[site]]`."""

    id: SiteId
    hosts: list[Host] = []
    timezone: Zone = "UTC"
    profile: Profile = Profile.STANDARD
    pages: list[str] = []
    sitemap: SitemapFile = Sitemap()
    exclude: list[str] = []
    referrers: list[str] = []
    partners: list[str] = []
    campaigns: list[str] = []
    events: list[str] = []
    props: list[str] = []
    params: list[str] = []
    goals: list[GoalSection] = []
    funnels: list[FunnelSection] = []
    own_networks: Cidrs = []
    own_exits: Cidrs = []
    matomo_id: int | None = Field(default=None, ge=1)
    pixel: bool = False
    demonstration: bool = False

    @field_validator("pages", "exclude")
    @classmethod
    def _check_globs(cls, globs: list[str]) -> list[str]:
        for index, glob in enumerate(globs):
            check_glob(glob or "?", f"[{index}]")
        return globs

    @field_validator("goals", "funnels")
    @classmethod
    def _check_names(cls, named: list[Any]) -> list[Any]:
        names = [entry.name for entry in named]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise ValueError(f'[{index}] is called "{name}" like one before it: give each its own name')
        return named

    @field_validator("params")
    @classmethod
    def _check_params(cls, names: list[str]) -> list[str]:
        for index, name in enumerate(names):
            if not re.fullmatch(r"[\w.~-]{1,50}", name, re.ASCII):
                raise ValueError(f'[{index}] is not a parameter: use letters, digits, "_", "-", "." and "~"')
            if name.lower() in CLICKS:
                raise ValueError(f"[{index}] is a click identifier: its value is one person's, and is never read")
        return names

    def site(self) -> Site:
        """Return the site that is configured."""
        hosts = tuple(host.lower() for host in self.hosts) or (self.id.lower(),)
        return Site(
            id=self.id,
            hosts=hosts,
            timezone=ZoneInfo(self.timezone),
            profile=self.profile,
            pages=tuple(self.pages),
            sitemap=self.sitemap.pages(hosts, self.params),
            exclude=tuple(self.exclude),
            referrers=frozenset(self.referrers),
            partners=frozenset(self.partners),
            campaigns=frozenset(self.campaigns),
            events=frozenset(self.events),
            props=frozenset(self.props),
            params=frozenset(self.params),
            goals=tuple(goal.goal() for goal in self.goals),
            funnels=tuple(funnel.funnel() for funnel in self.funnels),
            own_networks=tuple(self.own_networks),
            own_exits=tuple(self.own_exits),
            matomo_id=self.matomo_id,
            pixel=self.pixel,
            demonstration=self.demonstration,
        )


class AppSection(Section):
    """`[[app]]`."""

    id: int = Field(ge=1, le=4_294_967_295)
    name: str = Field(min_length=1, max_length=100)
    key: Key
    timezone: Zone = "UTC"
    profile: Profile = Profile.STANDARD
    consent: Consent = Consent.EXPLICIT
    sessions: bool = False
    environments: list[str] = ["production", "beta"]
    tags: dict[str, list[str]] = {}
    fingerprints: list[str] = []
    own_exits: Cidrs = []
    demonstration: bool = False

    def app(self) -> App:
        """Return the app that is configured."""
        return App(
            id=self.id,
            name=self.name,
            key=self.key,
            timezone=ZoneInfo(self.timezone),
            profile=self.profile,
            consent=self.consent,
            sessions=self.sessions,
            environments=frozenset(self.environments),
            tags={name: tuple(values) for name, values in self.tags.items()},
            fingerprints=frozenset(self.fingerprints),
            own_exits=tuple(self.own_exits),
            demonstration=self.demonstration,
        )
