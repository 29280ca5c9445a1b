"""Webhooks: the signed form, Slack's, and what an answer means."""

from __future__ import annotations

import hmac
import json
from datetime import date
from hashlib import sha256

import pytest
from receivers import Receiver

from dashboards.alerts.alert import MOST, Alert, AlertKind, Message
from dashboards.alerts.faults import DeliveryError, Fault
from dashboards.alerts.webhook import Webhooks
from ingest.store.control.channels import Channel, ChannelKind
from ingest.store.control.deliveries import Delivery

DAY = date(2026, 11, 21)
NOW = 1_795_267_800.7
HOSTILE = "<!channel> & <https://evil.example|x> *a*"
MESSAGE = Message(
    "app:6",
    "desktop",
    (
        Alert(AlertKind.NEW, DAY, "a" * 16, "KeyError in merge", "app@2.1.0", 3),
        Alert(AlertKind.VELOCITY, DAY, "b" * 16, HOSTILE, "", 120, 4.5),
        Alert(AlertKind.CRASH_FREE, DAY, release="app@2.1.0", sessions=1200, crash_free=98.2),
    ),
)
HOOKS = Webhooks("https://stats.example.org", allows_private=True)


def delivery(kind: ChannelKind, port: int) -> Delivery:
    channel = Channel(1, "app:6", kind, f"http://127.0.0.1:{port}/in", "s3cret", 0, 0, 0, "")
    return Delivery(17, channel, "", 0)


def test_a_webhook_s_message_is_signed_and_closed() -> None:
    with Receiver() as receiver:
        HOOKS.send(delivery(ChannelKind.WEBHOOK, receiver.port), MESSAGE, NOW)
    [posted] = receiver.posted
    digest = hmac.new(b"s3cret", b"1795267800." + posted.body, sha256).hexdigest()
    assert posted.headers["logless-signature"] == f"t=1795267800,v1={digest}"
    assert posted.headers["logless-delivery"] == "17"
    assert posted.headers["content-type"] == "application/json"
    body = json.loads(posted.body)
    assert {key: value for key, value in body.items() if key != "alerts"} == {
        "version": 1,
        "app": {"id": 6, "name": "desktop"},
    }
    assert body["alerts"][0] == {
        "kind": "new",
        "day": "2026-11-21",
        "group": "a" * 16,
        "title": "KeyError in merge",
        "release": "app@2.1.0",
        "reports": 3,
        "text": "New crash: KeyError in merge (app@2.1.0), 3 reports",
        "url": f"https://stats.example.org/apps/6/crashes/{'a' * 16}",
    }
    assert body["alerts"][2]["url"] == "https://stats.example.org/apps/6/releases"
    assert body["alerts"][2]["text"] == "Crash-free sessions (app@2.1.0): 98.2% of 1,200 today"


def test_slack_is_told_in_its_own_words_and_nothing_in_them_is_a_mention() -> None:
    with Receiver() as receiver:
        HOOKS.send(delivery(ChannelKind.SLACK, receiver.port), Message("app:6", "desktop", MESSAGE.alerts[1:2]), NOW)
    [posted] = receiver.posted
    assert "logless-signature" not in posted.headers
    body = json.loads(posted.body)
    assert body["text"].startswith("[desktop] More than usual: &lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;")
    [block] = body["blocks"]
    assert block["text"]["type"] == "plain_text"
    assert HOSTILE in block["text"]["text"]
    assert block["accessory"]["url"] == f"https://stats.example.org/apps/6/crashes/{'b' * 16}"


def test_slack_is_told_of_no_more_than_it_takes() -> None:
    many = tuple(Alert(AlertKind.NEW, DAY, f"{number:016x}", "E in f") for number in range(MOST + 30))
    with Receiver() as receiver:
        HOOKS.send(delivery(ChannelKind.SLACK, receiver.port), Message("app:6", "desktop", many), NOW)
    body = json.loads(receiver.posted[0].body)
    assert len(body["blocks"]) == MOST + 1 <= 50
    assert body["blocks"][-1]["text"]["text"] == "And 30 more alerts."


@pytest.mark.parametrize(
    ("status", "fault"),
    [(301, Fault.REDIRECT), (307, Fault.REDIRECT), (400, Fault.REFUSED), (410, Fault.REFUSED), (408, Fault.BUSY),
     (429, Fault.BUSY), (500, Fault.BUSY), (503, Fault.BUSY), (100, Fault.BROKEN)],
)  # fmt: skip
def test_an_answer_means_something(status: int, fault: Fault) -> None:
    with Receiver() as elsewhere:
        answer = f"HTTP/1.1 {status} x\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\n\r\n".encode()
        with Receiver(answer=answer) as receiver, pytest.raises(DeliveryError) as caught:
            HOOKS.send(delivery(ChannelKind.WEBHOOK, receiver.port), MESSAGE, NOW)
        assert caught.value.fault is fault
        assert elsewhere.posted == []


def test_private_targets_are_not_even_called() -> None:
    with Receiver() as receiver:
        for target in (f"https://127.0.0.1:{receiver.port}/", f"https://localhost:{receiver.port}/"):
            channel = Channel(1, "app:6", ChannelKind.WEBHOOK, target, "s", 0, 0, 0, "")
            with pytest.raises(DeliveryError) as caught:
                Webhooks("https://stats.example.org").send(Delivery(1, channel, "", 0), MESSAGE, NOW)
            assert caught.value.fault is Fault.PRIVATE
        assert receiver.connections == 0
