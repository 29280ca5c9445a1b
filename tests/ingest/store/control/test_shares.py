from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.store.control.database import Control, ControlError
from ingest.store.control.shares import (
    GUEST_DAYS,
    Share,
    admit_guest,
    create_share,
    drop_ended,
    drop_shares,
    find_share,
    list_shares,
    read_guest,
    revoke_share,
)

DAY = 86_400
NOW = 20_000 * DAY + 50_000.0
TODAY = date(1970, 1, 1) + timedelta(days=20_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


@pytest.fixture
def control(path: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{path}")
    yield control
    control.close()


def test_a_link_is_found_by_its_secret_which_is_kept_nowhere(control: Control, path: Path) -> None:
    share, secret = create_share(control, " Board ", site="a.example", password="argon", ends=TODAY)
    assert find_share(control, secret, NOW) == (share, "argon")
    assert (share.name, share.owner, share.has_password) == ("Board", "a.example", True)
    assert find_share(control, secret[:-1], NOW) is None
    assert find_share(control, "", NOW) is None
    assert secret.encode() not in path.read_bytes()
    assert list_shares(control) == [share]


def test_it_ends_after_its_last_day(control: Control) -> None:
    share, secret = create_share(control, "Board", app=6, ends=TODAY)
    guest = admit_guest(control, share, NOW)
    assert read_guest(control, guest, NOW + DAY - NOW % DAY - 1) == share
    assert find_share(control, secret, NOW + DAY) is None
    assert read_guest(control, guest, NOW + DAY) is None
    drop_ended(control, NOW)
    assert list_shares(control) == [share]
    drop_ended(control, NOW + DAY)
    assert list_shares(control) == []


def test_a_link_without_end_stays_and_its_browsers_come_again_each_week(control: Control) -> None:
    share, secret = create_share(control, "Board", app=6)
    guest = admit_guest(control, share, NOW)
    assert read_guest(control, guest, NOW + GUEST_DAYS * DAY) == share
    assert read_guest(control, guest, NOW + (GUEST_DAYS + 1) * DAY) is None
    assert find_share(control, secret, NOW + 9_999 * DAY) is not None
    drop_ended(control, NOW + 9_999 * DAY)
    assert list_shares(control) == [share]


def test_revoking_shuts_out_whoever_came_by_it(control: Control) -> None:
    share, secret = create_share(control, "Board", site="a.example")
    other, _ = create_share(control, "Other", site="a.example")
    guest, stays = admit_guest(control, share, NOW), admit_guest(control, other, NOW)
    assert revoke_share(control, share.id) == share
    assert revoke_share(control, share.id) is None
    assert read_guest(control, guest, NOW) is None
    assert find_share(control, secret, NOW) is None
    assert read_guest(control, stays, NOW) == other
    drop_shares(control, "a.example")
    assert read_guest(control, stays, NOW) is None


@pytest.mark.parametrize(
    ("parts", "is_covered"),
    [({"site": "a.example"}, True), ({"site": "b.example"}, False), ({}, False), ({"app": 6}, False),
     ({"site": "a.example", "panel": "pages"}, True), ({"site": "a.example", "app": 6}, False),
     ({"site": "A.example"}, False), ({"site": None}, False)],
)  # fmt: skip
def test_a_link_covers_what_it_shows_and_nothing_else(parts: Mapping[str, object], is_covered: bool) -> None:
    assert Share(1, "x", "a.example", None, has_password=False, ends=None).covers(parts) is is_covered


def test_a_link_to_an_app_covers_that_app() -> None:
    share = Share(1, "x", None, 6, has_password=False, ends=None)
    assert share.covers({"app": 6, "group": "a"})
    assert not any(share.covers(parts) for parts in ({"app": 7}, {"site": "6"}, {"app": "6"}, {"app": None}, {}))


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\u202e", "x" * 101])
def test_unusable_names_are_refused(control: Control, name: str) -> None:
    with pytest.raises(ControlError, match="1 to 100 printable"):
        create_share(control, name, app=6)


def test_a_link_shows_one_thing(control: Control) -> None:
    for site, app in ((None, None), ("a.example", 6)):
        with pytest.raises(ControlError, match="one site or one app"):
            create_share(control, "x", site=site, app=app)
