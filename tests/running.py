"""A real Logless, started as its user would start it: a process with its own folder, port and runtime."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from collector.command import main

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
KEY = "0123456789abcdef0123456789abcdef"

PLAIN = f"""
[[site]]
id = "example.org"
hosts = ["example.org"]
profile = "plain"

[[app]]
id = 6
name = "desktop"
key = "{KEY}"
profile = "plain"
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def wait_until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Return the condition's first true value; fail when it stays false."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"still not so after {seconds} s: {condition}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Logless:
    """One configuration in one folder; it may be started, killed and started again."""

    folder: Path
    sections: str = PLAIN
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    program: tuple[str, ...] = ("-m", "collector", "serve")

    def __post_init__(self) -> None:
        self.runtime = Path("/dev/shm") / f"logless-test-{secrets.token_hex(4)}"
        self.runtime.mkdir(mode=0o700)
        self.config = self.folder / "logless.toml"
        # Every client of a test is behind the trusted proxy that the test itself is.
        self.config.write_text(
            f'[server]\nport = {self.port}\nbase_url = "http://127.0.0.1:{self.port}"\n'
            f'trusted_proxies = ["127.0.0.1/32"]\n'
            f'[store]\nurl = "chdb://{self.folder}/data"\n'
            f'[runtime]\ndir = "{self.runtime}"\n{self.sections}'
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def arguments(self) -> list[str]:
        """What the server is started with."""
        return [*self.program, "--config", str(self.config)]

    def start(self, *, probe: str = "/readyz") -> Logless:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                cwd=self.folder,
            )

        def ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            try:
                return self.get(probe).status == 200
            except OSError:
                return False

        wait_until(ready, 40)
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for path in sorted(self.runtime.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.runtime.rmdir()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def hit(self, address: str, url: str = "http://example.org/", **fields: Any) -> Answer:
        """Send a page view (or another event, by `n`) from an address."""
        site = fields.pop("site", "example.org")
        agent = fields.pop("agent", BROWSER)
        body = {"n": "pageview", "d": site, "u": url, "l": "en", **fields}
        headers = {"user-agent": agent, "content-type": "text/plain", "x-forwarded-for": address}
        return self.request("POST", "/api/event", json.dumps(body).encode(), headers)

    def crash(self, address: str, event: Mapping[str, Any], *, app: int = 6, key: str = KEY) -> Answer:
        """Send an event in an envelope from an address."""
        body = b"{}\n" + b'{"type":"event"}\n' + json.dumps(event).encode() + b"\n"
        headers = {
            "x-sentry-auth": f"Sentry sentry_key={key}, sentry_version=7",
            "content-type": "application/x-sentry-envelope",
            "x-forwarded-for": address,
        }
        return self.request("POST", f"/api/{app}/envelope/", body, headers)

    def command(self, *arguments: str) -> Any:
        """Run `logless` with --json and return what it printed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "collector", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment, "LOGLESS_CONFIG": str(self.config)},
            cwd=self.folder,
            timeout=120,
            check=False,
        )

    def token(self) -> str:
        """Make a token by the command, without the second that a process of its own takes to begin."""
        environment = {**self.environment, "LOGLESS_CONFIG": str(self.config)}
        # In a thread: the command runs a loop, and so may Playwright in this one.
        with ThreadPoolExecutor(1) as apart:
            arguments = ["token", "create", "test", "--json"]
            done = apart.submit(CliRunner().invoke, main, arguments, env=environment).result()
        assert done.exit_code == 0, done.output
        return str(json.loads(done.stdout)["token"])

    def query(self, token: str, **question: Any) -> list[dict[str, Any]]:
        """Ask the Stats API and return its rows."""
        asked = {"date_range": "day", **question}
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        answer = self.request("POST", "/api/v2/query", json.dumps(asked).encode(), headers)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.json["results"]
        return rows

    def login_link(self) -> str:
        found = re.findall(r"/login/\S+", self.log.read_text())
        assert found
        return str(found[-1])


@contextmanager
def running(folder: Path, sections: str = PLAIN, **environment: str) -> Iterator[Logless]:
    """Start a server in a folder, and end it."""
    logless = Logless(folder, sections, environment=dict(environment))
    try:
        yield logless.start()
    finally:
        logless.close()
