"""A program with the real sentry-sdk and the filter that Logless serves for it: what leaves goes through it first."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from types import ModuleType
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import HttpTransport

SENT: list[str] = []


class TelltaleTransport(HttpTransport):
    """The SDK's own transport, which also notes what leaves."""

    def capture_envelope(self, envelope: Envelope) -> None:
        SENT.append(envelope.serialize().decode())
        super().capture_envelope(envelope)


def load_filter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("logless_filter", os.environ["CRASH_FILTER"])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def charge(card: str) -> None:
    raise ValueError(f"card {card} of bob@example.org was declined")


def checkout() -> None:
    secret = "4111 1111 1111 1111"
    charge(secret)


def main() -> None:
    own: Any = load_filter() if os.environ["CRASH_FILTER"] else None
    shown: list[str] = []

    def before_send(event: Any, hint: Any) -> Any:
        shown.append(own.preview(event))
        return own.before_send(event, hint)

    sentry_sdk.init(
        os.environ["CRASH_DSN"],
        release=os.environ["CRASH_RELEASE"],
        environment="production",
        send_default_pii=True,
        auto_session_tracking=False,
        server_name="laptop-of-bob",
        transport=TelltaleTransport,
        before_send=before_send if own else None,
    )
    sentry_sdk.set_tag("consent", "given")
    sentry_sdk.set_tag("account", "of bob")
    sentry_sdk.set_user({"id": "bob", "email": "bob@example.org", "ip_address": "{{auto}}"})
    sentry_sdk.set_context("device", {"memory_size": 8 << 30, "locale": "de-AT", "name": "laptop-of-bob"})
    sentry_sdk.set_context("app", {"app_start_time": "2026-11-01T00:00:00Z", "in_foreground": True})
    sentry_sdk.add_breadcrumb(message="bob clicked")
    try:
        checkout()
    except ValueError:
        sentry_sdk.capture_exception()
    sentry_sdk.flush(10)
    sys.stdout.write(json.dumps({"sent": SENT, "shown": shown}) + "\n")


main()
