"""The command line without a server: what is printed, how it exits, and what stays of a failure."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from collector_replays import hit
from typer.testing import CliRunner, Result

from collector.command import main
from ingest.store.control.actions import list_log
from ingest.store.control.database import Control

ROOT = Path(__file__).parents[2]
RUNNER = CliRunner()


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in sorted(getattr(group, "commands", {}).items()):
        yield from commands(command, (*path, name))


EVERY = list(commands(typer.main.get_command(main)))


class Terminal:
    """Runs commands in this process, on a configuration of its own. None of them may open the embedded store."""

    def __init__(self, folder: Path, runtime: Path) -> None:
        self.folder = folder
        self.config = folder / "logless.toml"
        self.config.write_text(
            f'# ours\n[store]\nurl = "chdb://{folder}/data"\n[runtime]\ndir = "{runtime}"\n'
            '[[site]]\nid = "example.org"\n'
        )

    def run(self, *arguments: str) -> Result:
        return RUNNER.invoke(main, arguments, env={"LOGLESS_CONFIG": str(self.config)})

    def json(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def failure(self, *arguments: str) -> str:
        """Return the one line that a command says when it fails with exit status 1."""
        result = self.run(*arguments)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1, result.stderr
        return str(result.stderr.strip())


@pytest.fixture
def runtime() -> Iterator[Path]:
    path = Path("/dev/shm") / f"logless-command-{secrets.token_hex(4)}"
    path.mkdir(mode=0o700)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def terminal(tmp_path: Path, runtime: Path) -> Terminal:
    return Terminal(tmp_path, runtime)


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    result = RUNNER.invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.stdout
    assert result.stderr == ""


def test_the_commands_are_those_of_the_contract() -> None:
    names = {" ".join(path) for path in EVERY}
    assert names >= {
        "serve", "demo", "check", "doctor", "migrate", "replay", "send-test", "site add", "site list", "site snippet",
        "site delete", "app add", "app list", "app dsn", "user add", "user list", "user role", "user reset",
        "user remove", "token create", "token list", "token revoke", "privacy inventory", "privacy scan",
        "retention run", "geo update", "explain hit", "import",
    }  # fmt: skip


def test_help_answers_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Design, section 4: within 300 ms. Shown, not asserted: a busy machine proves nothing."""
    times = []
    for _ in range(2):
        begun = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "collector", "--help"], capture_output=True, check=True, cwd=ROOT)
        times.append(time.perf_counter() - begun)
        assert b"Usage: " in done.stdout
    with capsys.disabled():
        sys.stdout.write(f"\nlogless --help: {min(times) * 1000:.0f} ms\n")


def test_help_loads_none_of_what_takes_time() -> None:
    program = (
        "import sys, contextlib, io\nfrom collector.command import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n    main(['--help'])\n"
        "print([name for name in ('pydantic', 'clickhouse_connect', 'starlette', 'sqlalchemy', 'uvicorn', 'ua_parser')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"], ["site"], ["site", "nonsense"], ["site", "add"], ["app", "add"], ["check", "--nonsense"],
        ["user", "add", "bob", "--role", "king"], ["user", "role", "bob", "king"], ["send-test", "rain"],
        ["app", "dsn", "six"], ["token", "create"], ["demo", "--days", "9999"], ["replay"], ["explain", "hit"],
    ],
)  # fmt: skip
def test_wrong_usage_exits_with_2(terminal: Terminal, arguments: list[str]) -> None:
    assert terminal.run(*arguments).exit_code == 2


def test_without_a_configuration_the_way_to_one_is_told(terminal: Terminal) -> None:
    terminal.config.unlink()
    for command in (["check"], ["serve"], ["site", "list"], ["token", "create", "x"], ["doctor"]):
        assert "is not there: write one, name it with --config, or try `logless demo`" in terminal.failure(*command)


@pytest.mark.parametrize("command", [["check"], ["serve"], ["site", "list"], ["doctor"], ["site", "add", "x"]])
def test_a_bad_configuration_stops_every_command_with_its_fault(terminal: Terminal, command: list[str]) -> None:
    terminal.config.write_text("[server]\nport = 0x10000000")
    assert terminal.failure(*command).startswith("logless.toml: server.port: ")


