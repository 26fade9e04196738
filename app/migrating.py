"""Bringing a database to the newest form of the tables."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from app.config import ROOT, get_settings
from app.db import get_engine


def alembic_config() -> Config:
    """Point Alembic at the migrations; no ini file is needed."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(engine: Engine | None = None) -> None:
    """Apply every migration that the database lacks."""
    get_settings().data.mkdir(parents=True, exist_ok=True)
    config = alembic_config()
    with (engine or get_engine()).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
