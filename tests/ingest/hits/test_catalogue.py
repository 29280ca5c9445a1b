"""The lists of hosts: built from the packages that the README names, well formed, and found by the nearest parent."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hits_door import SITE, catalogue
from hypothesis import given
from hypothesis import strategies as st

from ingest.hits import data
from ingest.hits.catalogue import Catalogue, Kind
from ingest.hits.clicks import CLICKS
from ingest.hits.data.build import SOURCES, SPAM, build, sources_text, spam_text
from ingest.hits.domains import domains, find, plain
from ingest.hits.sources import is_spam
from ingest.site import Site

FOLDER = Path(data.__file__).parent
CATALOGUE = catalogue()
LISTS = ("sources.txt", "additions.txt", "bounces.txt")


@pytest.mark.node
def test_built_lists_are_what_the_packages_hold(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine: the committed lists were not built again")
    done = subprocess.run(
        [npm, "pack", "--prefer-offline", "--silent", SOURCES.spec, SPAM.spec],
        check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    build(tmp_path, tmp_path)
    for name in ("sources.txt", "spam.txt"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_another_tarball_than_was_looked_at_is_refused(tmp_path: Path) -> None:
    (tmp_path / SOURCES.tarball).write_bytes(b"x")
    with pytest.raises(ValueError, match="is not the package"):
        build(tmp_path, tmp_path)


def test_building_leaves_away_what_no_host_is() -> None:
    listed = {
        "www.Search.example": {"medium": "search", "source": "Search"},
        "search.example/images": {"medium": "search", "source": "Images"},
        "word": {"medium": "social", "source": "Word"},
        "ads.example": {"medium": "paid", "source": "Ads"},
        "else.example": {"medium": "unknown", "source": "Else"},
    }
    assert (
        sources_text(listed)
        == "ads | Ads | ads.example\nother | Else | else.example\nsearch | Search | search.example\n"
    )
    assert (
        spam_text(["b.example", "www.a.example", "x.b.example", "xb.example"]) == "a.example\nb.example\nxb.example\n"
    )


def test_the_readme_names_the_packages_and_what_they_hash_to() -> None:
    readme = (FOLDER / "README.md").read_text()
    for package in (SOURCES, SPAM):
        assert f"`{package.name}` {package.version} | `{package.integrity}`" in readme
        assert package.spec in readme


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_well_formed_and_says_nothing_twice(name: str) -> None:
    lines = [line for line in (FOLDER / name).read_text().splitlines() if line and not line.startswith("#")]
    words = [word for line in lines for word in line.split(" | ")[2].split()]
    assert len(words) > 100
    assert [word for word in words if plain(word) != word or "/" in word] == []
    assert {word for word in words if words.count(word) > 1} == set() or name == "sources.txt"
    kinds = {line.split(" | ")[0] for line in lines}
    assert kinds <= ({"payment", "login"} if name == "bounces.txt" else set(Kind))


def test_lists_hold_what_they_should() -> None:
    assert len(CATALOGUE.hosts) > 1_500
    assert len(CATALOGUE.spam) > 250
    assert {known.kind for known in CATALOGUE.hosts.values()} == set(Kind)
    # Hosts that everybody knows are no spam, and no bounce.
    for host in ("google.com", "github.com", "reddit.com", "wikipedia.org", "amazon.com", "stripe.com"):
        assert not CATALOGUE.is_spam(host)
        assert not CATALOGUE.is_bounce(host)


def test_every_click_identifier_names_a_source_that_is_known() -> None:
    named = {click.source for click in CLICKS.values() if click.source}
    assert len(named) > 10
    assert [tag for tag in named if CATALOGUE.tag(tag) is None] == []


labels = st.lists(st.text(alphabet="abcxyz01-", min_size=1, max_size=8), min_size=1, max_size=6)


@given(labels, labels)
def test_a_host_is_found_by_its_nearest_parent_and_by_no_other_ending(child: list[str], parent: list[str]) -> None:
    host, above = ".".join([*child, *parent]), ".".join(parent)
    assert find(host, {above: "above"}) == "above"
    assert find(host, {above: "above", host: "itself"}) == "itself"
    assert find("x" + above, {above: "above"}) is None
    assert find(above, {host: "itself"}) is None


def test_a_host_of_ten_thousand_labels_costs_no_more_than_one_of_127() -> None:
    looked: list[str] = []

    class Table(dict[str, str]):
        def get(self, key: str, _: object = None) -> None:  # type: ignore[override]
            looked.append(key)

    assert find(".".join("a" * 10_000), Table()) is None
    assert len(looked) == 127


def test_what_the_operator_named_is_no_spam() -> None:
    spammer = next(iter(CATALOGUE.spam))
    assert is_spam(spammer, SITE, CATALOGUE)
    assert is_spam(f"a.{spammer}", SITE, CATALOGUE)
    assert not is_spam(f"x{spammer}", SITE, CATALOGUE)
    assert not is_spam("", SITE, CATALOGUE)
    for named in (
        Site("s", ("s.example",), referrers=frozenset({spammer})),
        Site("s", (), partners=frozenset({spammer})),
    ):
        assert not is_spam(spammer, named, CATALOGUE)


def test_a_list_of_the_operators_own_adds_to_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "spammers.txt"
    own.write_text("# Matomo's, as it is\nWWW.Own-Spam.example\n\n.\nbücher.example\n", encoding="utf-8")
    both = Catalogue.open(own)
    assert both.is_spam("own-spam.example")
    assert both.is_spam("xn--bcher-kva.example"), "browsers send it so"
    assert not CATALOGUE.is_spam("own-spam.example")
    assert both.spam == {**CATALOGUE.spam, **domains(["own-spam.example", "bücher.example"])}
