"""The migrations lead to exactly the tables that the code describes, on both databases."""

from pathlib import Path

from alembic import command

from app.migrating import alembic_config


def test_migrations_and_tables_agree(loupe: Path) -> None:
    command.check(alembic_config())
