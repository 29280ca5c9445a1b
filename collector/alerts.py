"""Alerts as the configuration has them: who carries a message, and what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collector.settings import Settings
from dashboards.alerts.mail import Mailer
from dashboards.alerts.traffic import Traffic
from dashboards.alerts.watch import Courier, Watch
from dashboards.alerts.webhook import Webhooks
from dashboards.figures import Figures
from dashboards.live import Live
from dashboards.panels import panels_of
from dashboards.questions import Questions
from dashboards.reports import Reports
from dashboards.triage import Triage
from ingest.app import Apps
from ingest.counters.cells import Breakdown
from ingest.site import Sites
from ingest.store.control.channels import ChannelKind
from ingest.store.control.database import Control
from ingest.store.reader import Reader


def watch(
    settings: Settings,
    apps: Apps,
    sites: Sites,
    breakdowns: Sequence[Breakdown],
    reader: Reader,
    live: Live,
    control: Control,
    clock: Callable[[], float],
) -> Watch:
    """Build the watch over every app and site. It opens nothing: what it reads is the caller's."""
    questions = Questions(reader)
    reports = Reports(questions, live, control)
    traffic = Traffic(Figures(questions, live), panels_of(breakdowns), control)
    base_url = settings.server.url
    web = Webhooks(base_url, allows_private=settings.alerts.private_targets)
    couriers: dict[ChannelKind, Courier] = {
        ChannelKind.MAIL: Mailer(settings.mail.server, base_url),
        ChannelKind.WEBHOOK: web,
        ChannelKind.SLACK: web,
    }
    return Watch(apps, sites, reports, Triage(reports, control), traffic, control, couriers, clock)
