"""A deleted site is gone: from the store, from the journal, and from what the server still held in memory."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from running import PLAIN, running

from collector.scan import scan
from ingest.store.control.annotations import add_annotation
from ingest.store.control.database import Control
from ingest.store.control.reviews import Finding, Status, add_review
from ingest.store.control.shares import create_share
from ingest.store.control.tokens import create_token
from ingest.store.control.users import Role, add_user

GONE = "gone-4f71.example"
STAYS = "stays-9c02.example"

SECTIONS = "".join(
    f'[[site]]\nid = "{name}"\nprofile = "{profile}"\npages = ["/kept"]\n'
    for name, profile in ((GONE, "standard"), (STAYS, "standard"))
)


def administer(path: Path) -> None:
    """Write a review, an annotation, a shared link and a token for each site."""
    control = Control.open(f"sqlite:///{path}")
    somebody = add_user(control, "somebody", Role.EDITOR)
    for site in (GONE, STAYS):
        add_annotation(control, site, date(2026, 11, 21), f"Launch of {site}", lambda _: "")
        create_share(control, f"Board of {site}", site=site)
        create_token(control, f"Program of {site}", site=site)
        add_review(
            control, site, "forum.example", Finding("", Status.ACCURATE, "", None), somebody.id, date(2026, 11, 21)
        )
    control.close()


def test_nothing_of_a_deleted_site_is_left_and_the_others_stay(tmp_path: Path) -> None:
    with running(tmp_path, PLAIN + SECTIONS) as logless:
        token = logless.token()
        for site in (GONE, STAYS):
            for number in range(1, 60):
                assert logless.hit(f"45.{number}.7.9", f"http://{site}/kept", site=site).status == 202
        administer(tmp_path / "control.db")
        places = [tmp_path / "data", tmp_path / "spool", tmp_path / "control.db", logless.runtime]
        # The control: before the deletion, the site is in the journal, in the store, or in both.
        assert scan(places, [GONE])["found"]
        assert logless.run("site", "delete", GONE, "--yes").returncode == 0
        logless.stop()
        logless.start()
        assert logless.query(token, site_id=STAYS, metrics=["visits"]) == [{"dimensions": [], "metrics": [59]}]
        logless.stop()
        assert scan(places, [STAYS])["found"]
        assert scan(places, [GONE])["found"] == []
