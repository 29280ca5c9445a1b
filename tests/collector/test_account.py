"""What a reader is told is what the way in would count, and nothing stays."""

from __future__ import annotations

import asyncio
import gc
import itertools
from typing import Any

import pytest

from collector.account import Reporter
from collector.pipeline import Means
from collector.settings import Settings
from dashboards.reader import Account
from ingest.app import Apps
from ingest.boundary.airlock import Airlock
from ingest.boundary.geo import Countries
from ingest.boundary.proxies import TrustedProxies
from ingest.counters.ledger import Ledger
from ingest.hits.attributes import visit_attributes
from ingest.hits.catalogue import Catalogue
from ingest.hits.visits import Visits
from ingest.site import Sites

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


def told(address: str, **headers: str) -> Account:
    """Open the page from an address, through the airlock."""
    countries = Countries.open()
    means = Means(
        settings=Settings(), sites=Sites(), apps=Apps(), countries=countries, attributes=visit_attributes(),
        catalogue=Catalogue.open(), ship=lambda _: None, is_full=lambda: False, sequence=itertools.count(1),
    )  # fmt: skip
    reporter = Reporter(means, lambda: 1_790_000_000.0)
    found: list[Account] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        found.append(await reporter.account(scope))

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/privacy/you",
        "client": (address, 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    try:
        asyncio.run(Airlock(page, TrustedProxies([]))(scope, None, None))  # type: ignore[arg-type]
    finally:
        countries.close()
    return found[0]


def test_a_browser_is_told_what_it_would_add_to() -> None:
    account = told("81.2.69.142", user_agent=FIREFOX, accept_language="de-CH,de;q=0.9")
    assert (account.objects, account.refusal) == (False, "")
    found = {one.attribute: (one.value, one.is_free) for one in account.told}
    assert found["country"] == ("GB", False)
    assert found["browser"] == ("Firefox", False)
    assert found["device"] == ("desktop", True)
    assert found["page"][0] == "/privacy/you"
    assert "81.2" not in str(account)


def test_a_robot_and_whoever_objects_are_told_so() -> None:
    assert told("81.2.69.142", user_agent="Googlebot/2.1").refusal == "bot"
    objecting = told("81.2.69.142", user_agent=FIREFOX, sec_gpc="1")
    assert (objecting.objects, objecting.told) == (True, ())


@pytest.mark.parametrize("kind", [Ledger, Visits])
def test_nothing_of_it_outlives_the_answer(kind: type) -> None:
    gc.collect()
    before = sum(isinstance(one, kind) for one in gc.get_objects())
    told("81.2.69.142", user_agent=FIREFOX)
    gc.collect()
    assert sum(isinstance(one, kind) for one in gc.get_objects()) == before
