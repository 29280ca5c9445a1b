"""Nothing of a log's lines is found after an import, but for what the closed schema keeps."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from markers import Markers
from running import Logless
from sieve import Sieve

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
DAY = datetime.now(UTC) - timedelta(days=5)
LINES = 300


def combined(draw: Markers, declared: str) -> str:
    """Return a line with a marker in every field; some of them break off, as lines do when a disk is full."""
    told = {name: draw.draw(name) for name in ("user", "query", "referrer", "path", "agent", "tail")}
    agent = draw.random.choice([f"{BROWSER} {told['agent']}", f"curl/{told['agent']}", BROWSER])
    path = draw.random.choice([f"/{told['path']}", declared, f"/a/{told['path']}.png", f"/{told['path']}/x"])
    site = draw.random.choice(["https://www.google.com", "http://news.example.net", "android-app://x"])
    stamp = f"{DAY:%d/%b/%Y}:12:{draw.random.randrange(60):02}:00 +0000"
    line = (
        f'{draw.address()} - {told["user"]} [{stamp}] "GET {path}?token={told["query"]} HTTP/1.1" '
        f'{draw.random.choice([200, 200, 304, 404, 500])} 5 "{site}/{told["referrer"]}" "{agent}" {told["tail"]}'
    )
    return line if draw.random.random() < 0.9 else line[: draw.random.randrange(len(line))]


def caddy(draw: Markers, declared: str) -> str:
    headers = {
        "User-Agent": [f"{BROWSER} {draw.draw('agent')}"], "Cookie": [f"id={draw.draw('cookie')}"],
        "Accept-Language": [f"de, {draw.draw('language')}"], f"X-{draw.draw('header')}": [draw.draw("header value")],
        "Referer": [f"https://duckduckgo.com/{draw.draw('referrer')}"], "X-Forwarded-For": [draw.address()],
    }  # fmt: skip
    request = {
        "client_ip": draw.address(), "remote_ip": draw.address(), "method": "GET", "host": "example.org",
        "uri": draw.random.choice([declared, f"/{draw.draw('path')}"]), "headers": headers,
        "tls": {"server_name": draw.draw("server name")},
    }  # fmt: skip
    entry = {"ts": DAY.timestamp(), "status": 200, "request": request, "user_id": draw.draw("user")}
    return json.dumps({**entry, draw.draw("key"): draw.draw("value")})


@pytest.mark.parametrize("made", [combined, pytest.param(caddy, marks=pytest.mark.soak)])
def test_nothing_of_a_log_stays(tmp_path: Path, made: Callable[[Markers, str], str]) -> None:
    draw = Markers(random.Random(5))
    declared = f"/shop/{draw.keep('declared page')}"
    sections = f'[[site]]\nid = "example.org"\npages = ["{declared}"]\n'
    folder = tmp_path / "server"
    folder.mkdir()
    logless = Logless(folder, sections)
    log = tmp_path / "access.log"
    log.write_text("\n".join(made(draw, declared) for _ in range(LINES)) + "\n")
    try:
        done = logless.run("import", str(log), "--site", "example.org", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["pageviews"] > LINES / 10
        sieve = Sieve(draw.forbidden | draw.kept, draw.addresses)
        found = sieve.search([logless.folder, logless.runtime]) | sieve.sightings(
            "output", (done.stdout + done.stderr).encode()
        )
        assert {sighting.place for sighting in found} == {"declared page"}
        # The configuration names the declared page; the control is that it is found in compressed parts, too.
        assert any(sighting.where.endswith(".bin") for sighting in found)
        assert {sighting.place for sighting in sieve.search([log])} >= {"user", "referrer", "agent", "address"}
    finally:
        logless.close()
