"""Commands to a running server, its configuration read again, and what stands in the way of a second one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from collector_replays import hit
from running import KEY, PLAIN, Logless, free_port, running, wait_until
from typer.testing import CliRunner, Result

from collector.command import main

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logless]:
    with running(tmp_path_factory.mktemp("server")) as logless:
        yield logless


def run(server: Logless, *arguments: str) -> Result:
    """Run a command in this process: what it asks is done in the server's."""
    return RUNNER.invoke(main, arguments, env={"LOGLESS_CONFIG": str(server.config)})


def told(server: Logless, *arguments: str) -> Any:
    result = run(server, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def failure(server: Logless, *arguments: str) -> str:
    result = run(server, *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return str(result.stderr.strip())


def visits(server: Logless, token: str, site: str) -> int:
    (row,) = server.query(token, site_id=site, metrics=["visits"])
    return int(row["metrics"][0])


def ask(server: Logless, token: str, site: str = "example.org") -> int:
    body = json.dumps({"site_id": site, "metrics": ["visits"], "date_range": "day"}).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return int(server.request("POST", "/api/v2/query", body, headers).status)


def test_a_token_works_at_once_and_no_longer_once_it_is_revoked(server: Logless) -> None:
    made = told(server, "token", "create", "ci")
    assert set(made) == {"id", "name", "scopes", "token"}
    assert ask(server, made["token"]) == 200
    told(server, "token", "revoke", str(made["id"]))
    assert ask(server, made["token"]) == 401


def test_a_site_that_is_added_counts_at_once(server: Logless) -> None:
    token = told(server, "token", "create", "sites")["token"]
    url = "https://new.example/"
    assert server.hit("192.0.2.1", url, site="new.example").status == 400
    added = told(server, "site", "add", "new.example", "--profile", "plain")
    assert added["snippet"] == f'<script defer src="{server.url}/js/logless.js" data-site="new.example"></script>'
    assert server.hit("192.0.2.1", url, site="new.example").status == 202
    assert visits(server, token, "new.example") == 1
    assert 'id = "new.example"' in server.config.read_text()
    assert "new.example" in [site["id"] for site in told(server, "site", "list")]
    assert 'site "new.example" is there already' in failure(server, "site", "add", "new.example")


def test_an_app_that_is_added_takes_reports_at_once(server: Logless) -> None:
    added = told(server, "app", "add", "beta", "--consent", "opt-out")
    key = added["dsn"].partition("//")[2].partition("@")[0]
    event = {"event_id": "a" * 32, "exception": {"values": [{"type": "E"}]}}
    assert server.crash("192.0.2.1", event, app=added["id"], key=key).status == 200
    assert server.crash("192.0.2.1", event, app=added["id"], key=KEY).status == 403


def test_a_configuration_is_read_again_on_hup_and_every_command_knows(server: Logless) -> None:
    before = server.config.read_text()
    server.config.write_text(before + '\n[[site]]\nid = "hup.example"\nprofile = "plain"\n')
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.hit("192.0.2.2", "https://hup.example/", site="hup.example").status == 202)
    assert "hup.example" in [site["id"] for site in told(server, "site", "list")]
    assert 'data-site="hup.example"' in told(server, "site", "snippet", "hup.example")["snippet"]
    token = told(server, "token", "create", "hup", "--site", "hup.example")["token"]
    assert visits(server, token, "hup.example") == 1


def test_a_bad_configuration_on_hup_keeps_the_old_one_and_is_told_in_the_log(server: Logless) -> None:
    before = server.config.read_text()
    logged = server.log.read_text().count("configuration not taken")
    server.config.write_text(before + '\n[[site]]\nid = "bad.example"\nprofile = "loose"\n')
    assert server.process is not None
    try:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.log.read_text().count("configuration not taken") == logged + 1)
    finally:
        server.config.write_text(before)
    assert server.hit("192.0.2.3").status == 202
    assert server.hit("192.0.2.3", "https://bad.example/", site="bad.example").status == 400
    assert "bad.example" not in [site["id"] for site in told(server, "site", "list")]


def test_reading_commands_answer_json_from_the_server(server: Logless) -> None:
    for command in (
        ["check"], ["site", "list"], ["app", "list"], ["user", "list"], ["token", "list"], ["migrate"],
        ["retention", "run"], ["privacy", "inventory"], ["app", "dsn", "6"], ["site", "snippet", "example.org"],
    ):  # fmt: skip
        assert told(server, *command)
        assert run(server, *command).stdout
    assert told(server, "migrate")["applied"] == []
    assert {"name": "owner", "role": "owner"} in told(server, "user", "list")


def test_people_can_be_added_to_a_running_server_and_their_link_opens_it(server: Logless) -> None:
    link = told(server, "user", "add", "carol", "--role", "viewer")["link"]
    assert link.startswith(f"{server.url}/login/")
    assert server.get(link.removeprefix(server.url)).status in {200, 302, 303}


def test_the_health_page_tells_of_the_real_server(server: Logless) -> None:
    link = told(server, "user", "add", "dora", "--role", "editor")["link"]
    cookie = server.get(link.removeprefix(server.url)).headers["set-cookie"].partition(";")[0]
    health = server.get("/admin/health.json", Cookie=cookie).json
    assert health["version"] == version("logless")
    assert (health["is_full"], health["is_store_away"]) == (False, False)
    assert health["spool_bound"] > 0
    assert health["journal_bytes"] > 0
    assert health["retained"] is not None, "it has run once since the start"
    assert {"runtime folder", "compiled parts", "disk", "proxies"} <= {one["check"] for one in health["findings"]}
    assert {"cells", "hours"} <= {table["table"] for table in health["tables"]}
    setup = server.get("/admin/setup.json", Cookie=cookie).json
    assert f"http://{KEY}@127.0.0.1:{server.port}/6" in [app["dsn"] for app in setup["apps"]]
    assert server.get("/admin/log.json", Cookie=cookie).status == 403


