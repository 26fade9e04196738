"""Alembic's environment: the database of the settings in force, the tables of app.models."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from app.db import get_engine
from app.models import Account
from app.models.types import UtcDateTime


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our own column types as the plain ones that they rest on: a migration outlives the code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    """Migrate within one transaction; SQLite alters tables by copying them."""
    context.configure(
        connection=connection,
        target_metadata=Account.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with get_engine().begin() as opened:
        run(opened)
