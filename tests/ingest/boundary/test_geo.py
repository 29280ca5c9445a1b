import hashlib
import re
from pathlib import Path

import pytest

from ingest.boundary.address import Address
from ingest.boundary.geo import Countries, CountriesError, shipped


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("8.8.8.8", "US"),
        ("45.83.220.7", "SE"),
        ("193.0.6.139", "NL"),
        ("2a03:1b20:5:f011::a01f", "SE"),
        ("2001:4860:4860::8888", "US"),
        ("::ffff:193.0.6.139", "NL"),
        ("2002:c100:68b::1", "NL"),
        ("10.1.2.3", ""),
        ("100.64.1.1", ""),
        ("2001:db8::1", ""),
        ("unreadable", ""),
    ],
)
def test_country(text: str, code: str) -> None:
    with Countries.open() as countries:
        assert Address.read(text).country(countries) == code


def test_a_truncated_address_has_an_approximate_country() -> None:
    with Countries.open() as countries:
        assert Address.read("8.8.8.8").truncated().country(countries) == "US"
        assert Address.read("198.51.100.7").truncated().country(countries) == ""


def test_the_shipped_file_is_whole_and_the_one_its_readme_names() -> None:
    assert Countries.check(shipped()) > 300_000
    readme = (shipped().parent / "README.md").read_text(encoding="utf-8")
    written = re.search(r"sha256 of the file \| `([0-9a-f]{64})`", readme)
    assert written is not None
    assert hashlib.sha256(shipped().read_bytes()).hexdigest() == written[1]
    assert "Public Domain Dedication" in readme


def test_another_file_takes_its_place(tmp_path: Path) -> None:
    other = tmp_path / "other.mmdb"
    other.write_bytes(shipped().read_bytes())
    with Countries.open(other) as countries:
        assert Address.read("8.8.8.8").country(countries) == "US"


def refused(path: Path) -> str:
    with pytest.raises(CountriesError) as error:
        Countries.check(path)
    return str(error.value)


def test_a_file_that_is_none_is_refused_with_a_remedy(tmp_path: Path) -> None:
    assert "no such country database" in refused(tmp_path / "absent.mmdb")
    text = tmp_path / "text.mmdb"
    text.write_text("not a database")
    assert "not a country database" in refused(text)
    empty = tmp_path / "empty.mmdb"
    empty.touch()
    assert "not a country database" in refused(empty)
    assert "give an MMDB file" in refused(tmp_path)


def test_a_corrupt_file_is_refused_by_check_and_answers_nothing_meanwhile(tmp_path: Path) -> None:
    whole = shipped().read_bytes()
    corrupt = tmp_path / "corrupt.mmdb"
    # the tree stays, the data it points to is overwritten with pointers to nowhere; the metadata at the end stays
    marker = whole.rindex(b"\xab\xcd\xefMaxMind.com")
    corrupt.write_bytes(whole[: marker - 4096] + b"\x3f\xff" * 2048 + whole[marker:])
    assert "give an MMDB file" in refused(corrupt)
    with Countries.open(corrupt) as countries:
        for text in ("8.8.8.8", "45.83.220.7", "2001:4860:4860::8888"):
            assert Address.read(text).country(countries) == ""


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "asn.mmdb"
    other.write_bytes(shipped().read_bytes().replace(b"country_code", b"network_name"))
    assert "records name a country" in refused(other)