def test_a_test_submission_of_each_kind_is_sent_and_counted(server: Logless) -> None:
    token = told(server, "token", "create", "tests")["token"]
    before = visits(server, token, "example.org")
    assert told(server, "send-test", "hit")["status"] == 202
    assert told(server, "send-test", "hit", "example.org")["status"] == 202
    assert visits(server, token, "example.org") == before + 1
    crash = told(server, "send-test", "crash", "6")
    assert crash["status"] == 200
    assert "id" in json.loads(crash["answer"])
    assert "no such app" in failure(server, "send-test", "crash", "x")


def test_a_replay_runs_beside_live_submissions_and_its_faults_name_the_line(server: Logless, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    lines = [hit(f"2026-06-01T10:{n:02}:00Z", f"192.0.2.{n}", "/") for n in range(50)]
    history.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert told(server, "replay", str(history), "--until", "2026-06-03T00:00:00Z") == {"answers": {"202": 50}}
    token = told(server, "token", "create", "replays")["token"]
    rows = server.query(token, site_id="example.org", metrics=["visits"], date_range=["2026-06-01", "2026-06-01"])
    assert rows[0]["metrics"] == [50]
    history.write_text(json.dumps(lines[0]) + "\nzqxjkvbpygfw\n")
    assert failure(server, "replay", str(history)) == "line 2 is not JSON"
    assert failure(server, "replay", str(history), "--until", "tomorrow").startswith("--until is not a time: write it")


def test_what_is_deleted_is_gone_with_what_was_still_in_memory(server: Logless) -> None:
    for site in ("gone.example", "stays.example"):
        told(server, "site", "add", site, "--profile", "plain")
        assert server.hit("192.0.2.4", f"https://{site}/", site=site).status == 202
    assert run(server, "site", "delete", "gone.example").exit_code == 1, "nobody was asked"
    gone = told(server, "site", "delete", "gone.example", "--yes")
    assert (gone["id"], gone["configured"]) == ("gone.example", False)
    sites = [site["id"] for site in told(server, "site", "list")]
    assert "gone.example" not in sites
    assert server.hit("192.0.2.4", "https://gone.example/", site="gone.example").status == 400
    # Every two seconds a plain site is written: nothing of the deleted one may come after.
    time.sleep(3)
    for site in ("gone.example", "stays.example"):
        run(server, "site", "add", site, "--profile", "plain")
    token = told(server, "token", "create", "gone")["token"]
    assert [visits(server, token, site) for site in ("gone.example", "stays.example")] == [0, 1]


def test_who_deletes_what_is_not_there_is_told(server: Logless) -> None:
    assert "nothing is kept of one" in failure(server, "site", "delete", "never.example", "--yes")


def test_figures_and_health_of_the_real_server(server: Logless) -> None:
    assert server.get("/healthz").body == b"ok\n"
    assert server.get("/readyz").json["ready"] is True
    assert b"logless_full 0" in server.get("/metrics").body
    through_a_proxy = {"x-forwarded-for": "203.0.113.9"}
    assert server.request("GET", "/metrics", headers=through_a_proxy).status == 403


def test_hits_are_answered_without_a_cookie_and_without_naming_the_server(server: Logless) -> None:
    answer = server.hit("192.0.2.5")
    assert (answer.status, answer.body) == (202, b"")
    assert set(answer.headers) == {"access-control-allow-origin", "x-content-type-options", "content-length"}
    objecting = server.request("POST", "/api/event", b"x" * 200_000, {"sec-gpc": "1", "content-type": "text/plain"})
    assert (objecting.status, objecting.body, objecting.headers) == (202, b"", answer.headers)


def end(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Serve on a configuration that cannot be served on; return how it ended."""
    config = folder / "second.toml"
    config.write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "collector", "serve", "--config", str(config)],
        capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ), cwd=folder,
    )  # fmt: skip


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that it said, apart from warnings about the machine, which are JSON."""
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    (line,) = (line for line in done.stderr.splitlines() if not line.startswith("{"))
    return line


def test_a_busy_port_is_one_line_with_its_remedy(server: Logless) -> None:
    line = only_line(end(server.folder, server.config.read_text()))
    assert line == (
        f"127.0.0.1:{server.port} cannot be listened on (Address already in use): stop what runs there, "
        f"or choose another with LOGLESS_SERVER__PORT={server.port + 1}"
    )


def test_a_second_server_on_the_same_store_is_one_line(server: Logless, tmp_path: Path) -> None:
    runtime = Path("/dev/shm") / f"{server.runtime.name}-second"
    text = (
        f'[server]\nport = {free_port()}\n[store]\nurl = "chdb://{server.folder}/data"\n'
        f'[runtime]\ndir = "{runtime}"\n{PLAIN}'
    )
    try:
        line = only_line(end(tmp_path, text))
    finally:
        shutil.rmtree(runtime)
    assert line == (f"the store {server.folder}/data is open in another process: stop it, or let it run the command")
    assert server.hit("192.0.2.6").status == 202
    assert told(server, "site", "list")


def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path: Path) -> None:
    place = "/proc/nowhere/data"
    runtime = Path("/dev/shm") / f"logless-{os.getpid()}-unwritable"
    try:
        text = f'[server]\nport = {free_port()}\n[store]\nurl = "chdb://{place}"\n[runtime]\ndir = "{runtime}"\n'
        line = only_line(end(tmp_path, text))
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
    assert place.rpartition("/")[0] in line
