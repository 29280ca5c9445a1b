"""One real store for the process, a real control database for each test, and the dashboards on top of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dashboards_stage import BREAKDOWNS, FAST, HOSTS, NOW, NUMBERS, VITALS, Clock, Memory, Rows, Stats, snippet
from receivers import Receiver
from starlette.applications import Starlette
from starlette.testclient import TestClient

from collector.diagnostics import LiveDiagnostics
from dashboards.app import build
from dashboards.desk import AlertMeans
from dashboards.way_in import WayIn
from ingest.app import App, Apps
from ingest.boundary.identifiers import find_identifier
from ingest.hits.attributes import visit_attributes
from ingest.hits.catalogue import Catalogue
from ingest.hits.names import Names
from ingest.hits.recent import Recent
from ingest.hits.rehearsal import Rehearsal
from ingest.hits.setups import Setups
from ingest.site import Profile, Site, Sites
from ingest.store.client import Connection, Connector
from ingest.store.control.database import Control
from ingest.store.control.links import make_link
from ingest.store.control.tokens import create_token
from ingest.store.control.users import Role, User, add_user
from ingest.store.migrations import migrate
from ingest.store.reader import Reader

Build = Callable[..., Starlette]


@pytest.fixture(scope="session")
def store(connector: Connector) -> Iterator[Connection]:
    connection = connector.connect()
    migrate(connection)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def reader(connector: Connector, store: Connection) -> Iterator[Reader]:
    reader = Reader(connector)
    yield reader
    reader.close()


@pytest.fixture
def rows(store: Connection) -> Rows:
    return Rows(store)


@pytest.fixture
def live() -> Memory:
    return Memory()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A control database with its tables and nobody in it. To copy one takes a fifth of the time of making one."""
    path = tmp_path_factory.mktemp("control") / "control.db"
    Control.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def control(tmp_path: Path, empty: Path) -> Iterator[Control]:
    control = Control.open(f"sqlite:///{shutil.copy(empty, tmp_path)}")
    yield control
    control.close()


@pytest.fixture
def site() -> Site:
    """A site of a name that no other test uses."""
    return Site(id=f"site{next(NUMBERS)}.example", hosts=("example.org",))


@pytest.fixture
def strict() -> Site:
    return Site(id=f"strict{next(NUMBERS)}.example", hosts=("example.org",), profile=Profile.STRICT)


@pytest.fixture
def app() -> App:
    return App(id=1000 + next(NUMBERS), name="desktop", key="0" * 32)


@pytest.fixture
def sites(site: Site, strict: Site) -> Sites:
    sites = Sites()
    sites.replace(
        [site, strict, Site(id="empty.example", hosts=(), timezone=ZoneInfo("Asia/Tokyo"), demonstration=True)]
    )
    return sites


@pytest.fixture
def apps(app: App) -> Apps:
    apps = Apps()
    apps.replace([app, App(id=999_999, name="silent", key="1" * 32)])
    return apps


@pytest.fixture
def setups() -> Setups:
    return Setups(_rehearsal)


@pytest.fixture
def recent() -> Recent:
    return Recent()


def _rehearsal() -> Rehearsal:
    return Rehearsal(visit_attributes(), Names(Catalogue.open()))


@pytest.fixture
def build_at(
    sites: Sites,
    apps: Apps,
    reader: Reader,
    control: Control,
    live: Memory,
    clock: Clock,
    setups: Setups,
    recent: Recent,
) -> Callable[..., Starlette]:
    def build_at(address: str | WayIn, **others: Any) -> Starlette:
        given: dict[str, Any] = {
            "sites": sites,
            "apps": apps,
            "reader": reader,
            "control": control,
            "live": live,
            "clock": clock,
            "way_in": address if isinstance(address, WayIn) else WayIn(address),
            "breakdowns": BREAKDOWNS,
            "diagnostics": LiveDiagnostics(setups, recent, clock),
            "hosts": HOSTS,
            "snippet": snippet,
            "identifies": lambda text: str(find_identifier(text) or ""),
            "vitals": lambda: VITALS,
            "means": AlertMeans(has_mail=True),
            "hasher": FAST,
        }
        return build(**given | others)

    return build_at


@pytest.fixture
def pages(build_at: Build) -> Starlette:
    return build_at("http://testserver")


@pytest.fixture
def anyone(pages: Starlette) -> Iterator[TestClient]:
    """A browser that is not signed in."""
    with TestClient(pages, follow_redirects=False) as client:
        yield client


@pytest.fixture
def owner(control: Control) -> User:
    return add_user(control, "ada", Role.OWNER)


@pytest.fixture
def member(pages: Starlette, control: Control, owner: User) -> Iterator[TestClient]:
    """A browser that came by a one-time link."""
    with TestClient(pages, follow_redirects=False) as client:
        assert client.get(f"/login/{make_link(control, owner.id, NOW)}").status_code == 303
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes alerts."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def stats(anyone: TestClient, control: Control) -> Stats:
    return Stats(anyone, create_token(control, "test").token)
