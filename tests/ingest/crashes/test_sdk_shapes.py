"""Submissions of SDKs that cannot run here, from `vectors/sdks.toml`."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import brotli
import msgspec
import pytest
from backports import zstd

from crashes.door import EXPLICIT, OPT_OUT, Door
from ingest.counters.cells import ALL_RELEASES, CRASH, LOSS, SESSION, SESSION_METRICS

CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
APPS = {6: EXPLICIT, 7: OPT_OUT}


class Item(msgspec.Struct, forbid_unknown_fields=True):
    header: dict[str, Any]
    payload: str

    @property
    def lines(self) -> bytes:
        payload = self.payload.encode()
        header = self.header | ({"length": len(payload)} if "length" in self.header else {})
        return json.dumps(header).encode() + b"\n" + payload + b"\n"


class Submission(msgspec.Struct, forbid_unknown_fields=True):
    sdk: str
    app: int
    envelope: str
    item: list[Item]
    query: str = ""
    headers: dict[str, str] = {}
    coding: str = ""
    answer: str = ""
    crashes: dict[str, str] = {}
    title: list[str] = []
    sessions: dict[str, Any] = {}
    losses: dict[str, int] = {}
    refusals: dict[str, int] = {}


class File(msgspec.Struct, forbid_unknown_fields=True):
    submission: list[Submission]


def submissions() -> list[Submission]:
    text = (Path(__file__).parent / "vectors" / "sdks.toml").read_text()
    return msgspec.convert(tomllib.loads(text), File).submission


@pytest.mark.parametrize("sent", submissions(), ids=lambda sent: sent.sdk)
def test_a_submission_counts_as_it_should(sent: Submission) -> None:
    app, door = APPS[sent.app], Door()
    body = sent.envelope.replace("{key}", app.key).encode() + b"\n" + b"".join(item.lines for item in sent.item)
    headers = [(name.encode(), value.replace("{key}", app.key).encode()) for name, value in sent.headers.items()]
    if sent.coding:
        headers.append((b"content-encoding", sent.coding.encode()))
    answer = door.knock(
        f"/api/{app.id}/envelope/",
        CODINGS[sent.coding](body),
        query=sent.query.replace("{key}", app.key).encode(),
        headers=headers,
    )
    assert answer.status == 200, answer
    assert answer.json == {"id": sent.answer or door.new_id.hex()}
    amounts: dict[tuple[str, ...], Counter[str]] = {}
    for _, key, counted in door.ledger.unwritten(app.owner):
        names = SESSION_METRICS if key[0] == SESSION else ("amount",)
        amounts.setdefault(key, Counter()).update(dict(zip(names, counted, strict=True)))
    check_crashes(sent, door, {key[2:]: found["amount"] for key, found in amounts.items() if key[0] == CRASH})
    check_sessions(sent, {key[1]: +found for key, found in amounts.items() if key[0] == SESSION})
    assert {" ".join(key[1:]): found["amount"] for key, found in amounts.items() if key[0] == LOSS} == sent.losses
    assert door.refusals(app.owner) == sent.refusals
    everything = repr((amounts, door.ledger.exemplars(app.owner)))
    assert not [word for word in ("bob", "jane", "2026-11-21T", "cafe", "1234567890AB") if word in everything]


def check_crashes(sent: Submission, door: Door, cells: Mapping[tuple[str, ...], int]) -> None:
    apart = {"stripped", "former"}
    told = {attribute: value for attribute, value in cells if attribute not in apart and value != "(rare)"}
    assert told == sent.crashes
    exemplars = door.ledger.exemplars(APPS[sent.app].owner).values()
    assert [[exemplar.type, exemplar.function] for exemplar in exemplars] == ([sent.title] if sent.title else [])


def check_sessions(sent: Submission, counted: Mapping[str, Counter[str]]) -> None:
    expected = dict(sent.sessions)
    release = expected.pop("release", None)
    assert counted == ({release: expected, ALL_RELEASES: expected} if release else {})


def test_a_typo_in_the_file_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `ap`"):
        msgspec.convert({"submission": [{"sdk": "x", "ap": 6}]}, File)
