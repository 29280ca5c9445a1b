"""Who is told what about a site or app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from dashboards.addresses import owner_path
from dashboards.alerts.alert import Alert, AlertKind, write_message
from dashboards.alerts.alert import name_of as owner_name
from dashboards.alerts.faults import MEANINGS, Fault
from dashboards.alerts.mail import is_mailbox
from dashboards.alerts.target import TargetError, read_target
from dashboards.alerts.watch import every
from dashboards.desk import Ask
from dashboards.form import read_form
from dashboards.page import Page
from dashboards.pages.owners import owner_data, owner_of, owner_tabs
from dashboards.period import today_in
from dashboards.table import Table
from ingest.app import App
from ingest.site import Site
from ingest.store.control.actions import Action, list_actions, note_action
from ingest.store.control.channels import Channel, ChannelKind, add_channel, list_channels, remove_channel
from ingest.store.control.database import ControlError
from ingest.store.control.deliveries import count_waiting, queue_one
from ingest.store.control.rules import Rule, RuleKind, drop_rule, list_rules, put_rule

DEFAULTS: Final = {
    RuleKind.NEW: Rule(RuleKind.NEW, 0, 0),
    RuleKind.REGRESSION: Rule(RuleKind.REGRESSION, 0, 0),
    RuleKind.VELOCITY: Rule(RuleKind.VELOCITY, 300, 20),
    RuleKind.CRASH_FREE: Rule(RuleKind.CRASH_FREE, 9900, 200),
    RuleKind.DIGEST: Rule(RuleKind.DIGEST),
    RuleKind.SPIKE: Rule(RuleKind.SPIKE),
    RuleKind.DROP: Rule(RuleKind.DROP),
    RuleKind.SILENT: Rule(RuleKind.SILENT),
}
"""What a rule begins with: three times the usual and twenty reports; 99% of two hundred sessions."""

OF_APPS: Final = (RuleKind.NEW, RuleKind.REGRESSION, RuleKind.VELOCITY, RuleKind.CRASH_FREE)
OF_SITES: Final = (RuleKind.DIGEST, RuleKind.SPIKE, RuleKind.DROP, RuleKind.SILENT)

TITLES: Final = {
    RuleKind.NEW: "A new group",
    RuleKind.REGRESSION: "A group that comes back",
    RuleKind.VELOCITY: "A group far above its usual",
    RuleKind.CRASH_FREE: "A release that crashes too often",
    RuleKind.DIGEST: "The week in short",
    RuleKind.SPIKE: "A day far above its usual",
    RuleKind.DROP: "A day far below its usual",
    RuleKind.SILENT: "Days without a visit",
}
_CHANNELS: Final = "channels"
_RULES: Final = "rules"
_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """A channel as it is shown: what its target is called, how much waits, and why the last attempt failed."""

    channel: Channel
    name: str
    waiting: int
    fault: str


async def alerts(ask: Ask) -> Page:
    """Show channels and rules."""
    return await _page(ask)


async def put_channel(ask: Ask) -> Page | Response:
    """Add a channel. The secret of a webhook is shown once, on the page that answers."""
    owner = owner_of(ask)
    form = await read_form(ask.request)
    kind = form.get("kind", "")
    if kind not in list(ChannelKind):
        raise HTTPException(400)
    target = form.get("target", "").strip()
    try:
        _check(ask, ChannelKind(kind), target)
        made = await run_in_threadpool(add_channel, ask.desk.control, owner.owner, ChannelKind(kind), target)
    except (ControlError, TargetError) as error:
        return await _page(ask, str(error))
    await _note(ask, owner, "channel added", _CHANNELS, name_of(made, is_whole=False))
    return await _page(ask, secret=made.secret) if made.secret else _back(owner)


async def drop_channel(ask: Ask) -> Response:
    """Remove a channel."""
    owner = owner_of(ask)
    channel = await _channel(ask, owner, await read_form(ask.request))
    await run_in_threadpool(remove_channel, ask.desk.control, owner.owner, channel.id)
    await _note(ask, owner, "channel removed", _CHANNELS, name_of(channel, is_whole=False))
    return _back(owner)


async def try_channel(ask: Ask) -> Response:
    """Send a message to a channel, so that one sees whether it arrives."""
    owner = owner_of(ask)
    channel = await _channel(ask, owner, await read_form(ask.request))
    message = write_message(owner, [Alert(AlertKind.TEST, today_in(owner.timezone, ask.now))])
    await run_in_threadpool(queue_one, ask.desk.control, channel.id, message, ask.now)
    return _back(owner)


async def put_rules(ask: Ask) -> Page | Response:
    """Take the rules that are ticked, and drop the others."""
    owner = owner_of(ask)
    form = await read_form(ask.request)
    try:
        wanted = {kind: _rule(kind, form) for kind in _kinds(owner) if form.get(kind) == "on"}
    except ValueError:
        return await _page(ask, "A rule's numbers are whole and above nought; crash-free is a percentage below 100.")
    for kind in _kinds(owner):
        if kind in wanted:
            await run_in_threadpool(put_rule, ask.desk.control, owner.owner, wanted[kind])
        else:
            await run_in_threadpool(drop_rule, ask.desk.control, owner.owner, kind)
    await _note(ask, owner, "rules set", _RULES, ", ".join(wanted) or "none")
    return _back(owner)


def name_of(channel: Channel, *, is_whole: bool) -> str:
    """Return a channel's target as members may see it: of an address on the web the host, since the path is a key.

    Whose mailbox it is, only those are told who may change it.
    """
    if channel.kind is ChannelKind.MAIL:
        return channel.target if is_whole else f"…@{channel.target.rpartition('@')[2]}"
    return read_target(channel.target, allows_private=True).host


def _check(ask: Ask, kind: ChannelKind, target: str) -> None:
    if kind is not ChannelKind.MAIL:
        read_target(target, allows_private=ask.desk.means.allows_private)
    elif not ask.desk.means.has_mail:
        raise TargetError("This server sends no mail: its logless.toml has no mail.host.")
    elif not is_mailbox(target):
        raise TargetError("This is not an e-mail address: write it alone, such as team@example.org.")


async def _channel(ask: Ask, owner: Site | App, form: Mapping[str, str]) -> Channel:
    found = await run_in_threadpool(list_channels, ask.desk.control, owner.owner)
    channel = next((channel for channel in found if str(channel.id) == form.get("channel")), None)
    if channel is None:
        raise HTTPException(404)
    return channel


def _rule(kind: RuleKind, form: Mapping[str, str]) -> Rule:
    """Return a rule of a form. Raises ValueError."""
    if kind not in {RuleKind.VELOCITY, RuleKind.CRASH_FREE}:
        return DEFAULTS[kind]
    share, least = float(form.get(f"{kind}.threshold", "")), int(form.get(f"{kind}.least", ""))
    threshold = round(100 * share) if 0 < share < _MOST else 0
    most = 10_000 if kind is RuleKind.CRASH_FREE else _MOST
    if not 0 < threshold <= most or not 0 < least <= _MOST:
        raise ValueError
    return Rule(kind, threshold, least)


async def _note(ask: Ask, owner: Site | App, action: str, of: str, detail: str) -> None:
    told = owner.owner, ask.user.name, action, of, detail, ask.now
    await run_in_threadpool(note_action, ask.desk.control, *told)


def _back(owner: Site | App) -> Response:
    return RedirectResponse(owner_path(owner, "alerts"), status_code=303)


async def _page(ask: Ask, error: str = "", secret: str = "") -> Page:
    owner = owner_of(ask)
    name = owner_name(owner)
    control = ask.desk.control
    channels = await run_in_threadpool(list_channels, control, owner.owner)
    waiting = await run_in_threadpool(count_waiting, control)
    rules = {rule.kind: rule for rule in await run_in_threadpool(list_rules, control, owner.owner)}
    actions: list[Action] = await run_in_threadpool(list_actions, control, owner.owner, (_CHANNELS, _RULES), 20)
    lines = [
        Line(
            one,
            name_of(one, is_whole=ask.can_edit),
            waiting.get(one.id, 0),
            MEANINGS[Fault(one.fault)] if one.fault else "",
        )
        for one in channels
    ]
    return Page(
        template="alerts.html",
        title=f"Alerts · {name}",
        place=name,
        tabs=owner_tabs(ask, owner, "alerts"),
        values={
            "owner": owner,
            "name": name,
            "is_site": isinstance(owner, Site),
            "root": owner_path(owner, "alerts"),
            "lines": lines,
            "rules": [(kind, TITLES[kind], rules.get(kind), rules.get(kind, DEFAULTS[kind])) for kind in _kinds(owner)],
            "actions": actions,
            "can_edit": ask.can_edit,
            "has_mail": ask.desk.means.has_mail,
            "every": every(owner),
            "error": error,
            "secret": secret,
        },
        data={**owner_data(owner), "channels": [_line_data(line) for line in lines], "rules": _rules_data(rules)},
        table=Table(
            ("channel", "target", "sent", "waiting", "retried", "failed", "fault"),
            [
                (
                    line.channel.kind.value, line.name, line.channel.sent, line.waiting, line.channel.retried,
                    line.channel.failed, line.channel.fault,
                )
                for line in lines
            ],
        ),
        status=400 if error else 200,
    )  # fmt: skip


def _kinds(owner: Site | App) -> Sequence[RuleKind]:
    return OF_SITES if isinstance(owner, Site) else OF_APPS


def _line_data(line: Line) -> dict[str, Any]:
    channel = line.channel
    return {
        "kind": channel.kind.value,
        "target": line.name,
        "sent": channel.sent,
        "waiting": line.waiting,
        "retried": channel.retried,
        "failed": channel.failed,
        "fault": channel.fault or None,
    }


def _rules_data(rules: Mapping[RuleKind, Rule]) -> list[dict[str, Any]]:
    return [
        {"kind": kind.value, "threshold": rule.threshold / 100, "least": rule.least} for kind, rule in rules.items()
    ]