def test_check_says_what_it_read(terminal: Terminal) -> None:
    assert terminal.json("check") == {"config": str(terminal.config), "sites": ["example.org"], "apps": []}
    assert "sites: example.org" in terminal.run("check").stdout


def test_sites_are_added_and_listed_and_their_tag_is_printed(terminal: Terminal) -> None:
    added = terminal.json(
        "site", "add", "shop.example", "--host", "shop.example", "--host", "www.shop.example", "--page", "/*",
        "--timezone", "Europe/Gibraltar", "--profile", "plain",
    )  # fmt: skip
    assert added["hosts"] == ["shop.example", "www.shop.example"]
    assert (added["k"], added["batch"]) == (1, 0)
    assert (
        added["snippet"] == '<script defer src="http://127.0.0.1:8000/js/logless.js" data-site="shop.example"></script>'
    )
    assert [site["id"] for site in terminal.json("site", "list")] == ["example.org", "shop.example"]
    told = terminal.json("site", "snippet", "shop.example")
    assert told == {
        "snippet": added["snippet"],
        "csp": "script-src http://127.0.0.1:8000; connect-src http://127.0.0.1:8000",
    }
    assert terminal.run("site", "snippet", "shop.example").stdout.startswith("<script defer ")
    assert terminal.config.read_text().startswith("# ours\n")


def test_a_sitemap_is_named_and_not_copied_into_the_configuration(terminal: Terminal) -> None:
    file = terminal.folder / "map.xml"
    listed = "".join(f"<url><loc>https://mapped.example/{n}</loc></url>" for n in range(1_000))
    file.write_text(f"<urlset>{listed}</urlset>")
    added = terminal.json("site", "add", "mapped.example", "--page", "/blog/*", "--sitemap", str(file))
    assert added["pages"] == 1_001
    assert f'sitemap = "{file}"' in terminal.config.read_text()
    assert len(terminal.config.read_text()) < 1_000
    before = terminal.config.read_text()
    file.write_text("<!DOCTYPE urlset><urlset/>")
    assert "map.xml has a document type" in terminal.failure("check")
    terminal.config.write_text(before.partition("[[site]]")[0])
    assert "map.xml has a document type" in terminal.failure("site", "add", "b.example", "--sitemap", str(file))
    assert terminal.config.read_text() == before.partition("[[site]]")[0]


def test_the_tag_names_the_endpoint_where_it_is_not_the_usual_one(terminal: Terminal) -> None:
    terminal.config.write_text(terminal.config.read_text() + '[server]\nevent_path = "/e"\nbeacon_path = "/b.js"\n')
    assert terminal.json("site", "snippet", "example.org")["snippet"] == (
        '<script defer src="http://127.0.0.1:8000/b.js" data-site="example.org" '
        'data-api="http://127.0.0.1:8000/e"></script>'
    )


def test_the_image_stands_beside_the_tag_of_a_site_that_counts_images(terminal: Terminal) -> None:
    terminal.config.write_text(terminal.config.read_text() + '[[site]]\nid = "images.example"\npixel = true\n')
    told = terminal.json("site", "snippet", "images.example")
    tag, image = told["snippet"].split("\n")
    assert tag.startswith("<script defer ")
    assert image == (
        '<noscript><img src="http://127.0.0.1:8000/api/pixel.gif?d=images.example" alt="" '
        'referrerpolicy="no-referrer-when-downgrade"></noscript>'
    )
    assert told["csp"].endswith("; img-src http://127.0.0.1:8000")


def test_the_tag_names_the_parameters_that_the_site_declares(terminal: Terminal) -> None:
    terminal.config.write_text(terminal.config.read_text() + 'params = ["q", "page"]\n')
    assert terminal.json("site", "snippet", "example.org")["snippet"].endswith(' data-params="page|q"></script>')


