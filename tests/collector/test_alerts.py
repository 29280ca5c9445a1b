"""Five thousand reports of one crash, with other numbers, hosts and ids in each: one group, one notification.

And on Monday the digest of a site.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from receivers import Postbox, mail_server

from collector.settings import SettingsError, read_settings

REPORTS = 5_000
KEY = "0123456789abcdef0123456789abcdef"
MARK = "zqxjkvbpygfwmark"


@pytest.fixture
def runtime() -> Iterator[Path]:
    path = Path("/dev/shm") / f"logless-test-{secrets.token_hex(4)}"
    path.mkdir(mode=0o700)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def line(number: int) -> str:
    """Return a submission of the day before: the same crash, and everything else another each time."""
    event = {
        "event_id": f"{number:032x}",
        "platform": "python",
        "release": "app@2.1.0",
        "tags": {"consent": "given"},
        "user": {"email": f"{MARK}{number}@example.org"},
        "exception": {
            "values": [
                {
                    "type": "ConnectionError",
                    "value": f"host {MARK}{number}.example.net:{number} did not answer {secrets.token_hex(8)}",
                    "stacktrace": {"frames": [{"function": "dial", "module": "app.net", "lineno": 7, "in_app": True}]},
                }
            ]
        },
    }
    parts = ({"event_id": event["event_id"]}, {"type": "event"}, event)
    second = 8 * 3600 + number * 4
    at = f"2026-11-20T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
    ip = f"203.{number % 199 + 1}.{number // 250 + 1}.{number % 250 + 1}"
    headers = {
        "X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7",
        "Content-Type": "application/x-sentry-envelope",
    }
    body = "".join(json.dumps(part) + "\n" for part in parts)
    path = "/api/6/envelope/"
    return json.dumps({"at": at, "ip": ip, "method": "POST", "path": path, "headers": headers, "body": body})


def view() -> str:
    """Return a page view of the day before, which is in the week that the digest of Monday is about."""
    headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    body = json.dumps({"n": "pageview", "u": "https://example.org/", "d": "example.org"})
    told = {"at": "2026-11-20T07:00:00Z", "ip": "203.0.113.9", "method": "POST", "path": "/api/event"}
    return json.dumps({**told, "headers": headers, "body": body}) + "\n"


def test_five_thousand_reports_are_one_notification(tmp_path: Path, runtime: Path) -> None:
    postbox = Postbox()
    file = tmp_path / "reports.jsonl"
    file.write_text(view() + "".join(line(number) + "\n" for number in range(REPORTS)))
    with mail_server(postbox) as port:
        config = tmp_path / "logless.toml"
        config.write_text(
            f'[server]\nbase_url = "https://stats.example.org"\n[store]\nurl = "chdb://{tmp_path}/data"\n'
            f'[runtime]\ndir = "{runtime}"\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "logless@example.org"\n'
            f'[[site]]\nid = "example.org"\nhosts = ["example.org"]\nprofile = "plain"\n'
            f'[[app]]\nid = 6\nname = "desktop"\nkey = "{KEY}"\nprofile = "plain"\n'
        )
        script = Path(__file__).with_name("alerting.py")
        done = subprocess.run(
            [sys.executable, str(script), str(config), str(file)],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"answers": {"200": REPORTS, "202": 1}, "groups": [1, REPORTS], "sent": 1, "fault": ""}
    [(to, letter), (other, digest)] = postbox.letters
    assert to == "team@example.org"
    assert letter["Subject"].strip() == "[desktop] New crash: ConnectionError in dial (app@2.1.0), 5,000 reports"
    assert MARK not in letter.as_string()
    assert b"203." not in letter.as_bytes()
    assert other == "pages@example.org"
    assert digest["Subject"] == "[example.org] The week of 16 Nov 2026: 1 visitor-day"
    assert b"203." not in digest.as_bytes()


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('host = "smtp.example.org"', "not a mailbox"),
        ('host = "smtp.example.org"\nsender = "Logless <a@example.org>"', "not a mailbox"),
        ('host = "smtp.example.org"\nsender = "a@example.org"\nuser = "u"\nsecurity = "none"', "in the clear"),
        ('security = "ssl"', "starttls"),
        ('pasword = "hunter2"', 'unknown key "mail.pasword"'),
    ],
    ids=["no sender", "named sender", "clear", "other", "typo"],
)
def test_mail_settings_that_would_not_work_are_named(tmp_path: Path, section: str, says: str) -> None:
    path = tmp_path / "logless.toml"
    path.write_text(f"[mail]\n{section}\n")
    with pytest.raises(SettingsError, match=says) as caught:
        read_settings(path)
    assert "hunter2" not in str(caught.value)


def test_mail_settings_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "logless.toml"
    path.write_text('[mail]\nhost = "smtp.example.org"\nsender = "a@example.org"\nuser = "u"\n')
    monkeypatch.setenv("LOGLESS_MAIL__PASSWORD", "hunter2")
    settings = read_settings(path)
    server = settings.mail.server
    assert server is not None
    assert (server.host, server.port, server.security, server.password) == (
        "smtp.example.org",
        587,
        "starttls",
        "hunter2",
    )
    assert "hunter2" not in repr(settings)
    assert not settings.alerts.private_targets
