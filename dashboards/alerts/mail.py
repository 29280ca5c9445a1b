"""Messages by e-mail."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from enum import StrEnum
from hashlib import sha256
from typing import Final

import re2

from dashboards.alerts.alert import Message, page_of, paragraph_of
from dashboards.alerts.faults import DeliveryError, Fault
from dashboards.alerts.target import TIMEOUT
from ingest.store.control.deliveries import Delivery

_MAILBOX: Final = re2.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Security(StrEnum):
    """How the way to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mail."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    sender: str

    @property
    def domain(self) -> str:
        """The sender's domain, by which we greet: the machine's own name is nobody's business."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Mailer:
    """Carries messages by SMTP."""

    server: MailServer | None
    base_url: str

    def send(self, delivery: Delivery, message: Message, now: float) -> None:
        """Send a message. Raises DeliveryError. Call it from a thread."""
        if self.server is None:
            raise DeliveryError(Fault.NO_MAIL)
        letter = write_letter(message, self.server, delivery.channel.target, self.base_url, now, number=delivery.id)
        try:
            with _open(self.server) as connection:
                if self.server.user:
                    connection.login(self.server.user, self.server.password)
                connection.send_message(letter)
        except TimeoutError as error:
            raise DeliveryError(Fault.TIMEOUT) from error
        except ssl.SSLError as error:
            raise DeliveryError(Fault.TLS) from error
        except smtplib.SMTPResponseException as error:
            # RFC 5321, 4.2.1: a code of 400 to 499 is "transient", one of 500 and more "permanent".
            raise DeliveryError(Fault.BUSY if error.smtp_code < 500 else Fault.REFUSED) from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise DeliveryError(Fault.BUSY if max(codes) < 500 else Fault.REFUSED) from error
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryError(Fault.TLS) from error
        except smtplib.SMTPException as error:
            raise DeliveryError(Fault.BROKEN) from error
        except (OSError, UnicodeError) as error:
            raise DeliveryError(Fault.UNREACHABLE) from error


def is_mailbox(text: str) -> bool:
    """Tell whether a text is one mailbox, without a name and without anything that a header could read as more."""
    return _MAILBOX.fullmatch(text) is not None and ".." not in text


def write_letter(
    message: Message, server: MailServer, to: str, base_url: str, now: float, *, number: int = 0
) -> EmailMessage:
    """Return a message as a letter in plain text; `number` is its delivery's.

    Its id is the same at each attempt, so that a letter that came twice is known for one; and it tells nothing of
    the server, where the usual one has its clock and the number of its process.
    """
    letter = EmailMessage()
    letter["From"] = server.sender
    letter["To"] = to
    letter["Subject"] = message.subject[:200]
    letter["Date"] = formatdate(now)
    sent = "\0".join([base_url, to, message.subject, str(number)])
    letter["Message-ID"] = f"<{sha256(sent.encode()).hexdigest()[:32]}@{server.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    parts = [paragraph_of(alert, page_of(message, alert, base_url)) for alert in message.spelled]
    foot = f"Who is told what: {base_url}{message.path}/alerts\n"
    letter.set_content("\n".join([*parts, *([message.left_out, ""] if message.left_out else []), foot]))
    return letter


def _open(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security is Security.TLS:
        return smtplib.SMTP_SSL(server.host, server.port, server.domain, timeout=TIMEOUT, context=context)
    connection = smtplib.SMTP(server.host, server.port, server.domain, timeout=TIMEOUT)
    try:
        if server.security is Security.STARTTLS:
            connection.starttls(context=context)
    except BaseException:
        connection.close()
        raise
    return connection