def test_a_first_site_begins_the_configuration(terminal: Terminal) -> None:
    kept = terminal.config.read_text().partition("[[site]]")[0]
    terminal.config.write_text(kept)
    terminal.json("site", "add", "first.example")
    assert [site["id"] for site in terminal.json("site", "list")] == ["first.example"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["site", "add", "example.org"], 'site "example.org" is there already'),
        (["site", "add", "a b"], 'site "a b": id: not an id'),
        (["site", "add", "x", "--timezone", "Mars"], 'site "x": timezone: not a time zone: write a name such as'),
        (["site", "add", "x", "--profile", "loose"], 'site "x": profile: '),
        (["site", "add", "x", "--page", "blog"], 'site "x": pages[0] is not a glob'),
        (["site", "add", "x", "--host", "https://x/"], 'site "x": hosts[0]: not a host'),
        (["site", "snippet", "x"], 'no site "x" is configured: see `logless site list`'),
        (["app", "add", "y", "--consent", "maybe"], "consent: "),
        (["app", "dsn", "9"], 'no app "9" is configured: see `logless app list`'),
        (["user", "remove", "nobody"], 'no user "nobody": see `logless user list`'),
        (["user", "reset", "nobody"], 'no user "nobody": see `logless user list`'),
        (["user", "role", "nobody", "viewer"], "there is no user of that name: `logless user add` makes one"),
        (["token", "revoke", "9"], "no token 9: see `logless token list`"),
        (["token", "create", "x", "--site", "y"], 'no site "y" is configured: see `logless site list`'),
        (["token", "create", "x", "--app", "9"], 'no app "9" is configured: see `logless app list`'),
        (["token", "create", "x", "--scope", "all"], "a token's scope is one of: stats, preview"),
        (["token", "create", ""], "a token's name has 1 to 100 printable characters"),
        (["geo", "update", "nothing.mmdb"], "nothing.mmdb"),
        (["replay", "nothing.jsonl"], "nothing.jsonl is not there"),
        (["send-test", "hit", "elsewhere.example"], "no such site is configured"),
        (["send-test", "crash", "six"], "no such app is configured"),
        (["send-test", "hit"], "does not answer: is the server running?"),
        (["privacy", "scan", "nothing.txt"], "nothing.txt: No such file or directory"),
        (["privacy", "scan", "/proc"], "/proc: "),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_exits_with_1(
    terminal: Terminal, command: list[str], says: str
) -> None:
    terminal.config.write_text(terminal.config.read_text() + "[server]\nport = 9\n")
    before = terminal.config.read_bytes()
    assert says in terminal.failure(*command)
    assert terminal.config.read_bytes() == before


def test_apps_are_numbered_and_have_a_dsn(terminal: Terminal) -> None:
    first = terminal.json("app", "add", "desktop")
    second = terminal.json("app", "add", "mobile", "--consent", "opt-out")
    assert (first["id"], first["consent"], second["id"], second["consent"]) == (1, "explicit", 2, "opt-out")
    assert first["dsn"].startswith("http://") and first["dsn"].endswith("@127.0.0.1:8000/1")  # noqa: PT018
    assert terminal.json("app", "list")[1] == second
    assert terminal.run("app", "dsn", "1").stdout.strip() == first["dsn"]
    assert terminal.json("app", "dsn", "1") == {"id": 1, "dsn": first["dsn"]}


def test_people_are_added_changed_and_signed_out(terminal: Terminal) -> None:
    added = terminal.json("user", "add", "bob", "--role", "editor")
    assert (added["name"], added["role"]) == ("bob", "editor")
    assert added["link"].startswith("http://127.0.0.1:8000/login/")
    assert terminal.json("user", "role", "bob", "viewer")["role"] == "viewer"
    assert terminal.json("user", "reset", "bob")["link"] != added["link"]
    assert terminal.json("user", "list") == [{"name": "bob", "role": "viewer"}]
    assert "a user of that name exists" in terminal.failure("user", "add", "bob")
    assert terminal.json("user", "remove", "bob")["removed"] is True
    assert terminal.json("user", "list") == []
    terminal.json("user", "add", "ada", "--role", "owner")
    assert "this is the last owner" in terminal.failure("user", "remove", "ada")
    assert "this is the last owner" in terminal.failure("user", "role", "ada", "editor")


def test_what_commands_do_to_people_and_tokens_stands_in_the_log(terminal: Terminal) -> None:
    terminal.json("user", "add", "bob")
    terminal.json("user", "role", "bob", "editor")
    terminal.json("user", "reset", "bob")
    terminal.json("user", "remove", "bob")
    number = terminal.json("token", "create", "ci", "--site", "example.org")["id"]
    terminal.json("token", "revoke", str(number))
    control = Control.open(f"sqlite:///{terminal.folder / 'control.db'}")
    found = [(one.member, one.action, one.object, one.detail) for one in reversed(list_log(control)[0])]
    control.close()
    assert found == [
        ("", "member added", "bob", "viewer"), ("", "role changed", "bob", "viewer to editor"),
        ("", "access reset", "bob", ""), ("", "member removed", "bob", ""),
        ("", "token created", "ci", "stats:site:example.org"), ("", "token revoked", "ci", "stats:site:example.org"),
    ]  # fmt: skip


