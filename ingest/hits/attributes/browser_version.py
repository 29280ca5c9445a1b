"""Browser version: the family and its major version, such as `Firefox 150`."""

from ingest.counters.cells import Breakdown
from ingest.hits.hit import Hit

BREAKDOWN = Breakdown("browser_version", "visit:browser_version", "Browser versions")


def value(hit: Hit) -> str:
    """Return the family, with its version if it tells one."""
    agent = hit.arrival.agent
    return f"{agent.browser} {agent.browser_version}".rstrip()
