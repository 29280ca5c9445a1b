"""What an act is, and what it may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collector.app import Collector
from collector.control_socket import Progress
from collector.settings import Settings
from ingest.app import App
from ingest.site import Site
from ingest.store.control.database import Control


@dataclass(slots=True)
class House:
    """What an act works with. `collector` is there only for acts that need the store."""

    settings: Settings
    control: Control
    now: Callable[[], float]
    collector: Collector | None = None

    @property
    def open(self) -> Collector:
        """Return the open collector; only acts that say so may ask."""
        assert self.collector is not None
        return self.collector

    def file(self, arguments: Mapping[str, Any]) -> Path:
        """Return the configuration file to edit: the one that a running server reads, else the one that was named."""
        return self.collector.path if self.collector is not None else Path(arguments["config"])

    @property
    def sites(self) -> dict[str, Site]:
        """Return the sites by id: those that the server counts, else those of the configuration."""
        if self.collector is not None:
            return {site.id: site for site in self.collector.sites}
        return {section.id: section.site() for section in self.settings.site}

    @property
    def apps(self) -> dict[int, App]:
        """Return the apps by id: those that the server counts, else those of the configuration."""
        if self.collector is not None:
            return {app.id: app for app in self.collector.apps}
        return {section.id: section.app() for section in self.settings.app}


@dataclass(frozen=True, slots=True)
class Act:
    """A function of a house, and whether it needs the store to be open."""

    do: Callable[[House, Mapping[str, Any], Progress], Awaitable[Any]]
    needs_store: bool = False
