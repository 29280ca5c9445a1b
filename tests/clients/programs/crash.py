"""A program with the real sentry-sdk that does all that an app may do, and says which answers its SDK got."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.session import Session
from sentry_sdk.sessions import track_session
from sentry_sdk.transport import HttpTransport

ANSWERS: list[dict[str, Any]] = []
TRIED: list[str] = []


class TelltaleTransport(HttpTransport):
    """The SDK's own transport, which also notes what was to leave and what came back."""

    def capture_envelope(self, envelope: Envelope) -> None:
        TRIED.extend(str(item.headers.get("type")) for item in envelope.items)
        super().capture_envelope(envelope)

    def _update_rate_limits(self, response: Any) -> None:
        ANSWERS.append({"status": response.status, "error": response.headers.get("x-sentry-error")})
        super()._update_rate_limits(response)


class PaymentError(Exception):
    """What goes wrong in the shop."""


def charge(card: str) -> None:
    raise PaymentError(f"card {card} of bob@example.org was declined")


def checkout() -> None:
    secret = "4111 1111 1111 1111"
    charge(secret)


def main() -> None:
    sentry_sdk.init(
        os.environ["CRASH_DSN"],
        release=os.environ["CRASH_RELEASE"],
        environment="production",
        traces_sample_rate=1.0,
        send_default_pii=True,
        auto_session_tracking=True,
        server_name="laptop-of-bob",
        before_send=lambda event, _hint: None if event.get("message") == "of no interest" else event,
        transport=TelltaleTransport,
    )
    if os.environ["CRASH_CONSENT"]:
        sentry_sdk.set_tag("consent", os.environ["CRASH_CONSENT"])
    sentry_sdk.set_user({"id": "bob", "email": "bob@example.org", "ip_address": "{{auto}}"})
    with track_session(sentry_sdk.get_isolation_scope(), session_mode="application"):
        try:
            checkout()
        except PaymentError:
            event_id = sentry_sdk.capture_exception()
    sentry_sdk.capture_message("of no interest")
    sentry_sdk.flush(10)
    TRIED.clear()
    with sentry_sdk.start_transaction(op="pay", name="checkout of bob"):
        pass
    session = Envelope()
    session.add_session(Session(release=os.environ["CRASH_RELEASE"]))
    transport = sentry_sdk.get_client().transport
    assert transport is not None
    transport.capture_envelope(session)
    sentry_sdk.flush(10)
    sys.stdout.write(json.dumps({"id": event_id, "answers": ANSWERS, "tried": TRIED}) + "\n")


main()
