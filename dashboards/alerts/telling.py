"""Telling once: what a rule finds is queued, but for what was there before the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from dashboards.alerts.alert import Alert, write_message
from ingest.app import App
from ingest.site import Site
from ingest.store.control.database import Control
from ingest.store.control.deliveries import mark_told, queue_once
from ingest.store.control.rules import Rule, mark_primed

Found = Mapping[str, Alert]
"""What there is to tell, by the key under which it is told once."""


def tell(control: Control, owner: Site | App, found: Iterable[tuple[Rule, Found]], today: date, now: float) -> None:
    """Queue what primed rules found, in one message, and prime the others with it. Call it from a thread."""
    alerts: dict[str, Alert] = {}
    for rule, of_rule in found:
        if rule.is_primed:
            alerts |= of_rule
        else:
            prime(control, owner, rule, of_rule, today)
    if alerts:
        queue_once(
            control,
            owner.owner,
            list(alerts),
            lambda keys: write_message(owner, [alerts[key] for key in keys]),
            today,
            now,
        )


def prime(control: Control, owner: Site | App, rule: Rule, keys: Iterable[str], today: date) -> None:
    """Note as told what a rule finds that has just been made."""
    mark_told(control, owner.owner, list(keys), today)
    mark_primed(control, owner.owner, rule.kind)
