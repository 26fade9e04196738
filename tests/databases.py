"""Databases of a test's own in a PostgreSQL server."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text


def execute(server: str, statement: str) -> None:
    """Run a statement outside any transaction, as making a database needs it."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def address_of(server: str, name: str) -> str:
    """Give the URL of one database of a server."""
    head, question, query = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{query}"


@contextmanager
def postgres_database(server: str, template: str | None = None) -> Iterator[str]:
    """Make a database, empty or as a copy, and drop it afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    execute(server, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    yield address_of(server, name)
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')
