"""The configuration: what is wrong is named in one line with its remedy, from the file or the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.settings import Settings, SettingsError, read_settings
from collector.values import read_size
from ingest.app import Consent
from ingest.site import Profile

VECTORS = Path(__file__).parent / "vectors" / "wrong_settings.toml"


@dataclass(frozen=True)
class WrongCase:
    text: str
    says: list[str]


CASES = [WrongCase(**case) for case in tomllib.loads(VECTORS.read_text())["case"]]


@pytest.fixture(autouse=True)
def _no_variables() -> Iterator[None]:
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.upper().startswith("LOGLESS_")]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(kept)


def fault_of(folder: Path, text: str = "", **variables: str) -> str:
    """Return what is said about a configuration that cannot be used."""
    file = folder / "logless.toml"
    file.write_text(text)
    os.environ.update(variables)
    with pytest.raises(SettingsError) as error:
        read_settings(file)
    return str(error.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says[0])
def test_what_is_wrong_is_said_in_one_line_with_its_remedy(tmp_path: Path, case: WrongCase) -> None:
    fault = fault_of(tmp_path, case.text)
    assert "\n" not in fault
    for part in case.says:
        assert part in fault
    assert fault.count("logless.toml") == 1
    assert "Input should be a valid dictionary" not in fault


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    assert len(fault_of(tmp_path, '[server]\nport = -1\nhots = "x"\n[[site]]\nid = ""').splitlines()) == 3


def test_a_sound_configuration_becomes_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "logless.toml"
    file.write_text(
        '[server]\nbase_url = "https://stats.example.org/"\n[store]\nurl = "chdb:///srv/logless/data"\n'
        '[[site]]\nid = "Example.org"\n[[site]]\nid = "b"\nhosts = ["B.example", "[::1]"]\nprofile = "strict"\n'
        'timezone = "Europe/Gibraltar"\ngoals = [{ name = "Buy", page = "/thanks" }]\n'
        'funnels = [{ name = "Buying", steps = ["/", "/pricing", "signup"] }]\n'
        '[[app]]\nid = 6\nname = "desktop"\nkey = "0123456789abcdef0123456789abcdef"\ntags = { plan = ["a", "b"] }\n'
    )
    settings = read_settings(file)
    assert settings.server.url == "https://stats.example.org"
    assert settings.control_path == Path("/srv/logless/control.db")
    assert settings.spool_path == Path("/srv/logless/spool")
    first, second = (section.site() for section in settings.site)
    assert (first.hosts, first.profile) == (("example.org",), Profile.STANDARD)
    assert (second.hosts, str(second.timezone), second.profile) == (
        ("b.example", "[::1]"), "Europe/Gibraltar", Profile.STRICT
    )  # fmt: skip
    assert second.goals[0].page == "/thanks"
    assert [(step.page, step.event) for step in second.funnels[0].steps] == [
        ("/", ""), ("/pricing", ""), ("", "signup")
    ]  # fmt: skip
    app = settings.app[0].app()
    assert (app.consent, app.profile, app.tags) == (Consent.EXPLICIT, Profile.STANDARD, {"plan": ("a", "b")})


def test_everything_but_sites_and_apps_has_a_default(tmp_path: Path) -> None:
    file = tmp_path / "logless.toml"
    file.write_text("")
    assert read_settings(file) == Settings()
    assert Settings().server.url == "http://127.0.0.1:8000"


def test_a_missing_file_is_an_error_or_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not there: write one, name it with --config, or try `logless demo`"):
        read_settings(tmp_path / "none.toml")
    assert read_settings(tmp_path / "none.toml", must_exist=False) == Settings()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Is a directory"):
        read_settings(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'[server]\nhost = "\xff"')
    with pytest.raises(SettingsError, match=r"^latin\.toml: "):
        read_settings(tmp_path / "latin.toml")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "logless.toml"
    file.write_text('[server]\nport = 8001\nhost = "::1"')
    os.environ["LOGLESS_SERVER__PORT"] = "9001"
    os.environ["LOGLESS_SERVER__TRUSTED_PROXIES"] = '["10.0.0.0/8"]'
    os.environ["logless_limits__per_sender"] = "7"  # noqa: SIM112  in whatever case
    os.environ["LOGLESS_CONFIG"] = "elsewhere.toml"
    settings = read_settings(file)
    assert (settings.server.port, settings.server.host) == (9001, "::1")
    assert settings.server.trusted_proxies == ["10.0.0.0/8"]
    assert settings.limits.per_sender == 7


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LOGLESS_SERVER__PORT", "x", "LOGLESS_SERVER__PORT: server.port: "),
        ("LOGLESS_SERVER__PROT", "1", 'LOGLESS_SERVER__PROT: unknown key "server.prot"'),
        ("LOGLESS_SERVR__PORT", "1", 'LOGLESS_SERVR__PORT: unknown section "servr"'),
        ("LOGLESS_SERVER__TRUSTED_PROXIES", "10.0.0.0/8", "LOGLESS_SERVER__TRUSTED_PROXIES: not JSON: write a list"),
        ("LOGLESS_SITE", "example.org", "LOGLESS_SITE: not JSON"),
    ],
)
def test_a_fault_of_the_environment_names_its_variable(tmp_path: Path, name: str, value: str, says: str) -> None:
    fault = fault_of(tmp_path, "", **{name: value})
    assert fault.startswith(says)
    assert "\n" not in fault


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("1", 1), ("12B", 12), ("64KiB", 65_536), (" 1 mib ", 1 << 20), ("2GIB", 2 << 30), ("007 KiB", 7_168)],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert read_size(text) == size


@given(st.one_of(st.text(max_size=20), st.from_regex(r"\s*[0-9]{1,20}\s*[KMGkmg]?i?B?\s*", fullmatch=True)))
@example("9" * 5_000)
@example("٣KiB")
@example("1e3")
def test_a_size_is_a_count_of_bytes_or_a_value_error(text: str) -> None:
    try:
        size = read_size(text)
    except ValueError as error:
        fault = str(error)
    else:
        assert 0 <= size < 1 << 81
        assert text.strip()[0] in "0123456789"
        return
    assert "not a size: write a number" in fault


@given(st.integers(0, 10**12), st.sampled_from(["B", "KiB", "MiB", "GiB"]))
def test_a_size_that_was_written_is_the_size_that_is_read(number: int, unit: str) -> None:
    assert read_size(f"{number}{unit}") == number * {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]


def test_a_line_of_the_file_of_hosting_networks_that_is_none_is_named(tmp_path: Path) -> None:
    ranges = tmp_path / "ranges.txt"
    ranges.write_text("# clouds\n20.0.0.0/11\n\n2a01:4f8::/32  # Falkenstein\n")
    text = f'[privacy]\nhosting = "{ranges}"'
    file = tmp_path / "logless.toml"
    file.write_text(text)
    assert len(read_settings(file).privacy.hosting_ranges()) == 2
    ranges.write_text("20.0.0.0/11\nclouds\n")
    assert fault_of(tmp_path, text).startswith(f'logless.toml: privacy.hosting: {ranges}: line 2: "clouds" is not a')
    ranges.write_bytes(b"\xff\xfe")
    assert "it is no text" in fault_of(tmp_path, text)
