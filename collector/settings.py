"""The configuration: logless.toml, and each key also as LOGLESS_SECTION__KEY."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentSettingsError

from collector.sitemap import Sitemap, read_sitemap
from dashboards.alerts.mail import MailServer, Security, is_mailbox
from ingest.app import App, Consent
from ingest.boundary.networks import Hosting, Networks
from ingest.hits.clicks import CLICKS
from ingest.site import Funnel, Goal, Profile, Site
from ingest.store.client import StoreError, Target
from ingest.store.retention import Keep

_PREFIX: Final = "LOGLESS_"
_WORDS: Final = {
    "missing": "it is missing",
    "list_type": 'write a list, such as ["one", "two"]',
    "dict_type": "write a table",
    "model_type": "write a table",
    "string_type": "write a text in quotes",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
}
"""What we say in the place of a message of pydantic that speaks of its own types."""

_UNITS: Final = {"B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


class SettingsError(Exception):
    """The configuration cannot be used; the message names the key and the remedy."""


def read_size(text: str) -> int:
    """Read a size such as `64KiB`, in bytes. Raises ValueError."""
    found = re.fullmatch(r"\s*([0-9]{1,15})\s*([A-Za-z]*)\s*", text)
    unit = _UNITS.get((found[2] or "B").upper()) if found else None
    if found is None or unit is None:
        raise ValueError('not a size: write a number and B, KiB, MiB or GiB, such as "64KiB"')
    return int(found[1]) * unit


def _check_size(text: str) -> str:
    read_size(text)
    return text


def _check_networks(texts: list[str]) -> list[str]:
    Networks(texts)
    return texts


def _check_hosting(text: str) -> str:
    try:
        _read_hosting(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{text}: {reason}: name a file of networks, one a line") from None
    return text


def _read_hosting(text: str) -> Hosting:
    return Hosting.open(Path(text)) if text else Hosting()


def _check_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('not a time zone: write a name such as "Europe/Gibraltar"') from None
    return text


def _check_path(text: str) -> str:
    if not re.fullmatch(r"/[\w./-]+", text):
        raise ValueError('not a path: begin with "/" and use letters, digits, "-", "_", "." and "/"')
    return text


def _check_glob(text: str, place: str = "") -> str:
    if text and (not text.startswith("/") or re.search(r"[\[\]{}?]", text)):
        raise ValueError(f'{place} is not a glob: begin with "/" and use "*" for any characters'.lstrip())
    return text


def _check_site_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
        raise ValueError('not an id: write up to 100 letters, digits, ".", "_" and "-", such as "example.org"')
    return text


def _check_node(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", text):
        raise ValueError('not a node: write up to 32 letters, digits, ".", "_" and "-", such as "a"')
    return text


def _check_key(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise ValueError("not a key: write 32 hexadecimal digits, or let `logless app add` make one")
    return text


def _check_control(text: str) -> str:
    if text and not (text.startswith("sqlite:///") and text.removeprefix("sqlite:///")):
        raise ValueError('not a database that can be used: write "sqlite:///" and the path of a file')
    return text


def _check_host(text: str) -> str:
    if not re.fullmatch(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]", text):
        raise ValueError('not a host: write a name alone, such as "www.example.org", without scheme, port and path')
    return text


def _check_dsn(text: str) -> str:
    parts = urlsplit(text)
    if text and not (parts.scheme in {"http", "https"} and parts.hostname and parts.username and parts.path[1:]):
        raise ValueError('not a DSN: write "https://key@host/number", or nothing to report no errors')
    return text


def _read_sitemap(given: Any) -> Sitemap:
    if isinstance(given, str):
        return read_sitemap(Path(given)) if given else Sitemap()
    if not isinstance(given, Sitemap):
        raise ValueError("write the path of a file")  # noqa: TRY004  pydantic turns only this one into a message
    return given


def _check_list(text: str) -> str:
    try:
        if text:
            Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"{text} cannot be read: {reason}") from None
    return text


HostingFile = Annotated[str, AfterValidator(_check_hosting)]
Size = Annotated[str, AfterValidator(_check_size)]
SitemapFile = Annotated[Sitemap, BeforeValidator(_read_sitemap)]
ListFile = Annotated[str, AfterValidator(_check_list)]
Cidrs = Annotated[list[str], AfterValidator(_check_networks)]
Zone = Annotated[str, AfterValidator(_check_zone)]
UrlPath = Annotated[str, AfterValidator(_check_path)]
Host = Annotated[str, AfterValidator(_check_host)]
Dsn = Annotated[str, AfterValidator(_check_dsn)]
SiteId = Annotated[str, AfterValidator(_check_site_id)]
Node = Annotated[str, AfterValidator(_check_node)]
Key = Annotated[str, AfterValidator(_check_key)]
ControlUrl = Annotated[str, AfterValidator(_check_control)]


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
        return _read_hosting(self.hosting)


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
        return _check_glob(glob)

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
            _check_glob(step if step.startswith("/") else "", f"[{index}]")
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
            _check_glob(glob or "?", f"[{index}]")
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


class Settings(BaseSettings):
    """All of the configuration, checked."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, case_sensitive=False
    )

    server: Server = Server()
    store: Store = Store()
    control: Control = Control()
    runtime: Runtime = Runtime()
    privacy: Privacy = Privacy()
    sources: Sources = Sources()
    limits: Limits = Limits()
    retention: Retention = Retention()
    mail: Mail = Mail()
    alerts: Alerts = Alerts()
    errors: Errors = Errors()
    metrics: Metrics = Metrics()
    site: list[SiteSection] = []
    app: list[AppSection] = []

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        return env_settings, init_settings

    @property
    def control_path(self) -> Path:
        """File of the control database; beside the data unless configured."""
        if self.control.url:
            return Path(self.control.url.removeprefix("sqlite:///"))
        data = Target.read(self.store.url).path
        return (data.parent if data is not None else Path("/var/lib/logless")) / "control.db"

    @property
    def countries_path(self) -> Path | None:
        """The operator's own country database, as configured or as `geo update` left it; None: the shipped one."""
        if self.privacy.countries:
            return Path(self.privacy.countries)
        updated = self.control_path.parent / "countries.mmdb"
        return updated if updated.exists() else None

    @property
    def spool_path(self) -> Path:
        """Folder of the spool, beside the control database."""
        return self.control_path.parent / "spool"