def test_tokens_are_shown_once_listed_without_their_secret_and_revoked(terminal: Terminal) -> None:
    made = terminal.json("token", "create", "ci", "--site", "example.org")
    assert set(made) == {"id", "name", "scopes", "token"}
    assert made["scopes"] == ["stats:site:example.org"]
    assert terminal.json("token", "list") == [{"id": made["id"], "name": "ci", "scopes": made["scopes"]}]
    assert made["token"] not in terminal.run("token", "list").stdout
    assert terminal.json("token", "revoke", str(made["id"])) == {"id": made["id"], "revoked": True}
    assert terminal.run("token", "list").stdout == "none\n"


def test_a_country_database_is_checked_before_it_is_used(terminal: Terminal) -> None:
    bad = terminal.folder / "bad.mmdb"
    bad.write_bytes(b"no database")
    assert "bad.mmdb" in terminal.failure("geo", "update", str(bad))
    assert not (terminal.folder / "countries.mmdb").exists()
    (shipped,) = (ROOT / "ingest").rglob("*.mmdb")
    told = terminal.json("geo", "update", str(shipped))
    assert told["networks"] > 1_000
    assert Path(told["file"]).read_bytes() == shipped.read_bytes()


def test_a_scan_exits_with_1_when_it_finds_something_and_when_it_could_not_look(terminal: Terminal) -> None:
    texts = terminal.folder / "texts.txt"
    texts.write_text("nothing of the kind\n\n203.0.113.77\n")
    assert "there is no file to look at" in terminal.failure("privacy", "scan", str(texts))
    (terminal.folder / "data").mkdir()
    (terminal.folder / "data" / "part.bin").write_bytes(b"clean")
    clean = terminal.json("privacy", "scan", str(texts))
    assert (clean["found"], clean["files"], clean["control"]) == ([], 1, "found")
    (terminal.folder / "data" / "part.bin").write_bytes(b"..203.0.113.77..")
    found = terminal.run("privacy", "scan", str(texts), "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["found"] == [{"file": str(terminal.folder / "data" / "part.bin"), "text": 1}]
    assert "203.0.113.77" not in found.stdout
    texts.write_text("\n\n")
    assert "at least one text" in terminal.failure("privacy", "scan", str(texts))


def test_a_replay_and_an_inventory_open_the_store_themselves(terminal: Terminal) -> None:
    """In processes of their own: an embedded store takes one folder for each."""
    history = terminal.folder / "history.jsonl"
    lines = [hit(f"2026-11-0{day}T10:00:00Z", f"192.0.{day}.{n}", "/") for day in (1, 2) for n in range(30)]
    history.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def separately(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "collector", *arguments], capture_output=True, text=True, check=False, cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LOGLESS_CONFIG": str(terminal.config)},
        )  # fmt: skip

    done = separately("replay", str(history), "--until", "2026-11-04T00:00:00Z", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"answers": {"202": 60}}
    done = separately("privacy", "inventory", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    tables = json.loads(done.stdout)["tables"]
    assert {"hours", "cells", "pairs", "crash_cells", "crash_groups", "refusals"} <= set(tables)
    assert all(column["holds"] for columns in tables.values() for column in columns)


def test_texts_of_a_release_are_uploaded(terminal: Terminal) -> None:
    terminal.run("app", "add", "desktop")
    file = terminal.folder / "strings.txt"
    file.write_text("no route for %s\nUser %d is gone\n")
    said = terminal.json("symbols", "upload", "--strings", str(file), "--release", "1.0", "--app", "1")
    assert said == {"app": 1, "release": "1.0", "texts": 2}
    file.write_bytes(b"\xff")
    arguments = ("symbols", "upload", "--strings", str(file), "--release", "1.0", "--app")
    assert "strings.txt: it is not text in UTF-8" in terminal.failure(*arguments, "1")
    assert 'no app "9" is configured' in terminal.failure(*arguments, "9")
    file.unlink()
    assert "No such file" in terminal.failure(*arguments, "1")
