"""Messages to addresses on the web: our own signed form, and Slack's."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

from dashboards.alerts.alert import Alert, Message, page_of, paragraph_of, sentence_of
from dashboards.alerts.faults import DeliveryError, Fault
from dashboards.alerts.target import TargetError, post, read_target, resolve
from ingest.store.control.channels import ChannelKind
from ingest.store.control.deliveries import Delivery

SIGNATURE: Final = "Logless-Signature"
FORM: Final = 1
"""Version of the form of the body."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Carries messages over HTTP."""

    base_url: str
    allows_private: bool = False

    def send(self, delivery: Delivery, message: Message, now: float) -> None:
        """Send a message. Raises DeliveryError. Call it from a thread."""
        try:
            target = read_target(delivery.channel.target, allows_private=self.allows_private)
        except TargetError as error:
            raise DeliveryError(Fault.REFUSED) from error
        addresses = resolve(target, allows_private=self.allows_private)
        headers = {"Content-Type": "application/json", "User-Agent": "Logless", "Logless-Delivery": str(delivery.id)}
        if delivery.channel.kind is ChannelKind.SLACK:
            body = msgspec.json.encode(slack_of(message, self.base_url))
        else:
            body = msgspec.json.encode(body_of(message, self.base_url))
            headers[SIGNATURE] = sign(delivery.channel.secret, int(now), body)
        _judge(post(target, addresses, headers, body))


def sign(secret: str, second: int, body: bytes) -> str:
    """Return the value of the signature header: HMAC-SHA256 over the second, a dot and the body.

    Whoever receives it computes the same and refuses what is older than some minutes, so that nothing is replayed.
    """
    digest = hmac.new(secret.encode(), f"{second}.".encode() + body, sha256).hexdigest()
    return f"t={second},v1={digest}"


def body_of(message: Message, base_url: str) -> dict[str, Any]:
    """Return the body of a webhook."""
    return {
        "version": FORM,
        **_owner_of(message),
        "alerts": [
            {**_data_of(alert), "text": sentence_of(alert), "url": page_of(message, alert, base_url)}
            for alert in message.alerts
        ],
    }


def _owner_of(message: Message) -> dict[str, Any]:
    if message.app is None:
        return {"site": {"id": message.owner}}
    return {"app": {"id": message.app, "name": message.name}}


def _data_of(alert: Alert) -> dict[str, Any]:
    """Return an alert for programs; a digest says what its page says as JSON."""
    data: dict[str, Any] = msgspec.to_builtins(alert)
    return data if alert.digest is None else {**data, "digest": alert.digest.data}


def slack_of(message: Message, base_url: str) -> dict[str, Any]:
    """Return the payload of Slack's incoming webhooks.

    Names of code and disclosed values stand in `plain_text`, in which nothing is a mention or a link; the fallback is
    escaped as Slack wants it: `&`, `<` and `>`.
    """
    blocks = [_block(message, alert, base_url) for alert in message.spelled]
    if message.left_out:
        blocks.append({"type": "section", "text": {"type": "plain_text", "text": message.left_out}})
    return {"text": _escaped(message.subject), "blocks": blocks}


def _block(message: Message, alert: Alert, base_url: str) -> dict[str, Any]:
    page = page_of(message, alert, base_url)
    text = sentence_of(alert) if alert.digest is None else paragraph_of(alert, page)
    return {
        "type": "section",
        "text": {"type": "plain_text", "text": f"[{message.name}] {text}"[:3000], "emoji": False},
        "accessory": {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": page},
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise DeliveryError(Fault.REDIRECT)
    if status in {408, 425, 429} or status >= 500:
        raise DeliveryError(Fault.BUSY)
    raise DeliveryError(Fault.REFUSED if status >= 400 else Fault.BROKEN)
