"""Looks at every app when its time has come, and sees messages off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Protocol

import msgspec
from starlette.concurrency import run_in_threadpool

from dashboards.alerts.alert import Alert, Message, read_message, write_message
from dashboards.alerts.faults import FINAL, DeliveryError, Fault
from dashboards.alerts.findings import USUAL_DAYS, Sight, find_alerts
from dashboards.period import CUSTOM, Period, today_in
from dashboards.reports import Reports
from dashboards.triage import Triage
from ingest.app import App, Apps
from ingest.site import Profile
from ingest.store.client import StoreError
from ingest.store.control.channels import ChannelKind
from ingest.store.control.database import Control
from ingest.store.control.deliveries import Delivery, list_due, mark_failed, mark_sent, mark_told, queue_once
from ingest.store.control.rules import Rule, list_rules, mark_primed

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
    """

    def __init__(
        self,
        apps: Apps,
        reports: Reports,
        triage: Triage,
        control: Control,
        couriers: Mapping[ChannelKind, Courier],
        clock: Callable[[], float],
    ) -> None:
        self._apps = apps
        self._reports = reports
        self._triage = triage
        self._control = control
        self._couriers = couriers
        self._clock = clock
        self._looked: dict[int, int] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(PAUSE)

    async def turn(self) -> None:
        """Look at the apps whose time has come, and send what is due."""
        now = self._clock()
        for app in list(self._apps):
            slot = int(now // every(app))
            # The first look is at the first full hour, not at the moment of a restart.
            if self._looked.setdefault(app.id, slot) != slot:
                self._looked[app.id] = slot
                try:
                    await self.look(app, now)
                except StoreError:
                    # While the store is away nothing is new; the next look tells.
                    continue
        await self.deliver(now)

    async def look(self, app: App, now: float) -> None:
        """Settle the states of an app's groups, and queue what there is to tell. Raises StoreError."""
        today = today_in(app.timezone, now)
        await self._triage.settle(app, today, now)
        rules = await run_in_threadpool(list_rules, self._control, app.id)
        if not rules:
            return
        sight = await self._see(app, today)
        found: dict[str, Alert] = {}
        for rule in rules:
            alerts = find_alerts(rule, sight)
            if rule.is_primed:
                found |= alerts
            else:
                await run_in_threadpool(self._prime, app, rule, list(alerts), today)
        await run_in_threadpool(
            queue_once,
            self._control,
            app.id,
            list(found),
            lambda keys: write_message(app, [found[key] for key in keys]),
            today,
            now,
        )

    def _prime(self, app: App, rule: Rule, keys: Sequence[str], today: date) -> None:
        mark_told(self._control, app.id, keys, today)
        mark_primed(self._control, app.id, rule.kind)

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


def every(app: App) -> int:
    """Return how many seconds lie between two looks at an app."""
    return 60 if app.profile is Profile.PLAIN else 3600
