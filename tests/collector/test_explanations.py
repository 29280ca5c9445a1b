"""`logless explain hit`: each step, the reason, and what would be added, of lines and of bare bodies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from collector_replays import hit
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from collector.acts.explanations import Explainer, read_submissions, write_explanation
from collector.command import main
from collector.control_socket import RefusedError
from collector.replay import Line
from collector.sections import SiteSection
from collector.settings import Settings
from ingest.boundary.geo import Countries

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = SiteSection(id="example.org", pages=["/", "/blog/*"], exclude=["/account/*"]).site()


@pytest.fixture(scope="module")
def explainer() -> Iterator[Explainer]:
    countries = Countries.open()
    yield Explainer(Settings(), {SITE.id: SITE}, countries)
    countries.close()


def line(body: str | dict[str, Any], *, path: str = "/api/event", method: str = "POST", **headers: str) -> Line:
    text = body if isinstance(body, str) else json.dumps({"n": "pageview", "d": SITE.id, **body})
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
    return Line(NOW, "8.8.8.8", method, path, {"user-agent": agent, "content-type": "text/plain", **headers}, text)


def explain(explainer: Explainer, given: Line) -> dict[str, Any]:
    return asyncio.run(explainer.explain(given))


def test_each_step_and_what_it_comes_to(explainer: Explainer) -> None:
    told = explain(explainer, line({"u": "https://example.org/blog/x?ref=news", "r": "https://forum.example/t/1"}))
    (trace,) = told["traces"]
    assert (told["answer"], told["note"], trace["refused"], trace["because"]) == (202, "", None, "")
    assert [step["step"] for step in trace["steps"]][-1] == "visit"
    text = "\n".join(write_explanation(told))
    assert "put_source: source name news, referrer forum.example" in text
    assert "adds  page /blog/*: visitors +1, visits +1, pageviews +1" in text
    assert "country US" in text
    waiting = [line for line in text.splitlines() if "page /blog/x" in line]
    assert waiting[0].endswith("(named once it is shared)")
    assert "8.8.8.8" not in text


@pytest.mark.parametrize(
    ("given", "answer", "reason"),
    [
        (line({"u": "https://example.org/account/7"}), 202, "excluded"),
        (line({"u": "https://evil.example/"}), 202, "host"),
        (line({"u": "https://example.org/"}, **{"user-agent": "Googlebot/2.1"}), 202, "bot"),
        (line({"u": "https://example.org/", "d": "nobody"}), 400, "unknown_site"),
        (line({"u": "https://example.org/", "w": "wide"}), 400, "bad_field"),
        (line("{"), 400, "bad_json"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_refusal_is_told_with_its_reason(explainer: Explainer, given: Line, answer: int, reason: str) -> None:
    told = explain(explainer, given)
    (trace,) = told["traces"]
    assert (told["answer"], trace["refused"]) == (answer, reason)
    assert trace["because"]
    assert f"{reason}: {trace['because']}" in list(write_explanation(told))[-1]


@pytest.mark.parametrize(
    ("given", "answer", "note"),
    [
        (line({"u": "https://example.org/"}, **{"sec-gpc": "1"}), 202, "Sec-GPC"),
        (line({"u": "https://example.org/"}, **{"content-type": "text/html"}), 415, "bad_type"),
        (line({"u": "https://example.org/"}, path="/elsewhere"), 404, "nothing takes hits"),
        (line("x" * 70_000), 413, "too_large"),
    ],
    ids=["objects", "type", "path", "size"],
)
def test_what_is_not_looked_at_says_why(explainer: Explainer, given: Line, answer: int, note: str) -> None:
    told = explain(explainer, given)
    assert (told["answer"], told["traces"]) == (answer, [])
    assert note in told["note"]
    assert note in next(write_explanation(told))


def test_what_steers_a_terminal_is_not_repeated(explainer: Explainer) -> None:
    told = explain(explainer, line({"u": "https://example.org/\x1b[2Jx", "n": "\x1b]0;evil\x07"}))
    assert "\x1b" not in "".join(write_explanation(told))


def test_an_array_is_explained_whole(explainer: Explainer) -> None:
    bodies = [{"n": "pageview", "d": SITE.id, "u": "https://example.org/"}] * 30
    assert len(explain(explainer, line(json.dumps(bodies)))["traces"]) == 30


def test_lines_of_one_browser_are_one_visit_and_those_of_another_are_another(explainer: Explainer) -> None:
    def visit(address: str, **fields: Any) -> str:
        given = line({"u": "https://example.org/", **fields})
        given = Line(given.at, address, given.method, given.path, given.headers, given.body)
        step = explain(explainer, given)["traces"][0]["steps"][-1]
        return str(step["refused"] or step["result"])

    assert visit("9.9.9.9") == "a visit begins"
    assert visit("9.9.9.9") == "the visit goes on"
    assert visit("9.9.9.8", n="engagement", e=1_000) == "late"
    assert visit("9.9.9.9", n="engagement", e=1_000) == "the visit goes on"


def test_a_body_alone_is_taken_to_come_from_a_browser(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text('{"n": "pageview",\n "u": "https://example.org/", "d": "example.org"}')
    (read,) = read_submissions(file, "/api/event", NOW.timestamp())
    assert (read.at, read.ip, read.path, read.body) == (NOW, "", "/api/event", file.read_text())
    assert "Firefox" in read.headers["user-agent"]


def test_lines_of_a_recording_are_read_as_replay_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "hits.jsonl"
    first, second = (json.dumps(hit("2026-11-21T12:00:00Z", ip, "/")) for ip in ("8.8.8.8", "8.8.4.4"))
    file.write_text(f"{first}\n\n{second}\n")
    assert [read.ip for read in read_submissions(file, "/api/event", 0)] == ["8.8.8.8", "8.8.4.4"]
    file.write_text(f"{first}\nnonsense\n")
    with pytest.raises(RefusedError, match="line 2 is not JSON"):
        read_submissions(file, "/api/event", 0)


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_bytes(content)
    try:
        lines = read_submissions(file, "/api/event", NOW.timestamp())
    except RefusedError:
        return
    assert lines[0].body.encode() == content


def test_the_command_prints_lines_or_json_and_opens_no_store(tmp_path: Path) -> None:
    config, file = tmp_path / "logless.toml", tmp_path / "body.json"
    config.write_text(f'[store]\nurl = "chdb://{tmp_path}/data"\n[runtime]\ndir = "/dev/shm/{tmp_path.name}"\n'
                      '[[site]]\nid = "example.org"\n')  # fmt: skip
    file.write_text('{"n": "pageview", "u": "https://example.org/", "d": "example.org"}')
    done = CliRunner().invoke(main, ["explain", "hit", str(file), "--json"], env={"LOGLESS_CONFIG": str(config)})
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.stdout)
    assert told["traces"][0]["site"] == "example.org"
    assert not (tmp_path / "data").exists()
    done = CliRunner().invoke(main, ["explain", "hit", str(tmp_path / "no")], env={"LOGLESS_CONFIG": str(config)})
    assert (done.exit_code, done.stderr) == (1, f"{tmp_path / 'no'} is not there\n")
