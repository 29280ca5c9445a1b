"""The contract of `POST /api/event`, row by row, and that whoever objects changes nothing at all."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from errno import ENOSPC

import pytest
from hits_door import FIREFOX, SITE, Answer, Door, submission
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from collector.sections import Limits
from collector.settings import Settings
from ingest.body import DisconnectedError, read_body
from ingest.counters.cells import UNKNOWN_OWNER, Refusal
from ingest.counters.journal import Entry, Unjournaled
from ingest.site import Profile, Site

OTHER = Site("other.example", ("other.example",), profile=Profile.PLAIN)
GUARDED = replace(SITE, exclude=("/account/*",), own_networks=("203.0.113.0/24",))


@pytest.fixture(scope="module")
def door() -> Door:
    return Door([GUARDED, OTHER])


@pytest.fixture(autouse=True)
def _an_hour_later(door: Door) -> None:
    door.now += 3_600
    door.full = False


def counted(door: Door) -> Answer:
    return door.hit()


UNCOUNTED: dict[str, Callable[[Door], Answer]] = {
    "bot": lambda door: door.hit(agent="Googlebot/2.1 (+http://www.google.com/bot.html)"),
    "no agent": lambda door: door.hit(agent=""),
    "excluded": lambda door: door.hit("https://example.org/account/1"),
    "own network": lambda door: door.hit(address="203.0.113.9"),
    "foreign host": lambda door: door.hit("https://evil.example/"),
    "late": lambda door: door.hit(n="engagement", e=5_000),
    "GPC": lambda door: door.hit(headers=[(b"sec-gpc", b"1")]),
    "DNT": lambda door: door.hit(headers=[(b"dnt", b"1")]),
    "opt-out": lambda door: door.hit(headers=[(b"cookie", b"a=b; logless_opt_out=1")]),
}


@pytest.mark.parametrize("why", UNCOUNTED)
def test_what_is_not_counted_is_answered_in_the_same_bytes_as_what_is(door: Door, why: str) -> None:
    answer = UNCOUNTED[why](door)
    assert answer == counted(door)
    assert (answer.status, answer.body) == (202, b"")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "not JSON"),
        (submission(d="elsewhere.example"), "field d names no site of this server"),
        (submission(w=-1), "field w has a wrong type or size"),
        (json.dumps([json.loads(submission())] * 101).encode(), "an array of 1 to 100 submissions is wanted"),
    ],
)
def test_malformed_submissions_are_answered_400_with_what_is_wrong(door: Door, body: bytes, error: str) -> None:
    answer = door.knock(body)
    assert answer is not None
    assert (answer.status, json.loads(answer.body)) == (400, {"error": error})
    assert (b"content-type", b"application/json") in answer.headers


@pytest.mark.parametrize(
    "kind", [None, b"", b"text/plain", b"Text/Plain; charset=UTF-8", b"APPLICATION/JSON", b" text/plain "]
)
def test_media_types_of_every_client_are_taken(door: Door, kind: bytes | None) -> None:
    answer = door.knock(submission(), kind=kind)
    assert answer is not None
    assert answer.status == 202


@pytest.mark.parametrize("kind", [b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/html", b"json"])
def test_other_media_types_are_answered_415(door: Door, kind: bytes) -> None:
    answer = door.knock(submission(), kind=kind)
    assert answer is not None
    assert (answer.status, answer.body) == (415, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_other_methods_count_nothing(door: Door, method: str) -> None:
    before = door.amounts()
    answer = door.knock(submission(), method=method)
    assert answer is not None
    assert answer.status == 415
    assert door.amounts() == before


def test_the_limit_of_a_body_is_exact_and_its_excess_is_drained() -> None:
    door = Door(settings=Settings(limits=Limits(body="1KiB")))
    exact = submission().ljust(1_024)
    for body, status in ((exact, 202), (exact + b" ", 413), ([exact[:600], exact[600:]], 202), ([exact, b" "], 413)):
        answer = door.knock(body)
        assert answer is not None
        assert answer.status == status
    chunks = [b"x" * 1_000] * 3 + [b"x"]
    answer = door.knock(chunks)
    assert answer is not None
    assert (answer.status, answer.body) == (413, b"")
    assert door.refusals(UNKNOWN_OWNER) == {"too_large": 3}


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(0, 120))
def test_a_body_is_read_whole_or_not_at_all(chunks: list[bytes], limit: int) -> None:
    whole = b"".join(chunks)

    async def read() -> bytes | Refusal:
        left = [*chunks, b""]

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        return await read_body(receive, limit)

    assert asyncio.run(read()) == (whole if len(whole) <= limit else Refusal.TOO_LARGE)


def test_an_endless_body_is_not_read_for_ever() -> None:
    reads = itertools.count()

    async def receive() -> dict[str, object]:
        next(reads)
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    assert asyncio.run(read_body(receive, 1_000)) is Refusal.TOO_LARGE
    assert next(reads) <= 41


def test_chunked_bodies_are_joined(door: Door) -> None:
    body = submission("https://example.org/in-chunks")
    answer = door.knock([body[at : at + 7] for at in range(0, len(body), 7)])
    assert answer is not None
    assert answer.status == 202
    assert door.values("page")["/in-chunks"] == 1


def test_nobody_is_answered_who_went_away(door: Door) -> None:
    before = door.snapshot()
    assert asyncio.run(door.send([submission()[:20]], goes_away=True)) is None
    assert asyncio.run(door.send([], goes_away=True)) is None
    assert door.snapshot() == before
    with pytest.raises(DisconnectedError):
        asyncio.run(read_body(_gone, 10))


async def _gone() -> dict[str, object]:
    return {"type": "http.disconnect"}


def test_when_nothing_can_be_acknowledged_it_says_so_and_when_to_come_back(door: Door) -> None:
    before = door.snapshot()
    door.full = True
    answer = door.hit()
    assert (answer.status, answer.body) == (503, b"")
    assert (b"retry-after", b"30") in answer.headers
    door.full = False
    assert door.snapshot() == before
    assert door.hit().status == 202


class FullDisk(Unjournaled):
    """A journal on a file system that has run full."""

    def append(self, entries: Sequence[Entry]) -> None:  # noqa: ARG002  the journal's signature
        raise OSError(ENOSPC, "No space left on device")

    def rewrite(self, entries: Iterable[Entry]) -> None:  # noqa: ARG002  the journal's signature
        raise OSError(ENOSPC, "No space left on device")


def test_what_did_not_reach_the_journal_is_not_acknowledged() -> None:
    door = Door(journal=FullDisk())
    first = door.hit()
    assert (first.status, first.body) == (503, b"")
    assert door.hit() == first


def test_a_preflight_is_answered_and_counts_nothing(door: Door) -> None:
    before = door.snapshot()
    answer = door.knock(b"", method="OPTIONS", headers=[(b"origin", b"https://example.org")], kind=None)
    assert answer is not None
    assert (answer.status, answer.body) == (204, b"")
    assert dict(answer.headers)[b"access-control-allow-methods"] == b"POST"
    assert dict(answer.headers)[b"access-control-allow-headers"] == b"content-type"
    assert door.snapshot() == before


def test_every_answer_may_be_read_by_any_page_and_sets_no_cookie(door: Door) -> None:
    answers = [
        door.hit(),
        *(make(door) for make in UNCOUNTED.values()),
        door.knock(b"{"),
        door.knock(submission(), kind=b"text/html"),
        door.knock(b"x" * 70_000),
        door.knock(b"", method="OPTIONS"),
        door.knock(b"", method="GET"),
    ]
    door.full = True
    answers.append(door.hit())
    statuses = set()
    for answer in answers:
        assert answer is not None
        statuses.add(answer.status)
        names = [name for name, _ in answer.headers]
        assert len(names) == len(set(names))
        headers = dict(answer.headers)
        assert headers[b"access-control-allow-origin"] == b"*"
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert int(headers[b"content-length"]) == len(answer.body)
        assert not {b"set-cookie", b"etag", b"server", b"access-control-allow-credentials"} & headers.keys()
    assert statuses == {202, 204, 400, 413, 415, 503}


def test_a_submission_counts_for_each_site_that_it_names_once(door: Door) -> None:
    body = {"n": "pageview", "u": "https://example.org/both", "d": "example.org, other.example ,example.org"}
    before = door.refusals(OTHER.id)
    answer = door.knock(json.dumps(body).encode())
    assert answer is not None
    assert answer.status == 202
    page = next(amounts for (_, key), amounts in door.amounts().items() if key == ("page", "/both"))
    assert page[:3] == [1, 1, 1]
    # Its page is on no host of the other site.
    assert door.refusals(OTHER.id)["host"] == before.get("host", 0) + 1


def test_an_array_is_counted_in_its_order_as_one_visit(door: Door) -> None:
    pages = [json.loads(submission(f"https://example.org/walk/{n}")) for n in range(3)]
    before = door.values("country")
    answer = door.knock(json.dumps([*pages, {**pages[0], "n": "engagement", "e": 12_000}]).encode())
    assert answer is not None
    assert answer.status == 202
    assert sum(door.values("country").values()) == sum(before.values()) + 1
    assert {door.values("page")[f"/walk/{n}"] for n in range(3)} == {1}


OBJECTIONS = ([(b"sec-gpc", b"1")], [(b"dnt", b"1")], [(b"cookie", b"logless_opt_out=1")])


@pytest.mark.parametrize("headers", OBJECTIONS, ids=lambda headers: headers[0][0].decode())
def test_whoever_objects_changes_nothing_whatever_they_send(door: Door, headers: list[tuple[bytes, bytes]]) -> None:
    """Design, section 3: Sec-GPC, DNT and opt-out count nothing at all, refusals included."""
    door.hit("https://example.org/here-already")
    before = door.snapshot()
    open_visits = len(door.pipeline.visits)
    for body in (submission(), submission(n="signup"), submission(n="engagement", e=9_000), b"{", b"x" * 99_999):
        answer = door.knock(body, headers=headers)
        assert answer is not None
        assert (answer.status, answer.body) == (202, b"")
    for url in ("https://evil.example/", "https://example.org/account/1"):
        door.hit(url, headers=headers)
    door.hit(headers=headers, agent="Googlebot/2.1")
    door.hit(headers=headers, address="203.0.113.9")
    door.hit(headers=headers, d="elsewhere.example")
    door.knock(submission(), headers=headers, kind=b"text/html")
    door.knock(b"", headers=headers, method="GET")
    assert door.snapshot() == before
    assert len(door.pipeline.visits) == open_visits
    # The control: without the header each of these changes something.
    door.knock(b"{")
    assert door.snapshot() != before


def test_other_paths_are_not_the_endpoint(door: Door) -> None:
    before = door.snapshot()
    for path in ("/api/event/", "/api/events", "/api", "/"):
        scope: dict[str, object] = {
            "type": "http", "method": "POST", "path": path, "headers": [], "client": None, "query_string": b"",
            "root_path": "", "http_version": "1.1", "scheme": "http", "server": ("h", 1),
        }  # fmt: skip
        assert asyncio.run(_status(door, scope)) == 404
    assert door.snapshot() == before


async def _status(door: Door, scope: dict[str, object]) -> int:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await door.pipeline.app(scope, _gone, send)
    return int(sent[0]["status"])


def test_agents_are_told_apart_by_their_first_512_characters(door: Door) -> None:
    long = FIREFOX + "x" * 600
    before = sum(door.values("country").values())
    door.hit(agent=long)
    door.hit(agent=long + "y")
    assert sum(door.values("country").values()) == before + 1