def read_settings(path: Path, *, must_exist: bool = True) -> Settings:
    """Read a configuration file. Raises SettingsError with one line for each thing that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(
                f"{path} is not there: write one, name it with --config, or try `logless demo`"
            ) from None
        content = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    _place_files(content, path.parent)
    _check_environment()
    try:
        settings = Settings(**content)
    except EnvironmentSettingsError as error:
        raise SettingsError(_explain_environment(error)) from None
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(path.name, content, one) for one in error.errors())) from None
    _check_unique(path.name, "site", [site.id for site in settings.site])
    _check_unique(path.name, "app", [str(app.id) for app in settings.app])
    _check_matomo_ids(path.name, settings.site)
    if settings.server.event_path == settings.server.beacon_path:
        raise SettingsError(f"{path.name}: server.event_path: the beacon is there: choose another path")
    return settings


def _place_files(content: dict[str, Any], folder: Path) -> None:
    """Take files that the configuration names from the folder in which it lies."""
    sections = [content.get("sources"), *(content["site"] if isinstance(content.get("site"), list) else [])]
    for section in sections:
        for key in ("spam", "sitemap"):
            if isinstance(section, dict) and isinstance(section.get(key), str) and section[key]:
                section[key] = str(folder / section[key])


def _check_environment() -> None:
    """Refuse variables that mean a section or key which is none. Raises SettingsError."""
    for name in os.environ:
        section, found, _ = name.upper().removeprefix(_PREFIX).partition("__")
        if found and name.upper().startswith(_PREFIX) and section.lower() not in Settings.model_fields:
            raise SettingsError(f'{name}: unknown section "{section.lower()}"')


def _explain_environment(error: EnvironmentSettingsError) -> str:
    """Name the variables of which one is not the JSON that a list or a table has to be."""
    found = re.search(r'field "(\w+)"', str(error))
    section = found[1] if found else ""
    names = [name for name in os.environ if name.upper().startswith(f"{_PREFIX}{section.upper()}")]
    return f'{", ".join(sorted(names))}: not JSON: write a list as \'["one", "two"]\''


def _check_unique(name: str, section: str, ids: list[str]) -> None:
    for one in ids:
        if ids.count(one) > 1:
            raise SettingsError(f'{name}: {section} "{one}" is there twice: give each its own id')


def _check_matomo_ids(name: str, sites: list[SiteSection]) -> None:
    """Refuse a number that could mean two sites: trackers send it, or a site's id, in the same place."""
    numbers = [str(site.matomo_id) for site in sites if site.matomo_id is not None]
    for site in sites:
        taken = numbers.count(str(site.matomo_id)) > 1
        if taken or any(str(site.matomo_id) == other.id for other in sites if other is not site):
            raise SettingsError(f'{name}: site "{site.id}": matomo_id: another site has {site.matomo_id}: choose one')


def _explain(name: str, content: Mapping[str, Any], error: Any) -> str:
    """Say where an error stands in the file's own words, and what would be right."""
    where = list(error["loc"])
    prefix = ""
    if len(where) > 1 and where[0] in {"site", "app"} and isinstance(where[1], int):
        listed = content.get(where[0])
        entry = listed[where[1]] if isinstance(listed, list) and where[1] < len(listed) else {}
        given = entry.get("id", where[1] + 1) if isinstance(entry, dict) else where[1] + 1
        prefix = f'{where[0]} "{given}": '
        where = where[2:]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    name = _variable(error["loc"]) or name
    if error["type"] == "extra_forbidden":
        return f'{name}: {prefix}unknown key "{key}"'
    message = _WORDS.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {prefix}{key}{'' if message.startswith('[') or not key else ': '}{message}"


def _variable(where: tuple[Any, ...]) -> str:
    """Return the environment's variable that a value came from, or nothing: then it stands in the file."""
    wanted = _PREFIX + "__".join(str(part).upper() for part in where)
    return next((name for name in os.environ if name.upper() == wanted), "")
