"""Looks at every app and site when its time has come, and sees messages off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Final, Protocol

import msgspec
from starlette.concurrency import run_in_threadpool

from dashboards.alerts.alert import Message, read_message
from dashboards.alerts.faults import FINAL, DeliveryError, Fault
from dashboards.alerts.findings import USUAL_DAYS, Sight, find_alerts
from dashboards.alerts.telling import tell
from dashboards.alerts.traffic import Traffic
from dashboards.period import CUSTOM, Period, today_in
from dashboards.reports import Reports
from dashboards.triage import Triage
from ingest.app import App, Apps
from ingest.site import Profile, Site, Sites
from ingest.store.client import StoreError
from ingest.store.control.channels import ChannelKind
from ingest.store.control.database import Control
from ingest.store.control.deliveries import Delivery, list_due, mark_failed, mark_sent
from ingest.store.control.rules import list_rules

PAUSE: Final = 1.0
WAITS: Final = (60, 300, 1800, 7200, 21_600, 43_200)
"""Seconds before each further attempt: after the seventh, twenty hours later, a message is given up."""
TOGETHER: Final = 8
"""Messages that are sent at the same time."""


class Courier(Protocol):
    """Carries a message to a channel. It is called from a thread."""

    def send(self, delivery: Delivery, message: Message, now: float) -> None:
        """Send a message. Raises DeliveryError."""
        ...


class Watch:
    """The clock of alerts.

    How often an app is looked at follows its profile: `plain` every minute, the others on the hour, so that a message
    tells no finer than totals do when somebody's app crashed. `strict` has nothing to look at before its day closes.
    A site is looked at on the hour.
    """

    def __init__(
        self,
        apps: Apps,
        sites: Sites,
        reports: Reports,
        triage: Triage,
        traffic: Traffic,
        control: Control,
        couriers: Mapping[ChannelKind, Courier],
        clock: Callable[[], float],
    ) -> None:
        self._apps = apps
        self._sites = sites
        self._reports = reports
        self._triage = triage
        self._traffic = traffic
        self._control = control
        self._couriers = couriers
        self._clock = clock
        self._looked: dict[str, int] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(PAUSE)

    async def turn(self) -> None:
        """Look at the apps and sites whose time has come, and send what is due."""
        now = self._clock()
        for app in list(self._apps):
            await self._in_time(app, now, partial(self.look, app, now))
        for site in list(self._sites):
            await self._in_time(site, now, partial(self._traffic.look, site, now))
        await self.deliver(now)

    async def _in_time(self, owner: Site | App, now: float, look: Callable[[], Awaitable[None]]) -> None:
        slot = int(now // every(owner))
        # The first look is at the first full hour, not at the moment of a restart.
        if self._looked.setdefault(owner.owner, slot) == slot:
            return
        self._looked[owner.owner] = slot
        # While the store is away nothing is new; the next look tells.
        with suppress(StoreError):
            await look()

    async def look(self, app: App, now: float) -> None:
        """Settle the states of an app's groups, and queue what there is to tell. Raises StoreError."""
        today = today_in(app.timezone, now)
        await self._triage.settle(app, today, now)
        rules = await run_in_threadpool(list_rules, self._control, app.owner)
        if not rules:
            return
        sight = await self._see(app, today)
        found = [(rule, find_alerts(rule, sight)) for rule in rules]
        await run_in_threadpool(tell, self._control, app, found, today, now)

    async def _see(self, app: App, today: date) -> Sight:
        period = Period(CUSTOM, today - timedelta(days=USUAL_DAYS), today, today)
        groups = await self._reports.groups(app, period)
        health = await self._reports.health(app, Period(CUSTOM, today, today, today)) if app.sessions else {}
        return Sight(today, groups, await self._triage.settled(app), health)

    async def deliver(self, now: float) -> None:
        """Send what is due, and put off what does not arrive."""
        due = await run_in_threadpool(list_due, self._control, now, TOGETHER)
        await asyncio.gather(*(run_in_threadpool(self._send, delivery, now) for delivery in due))

    def _send(self, delivery: Delivery, now: float) -> None:
        try:
            message = read_message(delivery.message)
        except msgspec.ValidationError:
            # Another version of Logless wrote it.
            mark_failed(self._control, delivery, Fault.BROKEN, None)
            return
        try:
            self._couriers[delivery.channel.kind].send(delivery, message, now)
        except DeliveryError as error:
            is_over = error.fault in FINAL or delivery.attempts >= len(WAITS)
            again = None if is_over else now + WAITS[delivery.attempts]
            mark_failed(self._control, delivery, error.fault, again)
        else:
            mark_sent(self._control, delivery)


def every(owner: Site | App) -> int:
    """Return how many seconds lie between two looks at an app or site."""
    return 60 if isinstance(owner, App) and owner.profile is Profile.PLAIN else 3600
