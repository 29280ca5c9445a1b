import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.boundary.consent import objects


@pytest.mark.parametrize(
    "header",
    [
        (b"sec-gpc", b"1"),
        (b"dnt", b"1"),
        (b"dnt", b" 1 "),
        (b"cookie", b"logless_opt_out=1"),
        (b"cookie", b"a=b; logless_opt_out=1; c=d"),
        (b"cookie", b"a=b;logless_opt_out=1"),
    ],
)
def test_objects(header: tuple[bytes, bytes]) -> None:
    assert objects([(b"host", b"example.org"), header])


@pytest.mark.parametrize(
    "header",
    [
        (b"sec-gpc", b"0"),
        (b"sec-gpc", b""),
        (b"dnt", b"0"),
        (b"dnt", b"null"),
        (b"dnt", b"11"),
        (b"cookie", b"logless_opt_out=0"),
        (b"cookie", b"logless_opt_out=10"),
        (b"cookie", b"not_logless_opt_out=1"),
        (b"cookie", b"logless_opt_out"),
        (b"x-dnt", b"1"),
    ],
)
def test_does_not_object(header: tuple[bytes, bytes]) -> None:
    assert not objects([(b"host", b"example.org"), header])
    assert not objects([])


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"cookie", b"dnt", b"sec-gpc"]), st.binary(max_size=40)), max_size=5))
def test_an_objection_is_heard_among_any_headers(headers: list[tuple[bytes, bytes]]) -> None:
    assert objects([*headers, (b"sec-gpc", b"1")])
    assert objects([(b"cookie", b"logless_opt_out=1"), *headers])
