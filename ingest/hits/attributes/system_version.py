"""System version: the system and its major version, such as `iOS 26`; `Windows 10 or later` where no more is told."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("system_version", "visit:os_version", "System versions")


def value(hit: Hit) -> str:
    """Return the system, with its version if it tells one."""
    agent = hit.arrival.agent
    return f"{agent.system} {agent.system_version}".rstrip()
