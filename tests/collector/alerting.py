"""Sends five thousand reports of one crash through a Logless that is started twice, on to Monday, and prints the state.

usage: alerting.py CONFIG FILE
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from collector.app import Collector
from collector.replay import read_lines
from collector.settings import read_settings
from ingest.store.control.channels import ChannelKind, add_channel, list_channels
from ingest.store.control.rules import Rule, RuleKind, put_rule

COUNT = "SELECT uniqExact(group), sum(reports) FROM crash_cells WHERE attribute = 'release' AND node = ''"
START = 1_795_267_800.0  # 21 November 2026, 13:30 UTC


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


async def turn(collector: Collector, clock: Clock, seconds: int = 60) -> None:
    clock.now += seconds
    await collector.alerts.turn()


async def main(config: Path, file: Path) -> None:
    clock = Clock()
    settings = read_settings(config)
    async with Collector(config, settings, clock) as collector:
        add_channel(collector.control, "app:6", ChannelKind.MAIL, "team@example.org")
        for kind in (RuleKind.NEW, RuleKind.REGRESSION):
            put_rule(collector.control, "app:6", Rule(kind, 0, 0))
        put_rule(collector.control, "app:6", Rule(RuleKind.VELOCITY, 300, 20))
        add_channel(collector.control, "example.org", ChannelKind.MAIL, "pages@example.org")
        put_rule(collector.control, "example.org", Rule(RuleKind.DIGEST))
        await collector.alerts.turn()
        await turn(collector, clock, 3600)
        answers = await collector.replay(read_lines(file), None, lambda _: None)
        for _ in range(3):
            await turn(collector, clock)
        groups = collector.connection.rows(COUNT)
    async with Collector(config, settings, clock) as collector:
        await collector.alerts.turn()
        for _ in range(3):
            await turn(collector, clock)
        await turn(collector, clock, 38 * 3600)
        await turn(collector, clock, 3600)
        [channel] = list_channels(collector.control, "app:6")
    found = {"answers": answers, "groups": list(groups[0]), "sent": channel.sent, "fault": channel.fault}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
