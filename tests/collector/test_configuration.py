"""Edits of logless.toml keep what its owner wrote, and bad ones change no byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.configuration import add_checked, add_section, remove_section
from collector.settings import SettingsError, read_settings

OWNERS = """# Our statistics. Ask Bob before changing anything.
[server]
port = 8123   # behind the proxy

[[site]]
id = "example.org"        # the main one
hosts = [
    "example.org",
    "www.example.org",    # until the redirect is there
]

[[app]]
id = 6
name = "desktop"
key = "0123456789abcdef0123456789abcdef"

# The end.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "logless.toml"
    path.write_text(OWNERS)
    return path


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("site", {"id": "shop.example", "hosts": ["shop.example"], "profile": "plain"}),
        ("app", {"id": 7, "name": "mobile", "key": "f" * 32}),
    ],
)
def test_a_section_is_added_and_removed_and_all_else_stays(file: Path, kind: str, values: dict[str, object]) -> None:
    file.chmod(0o640)
    settings = add_checked(file, kind, values)
    text = file.read_text()
    assert values["id"] in [section.id for section in getattr(settings, kind)]
    for line in lines_of(OWNERS):
        assert line in text
    order = [text.index(line) for line in lines_of(OWNERS) if line != "]" and not line.startswith("[[")]
    assert order == sorted(order)
    assert file.stat().st_mode & 0o777 == 0o640
    assert remove_section(file, kind, values["id"])  # type: ignore[arg-type]
    assert lines_of(file.read_text()) == lines_of(OWNERS)
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["logless.toml"]


def test_a_section_of_a_kind_that_was_not_there_can_go_again(tmp_path: Path) -> None:
    file = tmp_path / "logless.toml"
    before = "# nothing yet\n[server]\nport = 1\n"
    file.write_text(before)
    add_checked(file, "site", {"id": "a.example"})
    assert [site.id for site in read_settings(file).site] == ["a.example"]
    assert remove_section(file, "site", "a.example")
    assert read_settings(file).site == []
    assert lines_of(file.read_text()) == lines_of(before)


def test_sections_that_alternate_keep_their_places(tmp_path: Path) -> None:
    file = tmp_path / "logless.toml"
    key = 'key = "0123456789abcdef0123456789abcdef"'
    file.write_text(
        f'[[site]]\nid = "a"\n\n[[app]]\nid = 1\nname = "x"\n{key}\n\n'
        '[[site]]\nid = "b"  # second\n\n[metrics]\ntoken = "t"\n'
    )
    settings = add_checked(file, "site", {"id": "c"})
    assert [site.id for site in settings.site] == ["a", "b", "c"]
    assert settings.metrics.token == "t"
    assert "# second" in file.read_text()
    assert remove_section(file, "site", "a")
    assert [site.id for site in read_settings(file).site] == ["b", "c"]
    assert read_settings(file).app[0].name == "x"


def test_a_file_is_begun_when_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "new" / "logless.toml"
    assert [site.id for site in add_checked(file, "site", {"id": "a.example"}).site] == ["a.example"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("site", {"id": "example.org"}),
        ("site", {"id": "a b"}),
        ("site", {"id": "x", "timezone": "Nowhere"}),
        ("site", {"id": "x", "profile": "loose"}),
        ("site", {"id": "x", "pages": ["["]}),
        ("app", {"id": 6, "name": "again", "key": "f" * 32}),
        ("app", {"id": 8, "name": "", "key": "f" * 32}),
    ],
)
def test_bad_values_leave_the_file_as_it_was(file: Path, kind: str, values: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        add_checked(file, kind, values)
    assert file.read_text() == OWNERS
    assert [path.name for path in file.parent.iterdir()] == ["logless.toml"]


def test_bad_values_leave_no_file_where_none_was(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        add_checked(tmp_path / "logless.toml", "site", {"id": "a b"})
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_not_removed(file: Path) -> None:
    assert not remove_section(file, "site", "elsewhere.example")
    assert not remove_section(file, "goal", "x")
    assert file.read_text() == OWNERS


def test_sites_written_in_one_line_can_be_added_to(tmp_path: Path) -> None:
    file = tmp_path / "logless.toml"
    file.write_text('site = [{ id = "a" }, { id = "b" }]  # short\n')
    assert [site.id for site in add_checked(file, "site", {"id": "c"}).site] == ["a", "b", "c"]
    assert "# short" in file.read_text()
    assert remove_section(file, "site", "b")
    assert [site.id for site in read_settings(file).site] == ["a", "c"]


def test_a_section_is_added_as_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "logless.toml"
    add_section(file, "site", {"id": 'with "quotes"', "pages": ["/a", "/b"]})
    assert file.read_text().splitlines() == ["[[site]]", "id = 'with \"quotes\"'", 'pages = ["/a", "/b"]'] or (
        'id = "with \\"quotes\\""' in file.read_text()
    )
