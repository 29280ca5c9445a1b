"""The configuration: logless.toml, and each key also as LOGLESS_SECTION__KEY."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import (
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentSettingsError

from collector.sections import (
    Alerts,
    AppSection,
    Control,
    Errors,
    Limits,
    Mail,
    Metrics,
    Privacy,
    Retention,
    Runtime,
    Server,
    SiteSection,
    Sources,
    Store,
)
from ingest.store.client import Target

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


class SettingsError(Exception):
    """The configuration cannot be used; the message names the key and the remedy."""


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
