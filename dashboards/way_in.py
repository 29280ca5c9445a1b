"""Where pages and trackers reach this server, as its pages say it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ingest.app import App


@dataclass(frozen=True, slots=True)
class WayIn:
    """The public address, and the paths of what a website needs below it."""

    url: str
    beacon: str = "/js/logless.js"
    events: str = "/api/event"
    pixel: str = "/api/pixel.gif"

    def dsn(self, app: App) -> str:
        """Return the DSN that an app's SDK is given."""
        url = urlsplit(self.url)
        return f"{url.scheme}://{app.key}@{url.netloc}{url.path}/{app.id}"

    @property
    def stem(self) -> str:
        """What the paths of the beacon's other files begin with."""
        return self.beacon.removesuffix(".js")

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """Return what each address is for, with the address."""
        paths = {
            "beacon": self.beacon,
            "beacon without clicks": f"{self.stem}.core.js",
            "beacon as a module": f"{self.stem}.mjs",
            "events": self.events,
            "image": self.pixel,
            "Matomo": "/matomo.php",
        }
        return [(use, self.url + path) for use, path in paths.items()]
