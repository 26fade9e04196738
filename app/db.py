"""Engine, sessions and the one place that commits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from app.config import get_settings

# Named constraints, so that migrations can address them on every database.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Two writers at once wait for each other this long before one is told that the database is busy.
SQLITE_BUSY_MS = 15_000
# As many connections as the web server has threads for requests, so that none waits for one.
POOL: dict[str, int] = {"pool_size": 20, "max_overflow": 20}

_TURNS = threading.Lock()


class Base(DeclarativeBase):
    """What every table derives from."""

    metadata = MetaData(naming_convention=NAMING)


def make_engine(url: str) -> Engine:
    """Make an engine; SQLite gets WAL, foreign keys, a busy timeout and explicit transactions."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, **POOL)
    engine = create_engine(url, connect_args={"check_same_thread": False}, **POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: _begin_sqlite does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer halfway fails at once when another has written: writers say so from the start.
    writes = connection.get_execution_options().get("loupe_writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@lru_cache(maxsize=1)
def get_engine() -> Engine:
    """Make the engine of this process once."""
    return make_engine(get_settings().database)


@contextmanager
def session_scope(*, writes: bool = True, engine: Engine | None = None) -> Iterator[Session]:
    """Open one transaction: commit at the end, roll back on any error.

    Nothing else in Loupe commits. A session that only reads (`writes=False`) never waits for a writer.
    """
    bind: Any = engine or get_engine()
    if not writes:
        bind = bind.execution_options(loupe_writes=False)
    with Session(bind, expire_on_commit=False, info={"writes": writes}) as session:
        try:
            yield session
        except BaseException:
            # What was loaded stays readable, for instance by the page that says what went wrong.
            session.expunge_all()
            session.rollback()
            raise
        session.commit()


def is_sole_writer(session: Session) -> bool:
    """Tell whether no other transaction can write until this one ends, so that rows need no lock.

    SQLite lets one write at a time, from the moment its transaction begins: this begins it.
    """
    return session.connection().dialect.name == "sqlite"


@contextmanager
def turn_scope() -> Iterator[Session]:
    """Open a short writing transaction when it is one's turn; for what dozens of people do at once.

    Who waits for SQLite tries again now and then, and may be out of luck for long: within this process people come one
    after the other. It must begin and end within one function, and open no other one.
    """
    turn = _TURNS if get_engine().dialect.name == "sqlite" else nullcontext()
    with turn, session_scope() as session:
        yield session
