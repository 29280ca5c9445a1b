from __future__ import annotations

import itertools
import random
import resource
from collections.abc import Callable, Iterable
from pathlib import Path
from zlib import crc32

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counters.crowd import NOON, who
from ingest.counters.cells import Refusal
from ingest.counters.disclosure import Disclosure, Threshold, rare_of
from ingest.counters.exemplar import Exemplar
from ingest.counters.journal import Counted, Done, Entry, Journal, Named, Salt, Sent, Shut, Taken, Unjournaled
from ingest.counters.ledger import Batch, Ledger
from ingest.site import Site

numbers = st.integers(0, 2**40)
texts = st.text(max_size=12)
keys = st.lists(texts, min_size=2, max_size=4).map(tuple)
cells = st.lists(st.tuples(st.binary(max_size=64), st.lists(keys, max_size=3)), max_size=4)
stacks = st.lists(st.tuples(texts, st.integers(0, 255), texts, texts, texts), max_size=2)
entries = st.lists(
    st.one_of(
        st.builds(Counted, texts, numbers, numbers, numbers, cells, stacks),
        st.builds(Named, texts, numbers, st.lists(keys, max_size=3), st.booleans()),
        st.builds(Sent, numbers, texts, numbers, st.lists(numbers, max_size=2), st.booleans()),
        st.builds(Done, numbers),
        st.builds(Shut, texts, numbers),
        st.builds(Taken, numbers, st.lists(st.binary(max_size=8), max_size=3)),
        st.builds(Salt, st.binary(max_size=32)),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runtime") / "journal"


def write(path: Path, records: Iterable[list[Entry]]) -> Journal:
    journal = Journal(path)
    journal.rewrite([])
    for record in records:
        journal.append(record)
    return journal


def forms(found: Iterable[Entry]) -> list[bytes]:
    return [msgspec.msgpack.encode(entry) for entry in found]


@given(records=st.lists(entries, max_size=5))
def test_what_is_written_is_read_back_in_order(path: Path, records: list[list[Entry]]) -> None:
    journal = write(path, records)
    journal.close()
    assert journal.size == path.stat().st_size
    assert forms(Journal(path).read()) == forms(itertools.chain.from_iterable(records))


def test_a_torn_tail_is_passed_over_wherever_it_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    first: list[Entry] = [Counted("a", 1, 0, 1, [(b"\x01\x02", [("page", "/")])], []), Done(4)]
    last: list[Entry] = [
        Counted("b", 2, 0, 1, [(b"\x2c\x01\xff", [("page", "/")])], [("g", 1, "T", "f", "{}")]),
        Done(9),
    ]
    write(path, [first, last]).close()
    whole = path.read_bytes()
    write(path, [first]).close()
    start = path.stat().st_size
    assert forms(Journal(path).read()) == forms(first)
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        assert forms(Journal(path).read()) == forms(first), f"torn at {end}"
    path.write_bytes(whole)
    assert forms(Journal(path).read()) == forms([*first, *last])


def test_a_flipped_bit_of_the_last_record_hides_that_record(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, [[Done(1)]]).close()
    start = path.stat().st_size
    write(path, [[Done(1)], [Done(2)]]).close()
    whole = bytearray(path.read_bytes())
    for position in range(start, len(whole)):
        whole[position] ^= 0x10
        path.write_bytes(whole)
        assert forms(Journal(path).read()) == forms([Done(1)]), f"flipped at {position}"
        whole[position] ^= 0x10


def record(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + crc32(body).to_bytes(4, "little") + body


hostile = st.one_of(
    st.binary(max_size=60),
    st.binary(max_size=40).map(record),
    st.recursive(st.none() | st.integers() | st.text() | st.binary(), st.lists, max_leaves=9)
    .filter(lambda value: not isinstance(value, int) or abs(value) < 2**63)
    .map(lambda value: record(_packed(value))),
    st.just(bytes(64)),
    st.just(record(b"\x91" * 5000 + b"\xc0")),
    st.just(b"\xff\xff\xff\xff" + bytes(20)),
)


def _packed(value: object) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except OverflowError:
        return b""


@settings(max_examples=300)
@given(tail=st.lists(hostile, max_size=3))
def test_hostile_bytes_only_end_the_reading(path: Path, tail: list[bytes]) -> None:
    write(path, [[Done(7), Sent(6, "a", 1, [0], closing=False)]]).close()
    with path.open("ab") as file:
        file.write(b"".join(tail))
    assert forms(Journal(path).read())[:2] == forms([Done(7), Sent(6, "a", 1, [0], closing=False)])
    assert Journal(path).newest_sequence() >= 6


def test_a_missing_file_holds_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert list(journal.read()) == []
    assert journal.newest_sequence() == 0


def test_the_newest_number_is_of_the_batches(tmp_path: Path) -> None:
    journal = write(
        tmp_path / "journal", [[Sent(3, "a", 1, [0], closing=False), Done(99)], [Sent(2, "a", 1, [0], closing=True)]]
    )
    assert journal.newest_sequence() == 3
    journal.close()


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    journal = write(tmp_path / "journal", [])
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600
    journal.close()


def interrupted() -> Iterable[Entry]:
    yield Done(5)
    raise KeyboardInterrupt


def test_a_rewrite_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = write(path, [[Done(1)]])
    with pytest.raises(KeyboardInterrupt):
        journal.rewrite(interrupted())
    # What a process that was killed in mid-write leaves is another file, and the next rewrite takes its place.
    path.with_suffix(".new").write_bytes(b"half a rec")
    assert forms(Journal(path).read()) == forms([Done(1)])
    journal.append([Done(2)])
    assert forms(Journal(path).read()) == forms([Done(1), Done(2)])
    journal.rewrite([Done(3)])
    journal.append([Done(4)])
    assert forms(Journal(path).read()) == forms([Done(3), Done(4)])
    assert [file.name for file in tmp_path.iterdir()] == ["journal"]
    journal.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_file_system_raises(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.with_suffix(".new").symlink_to("/dev/full")
    journal = Journal(path)
    with pytest.raises(OSError, match="No space"):
        journal.rewrite([Done(1)])
    assert list(journal.read()) == []
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="descriptor"):
        journal.append([Done(1)])


def test_half_a_record_is_taken_back(tmp_path: Path) -> None:
    """A file system with room for half a record: what is written later must still be found."""
    path = tmp_path / "journal"
    journal = write(path, [[Done(1)]])
    soft, hard = _limit(journal.size + 5)
    try:
        with pytest.raises(OSError, match="No space"):
            journal.append([Done(2)])
    finally:
        _limit(soft, hard)
    journal.append([Done(3)])
    assert forms(Journal(path).read()) == forms([Done(1), Done(3)])
    journal.close()


def _limit(soft: int, hard: int | None = None) -> tuple[int, int]:
    """Let files of this process grow to a size and no further; return the limits that were."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, before[1] if hard is None else hard))
    return before


def test_a_journal_that_is_none_holds_nothing() -> None:
    journal = Unjournaled()
    journal.rewrite([Done(1)])
    journal.append([Done(1)])
    assert list(journal.read()) == []
    assert not journal.wants_rewrite
    journal.close()


SITE = Site(id="example.org", hosts=("example.org",))


def secrets_of(seed: int) -> dict[str, bool]:
    """Return random names, and whether five people of three networks share each."""
    draw = random.Random(seed)
    return {f"{draw.getrandbits(80):020x}": draw.random() < 0.4 for _ in range(20)}


def names_in_file(path: Path, seed: int, make: Callable[[Threshold], Disclosure] = Disclosure) -> set[str]:
    """Count a random day with a journal, and return the secret names that its bytes held at any moment."""
    draw = random.Random(seed)
    secrets = secrets_of(seed)
    ledger = Ledger(Journal(path), lambda _batch: None, itertools.count(1), random_bytes=draw.randbytes)
    ledger.recall([SITE])
    day = ledger.day(SITE, NOON)
    day._disclosure = make(Threshold(SITE.profile.k))
    sendings = [
        (kind, name, sender)
        for name, is_shared in secrets.items()
        for sender in (range(5) if is_shared else range(4))
        for kind in ("page", "source", "country*language")
    ]
    draw.shuffle(sendings)
    seen: set[str] = set()
    for turn, (kind, name, sender) in enumerate(sendings):
        if kind == "country*language":
            day.add((kind, "AT", name), (1,), who(sender, sender))
        else:
            day.add((kind, name), (1,), who(sender, sender), fallback=rare_of((kind, name)))
        day.begin(bytes([sender, turn % 25]))
        ledger.day(SITE, NOON)
        ledger.settle()
        if turn % 11 == 0:
            ledger.flush()
        if turn % 40 == 0:
            ledger._rewrite()
            ledger.refuse(SITE.owner, Refusal.BOT, NOON)
        data = path.read_bytes()
        seen |= {name for name in secrets if name.encode() in data}
    ledger.close()
    return seen


@pytest.mark.parametrize("seed", range(6))
def test_the_file_never_holds_a_name_that_may_not_be_told(tmp_path: Path, seed: int) -> None:
    # The shared names are the control: a search that finds none of them proves nothing.
    shared = {name for name, is_shared in secrets_of(seed).items() if is_shared}
    assert shared
    assert names_in_file(tmp_path / "journal", seed) == shared


def test_the_search_catches_a_leak(tmp_path: Path) -> None:
    shared = {name for name, is_shared in secrets_of(1).items() if is_shared}
    assert names_in_file(tmp_path / "journal", 1, lambda _: Disclosure(Threshold(4))) - shared


def test_a_stack_is_journaled_with_its_group(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    shipped: list[Batch] = []
    ledger = Ledger(Journal(path), shipped.append, itertools.count(1))
    ledger.recall([SITE])
    ledger.day(SITE, NOON).exemplar("g", Exemplar(1, "ValueError", "run", "{}"))
    ledger.settle()
    ledger.close()
    counted = [entry for entry in Journal(path).read() if isinstance(entry, Counted)]
    assert counted[-1].exemplars == [("g", 1, "ValueError", "run", "{}")]
