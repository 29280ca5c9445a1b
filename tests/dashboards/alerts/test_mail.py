"""Mail, by a real server."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from receivers import Postbox, know, mail_server, server_context

from dashboards.alerts.alert import MOST, Alert, AlertKind, Message
from dashboards.alerts.faults import DeliveryError, Fault
from dashboards.alerts.mail import Mailer, MailServer, Security, is_mailbox, write_letter
from ingest.store.control.channels import Channel, ChannelKind
from ingest.store.control.deliveries import Delivery

NOW = 1_795_267_800.0
DAY = date(2026, 11, 21)
MESSAGE = Message(
    "app:6",
    "desktop",
    (
        Alert(AlertKind.REGRESSION, DAY, "a" * 16, "KeyError in merge\r\nBcc: all@example.org", "app@2.1.0"),
        Alert(AlertKind.UNMUTED, DAY, "b" * 16, "Ünïcode<T> in größe", "", 100),
    ),
)
DELIVERY = Delivery(17, Channel(1, "app:6", ChannelKind.MAIL, "team@example.org", "", 0, 0, 0, ""), "", 0)


def mailer(port: int, security: Security = Security.NONE, host: str = "127.0.0.1", user: str = "") -> Mailer:
    server = MailServer(host, port, security, user, "hunter2", "logless@example.org")
    return Mailer(server, "https://stats.example.org")


def fault_of(mailer: Mailer) -> Fault:
    with pytest.raises(DeliveryError) as caught:
        mailer.send(DELIVERY, MESSAGE, NOW)
    return caught.value.fault


def test_a_letter_arrives_as_one_in_plain_text() -> None:
    postbox = Postbox()
    with mail_server(postbox) as port:
        mailer(port).send(DELIVERY, MESSAGE, NOW)
    [(to, letter)] = postbox.letters
    assert to == letter["To"] == "team@example.org"
    assert letter["From"] == "logless@example.org"
    assert letter["Subject"] == ("[desktop] Back again: KeyError in merge Bcc: all@example.org (app@2.1.0), and 1 more")
    assert "Bcc" not in letter
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()  # type: ignore[attr-defined]
    assert f"https://stats.example.org/apps/6/crashes/{'b' * 16}" in text
    assert "Not muted any more: Ünïcode<T> in größe, 100 reports since" in text
    assert "https://stats.example.org/apps/6/alerts" in text
    assert postbox.greeted == ["example.org"]
    assert socket.gethostname() not in letter.as_string()


def test_a_second_attempt_is_the_same_letter() -> None:
    postbox = Postbox()
    with mail_server(postbox) as port:
        for delivery, now in ((DELIVERY, NOW), (DELIVERY, NOW + 600), (replace(DELIVERY, id=DELIVERY.id + 1), NOW)):
            mailer(port).send(delivery, MESSAGE, now)
    ids = [letter["Message-ID"] for _, letter in postbox.letters]
    assert ids[0] == ids[1] != ids[2]
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.org>", one) for one in ids)


def test_a_way_that_is_to_be_encrypted_is(trusted: Path) -> None:
    postbox = Postbox()
    context = server_context(trusted)
    with mail_server(
        postbox, tls_context=context, require_starttls=True, authenticator=know, auth_required=True
    ) as port:
        mailer(port, Security.STARTTLS, "localhost", "logless").send(DELIVERY, MESSAGE, NOW)
        assert fault_of(mailer(port, Security.STARTTLS, "localhost", "somebody")) is Fault.REFUSED
        assert fault_of(mailer(port, Security.STARTTLS, "127.0.0.1", "logless")) is Fault.TLS
    with mail_server(postbox, ssl_context=context) as port:
        mailer(port, Security.TLS, "localhost").send(DELIVERY, MESSAGE, NOW)
    assert len(postbox.letters) == 2


def test_without_encryption_nothing_is_said_where_it_was_wanted(certificate: Path) -> None:
    postbox = Postbox()
    with mail_server(postbox) as port:
        assert fault_of(mailer(port, Security.STARTTLS, "localhost", "logless")) is Fault.TLS
    with mail_server(postbox, tls_context=server_context(certificate)) as port:
        assert fault_of(mailer(port, Security.STARTTLS, "localhost")) is Fault.TLS
    assert postbox.letters == []


@pytest.mark.parametrize(
    ("reply", "fault"),
    [("550 No such mailbox", Fault.REFUSED), ("450 Come back later", Fault.BUSY)],
    ids=["no", "later"],
)
def test_a_mailbox_that_does_not_take_it(reply: str, fault: Fault) -> None:
    with mail_server(Postbox(reply)) as port:
        assert fault_of(mailer(port)) is fault


def test_an_app_of_any_name_has_one_subject() -> None:
    server = mailer(25).server
    assert server is not None
    message = Message("app:6", "desk\r\nBcc: all@example.org\u2028top", MESSAGE.alerts)
    letter = write_letter(message, server, "team@example.org", "https://s.example", NOW)
    assert letter["Subject"].startswith("[desk Bcc: all@example.org top] Back again")
    assert letter["Bcc"] is None


def test_no_server_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert fault_of(mailer(port)) is Fault.UNREACHABLE
    assert fault_of(mailer(25, host="x" * 70)) is Fault.UNREACHABLE
    assert fault_of(Mailer(None, "")) is Fault.NO_MAIL


def test_a_password_is_in_no_description() -> None:
    assert "hunter2" not in repr(mailer(25).server)


def test_a_long_message_says_how_much_is_left_out() -> None:
    many = tuple(Alert(AlertKind.NEW, DAY, f"{number:016x}", "E in f") for number in range(MOST + 3))
    server = mailer(25).server
    assert server is not None
    text = write_letter(
        Message("app:6", "desktop", many), server, "team@example.org", "https://s.example", NOW
    ).get_content()
    assert text.count("New crash") == MOST
    assert "And 3 more alerts." in text


@pytest.mark.parametrize("text", ["team@example.org", "a.b+c@sub.example.org", "x@localhost"])
def test_a_mailbox_is_one(text: str) -> None:
    assert is_mailbox(text)


@pytest.mark.parametrize(
    "text",
    ["", "team", "@example.org", "team@", "Team <team@example.org>", "a@b, c@d", "a@b\nBcc: c@d", "a b@c", "a@b..c"],
    ids=range(9),
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_mailbox(text)


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_no_mailbox_breaks_a_header(text: str) -> None:
    for written in (text, f"{text}@example.org", f"team@{text}"):
        if is_mailbox(written):
            assert written.count("@") == 1
            assert written.isprintable()
            assert not set(written) & set(' ,;<>"()[]\\')
