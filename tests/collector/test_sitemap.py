"""Sitemaps become declared pages, from files on this machine alone; hostile ones are refused by name."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.settings import SettingsError, read_settings
from collector.sitemap import MOST_BYTES, MOST_URLS, Sitemap, read_sitemap
from ingest.hits.location import Location
from ingest.hits.paths import Paths

SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
BEGIN = '<?xml version="1.0" encoding="UTF-8"?>\n'


def urlset(*urls: str, space: str = f' xmlns="{SPACE}"') -> str:
    return f"{BEGIN}<urlset{space}>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</urlset>"


def index(*urls: str) -> str:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f'{BEGIN}<sitemapindex xmlns="{SPACE}">{entries}</sitemapindex>'


def write(folder: Path, text: str, name: str = "sitemap.xml") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ValueError, match=path.name.replace(".", r"\.")) as error:
        read_sitemap(path)
    return str(error.value)


@pytest.mark.parametrize("name", ["sitemap.xml", "sitemap.xml.gz"])
@pytest.mark.parametrize("space", [f' xmlns="{SPACE}"', ""])
def test_a_sitemap_lists_its_urls(tmp_path: Path, name: str, space: str) -> None:
    text = urlset(
        "https://example.org/a", " https://example.org/b?x=1&amp;y=2 \n", "https://example.org/a", space=space
    )
    assert read_sitemap(write(tmp_path, text, name)).urls == {"https://example.org/a", "https://example.org/b?x=1&y=2"}


def test_what_else_is_in_a_sitemap_is_passed_over(tmp_path: Path) -> None:
    text = (
        f'{BEGIN}<urlset xmlns="{SPACE}" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        "<!-- https://example.org/comment --><loc>https://example.org/stray</loc><url><priority>1</priority>"
        "<loc>https://example.org/<![CDATA[a]]></loc><lastmod>2026-11-01</lastmod>"
        "<image:image><image:loc>https://example.org/a.png</image:loc></image:image></url></urlset>"
    )
    assert read_sitemap(write(tmp_path, text)).urls == {"https://example.org/a"}


def test_an_index_is_followed_to_the_files_beside_it(tmp_path: Path) -> None:
    write(tmp_path, urlset("https://example.org/a"), "posts.xml")
    write(tmp_path, urlset("https://example.org/b"), "pages.xml.gz")
    listed = write(tmp_path, index("https://example.org/maps/posts.xml", "https://example.org/pages.xml.gz?v=2"))
    assert read_sitemap(listed).urls == {"https://example.org/a", "https://example.org/b"}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/", "https://example.org/..", "https://example.org/%2e%2e", "../outside.xml%2F",
        "https://example.org/a%2F..%2F..%2Foutside.xml", "https://example.org/a%00b", "",
    ],
)  # fmt: skip
def test_an_index_cannot_reach_out_of_its_folder(tmp_path: Path, url: str) -> None:
    write(tmp_path, urlset("https://example.org/outside"), "outside.xml")
    (tmp_path / "maps").mkdir()
    assert "has no file name" in refusal(write(tmp_path / "maps", index(url)))


def test_an_index_finds_only_the_last_part_of_an_address(tmp_path: Path) -> None:
    write(tmp_path, urlset("https://example.org/outside"), "outside.xml")
    (tmp_path / "maps").mkdir()
    listed = write(tmp_path / "maps", index("https://example.org/../outside.xml"))
    with pytest.raises(ValueError, match=r"outside\.xml cannot be read: No such file"):
        read_sitemap(listed)
    write(tmp_path / "maps", index("https://example.org/sitemap.xml"), "nested.xml")
    write(tmp_path / "maps", index("https://example.org/nested.xml"))
    with pytest.raises(ValueError, match=r"nested\.xml is no sitemap: an index may list nothing else"):
        read_sitemap(listed)


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "kind",
    [
        f'<!DOCTYPE urlset [<!ENTITY a0 "ha">{BOMB}]>', "<!DOCTYPE urlset>",
        '<!DOCTYPE urlset [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE urlset SYSTEM "http://192.0.2.1/evil.dtd">',
    ],
)  # fmt: skip
def test_a_document_type_is_refused_before_any_entity_is_expanded(tmp_path: Path, kind: str) -> None:
    body = urlset("https://example.org/&a9;").removeprefix(BEGIN)
    begun = time.process_time()
    assert "has a document type" in refusal(write(tmp_path, BEGIN + kind + body))
    assert time.process_time() - begun < 1
    # The control: without the document type the entity is what is wrong.
    assert "is not XML: line 2" in refusal(write(tmp_path, BEGIN + body))


def test_a_file_that_unpacks_to_too_much_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "sitemap.xml.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(f'{BEGIN}<urlset xmlns="{SPACE}">'.encode())
        for _ in range((MOST_BYTES >> 20) + 1):
            file.write(b" " * (1 << 20))
    tracemalloc.start()
    assert "is larger than 50 MiB" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 5 << 20
    tracemalloc.stop()


def test_a_sitemap_holds_as_many_urls_as_the_protocol_lets_it(tmp_path: Path) -> None:
    urls = [f"https://example.org/{n}" for n in range(MOST_URLS)]
    assert len(read_sitemap(write(tmp_path, urlset(*urls))).urls) == MOST_URLS
    assert "lists more than 50,000 URLs" in refusal(write(tmp_path, urlset(*urls, "https://example.org/x")))


def test_an_index_that_lists_too_much_is_refused(tmp_path: Path) -> None:
    write(tmp_path, urlset("https://example.org/a", "https://example.org/b"), "a.xml")
    write(tmp_path, urlset("https://example.org/c", "https://example.org/d"), "b.xml")
    both = write(tmp_path, index("https://example.org/a.xml", "https://example.org/b.xml"))
    assert len(read_sitemap(both, most=4).urls) == 4
    with pytest.raises(ValueError, match=r"sitemap\.xml lists more than 3 pages: declare globs instead"):
        read_sitemap(both, most=3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not XML"), ("<urlset>", "is not XML"), ("{}", "is not XML"), ("<html></html>", "is no sitemap"),
        ('<urlset xmlns="http://other.example"></urlset>', "is no sitemap"),
        ("\x1f\x8b not gzip", "is not a whole gzip"),
    ],
)  # fmt: skip
def test_what_is_no_sitemap_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "sitemap.xml"
    path.write_bytes(text.encode("latin-1"))
    assert says in refusal(path)
    assert "cannot be read: No such file" in refusal(tmp_path / "none.xml")
    assert "cannot be read: Is a directory" in refusal(tmp_path)


@given(st.binary(max_size=300), st.booleans())
@example(b"<urlset><url><loc>" + b"a" * 5_000, True)
def test_any_bytes_are_read_or_refused(content: bytes, packed: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.xml"
        path.write_bytes(gzip.compress(content) if packed else content)
        try:
            assert isinstance(read_sitemap(path), Sitemap)
        except ValueError as error:
            assert path.name in str(error)  # noqa: PT017  either is right


def test_names_are_those_that_hits_have_and_other_hosts_are_left_out() -> None:
    urls = (
        "https://example.org/", "https://www.example.org/caf%C3%A9", "https://example.org/find?page=2&session=1",
        "https://example.org/star*", "https://example.org", "http://example.org/u/bob@mail.example", "https://evil.example/x",
        "not a url",
    )  # fmt: skip
    hosts, params = ("example.org", "www.example.org"), ("page",)
    pages = Sitemap(frozenset(urls)).pages(hosts, params)
    assert pages == {"/", "/café", "/find?page=2", "/star*", "/u/bob@mail.example"}


def test_a_site_declares_the_pages_of_its_sitemap(tmp_path: Path) -> None:
    """The file lies beside the configuration; it is read again with it, and a literal there is free, a `*` no glob."""
    write(tmp_path, urlset("https://example.org/listed", "https://example.org/star*", "https://other.example/x"))
    config = tmp_path / "logless.toml"
    config.write_text('[[site]]\nid = "example.org"\npages = ["/blog/*"]\nsitemap = "sitemap.xml"\n')

    def is_free(path: str) -> bool:
        site = read_settings(config).site[0].site()
        return Paths().page(Location.read(f"https://example.org{path}"), site, keeps_fragment=False).free

    assert [is_free(path) for path in ("/listed", "/star*", "/stars", "/x", "/other")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    write(tmp_path, urlset("https://example.org/other"))
    assert [is_free(path) for path in ("/listed", "/other")] == [False, True]
    write(tmp_path, "<html/>")
    with pytest.raises(
        SettingsError, match=r'^logless\.toml: site "example\.org": sitemap: .*sitemap\.xml is no sitemap'
    ):
        read_settings(config)
