"""Bringing a database that holds people's work to the newest form of the tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from app import config
from app.db import make_engine
from app.migrating import alembic_config, migrate
from tests.databases import postgres_database

MOMENT = "2026-01-02 03:04:05+00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("LOUPE_DATA", str(tmp_path))
    config.get_settings.cache_clear()
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'old.sqlite3'}")
        yield made
        made.dispose()
    else:
        with postgres_database(request.getfixturevalue("postgres_server")) as url:
            made = make_engine(url)
            yield made
            made.dispose()
    config.get_settings.cache_clear()


def bring_to(engine: Engine, revision: str) -> None:
    settings = alembic_config()
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)


def add(connection: Connection, table: str, **values: object) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def test_thresholds_of_old_become_the_first_version_of_their_run(engine: Engine) -> None:
    bring_to(engine, "0001")
    with engine.begin() as connection:
        add(connection, "projects", id=1, name="p", description="", valid_share=0.3, test_share=0, seed=1,
            created_at=MOMENT)  # fmt: skip
        for label in (1, 2):
            add(connection, "labels", id=label, project_id=1, name=f"l{label}", colour="ochre", key=str(label),
                definition="", definition_version=1, position=label, created_at=MOMENT)  # fmt: skip
        add(connection, "jobs", id=1, kind="train", status="succeeded", params="{}", stage="", done=0, total=0,
            created_at=MOMENT, attempt=1, error="", worker="")  # fmt: skip
        add(connection, "runs", id=1, project_id=1, number=1, job_id=1, recipe="quick", config="{}", seed=1,
            labels="[]", versions="{}", is_active=True, loss_curve="[]", notes="[]", evaluation="{}",
            created_at=MOMENT)  # fmt: skip
        for label, value in ((1, 0.25), (2, 0.75)):
            add(connection, "thresholds", run_id=1, label_id=label, value=value, objective="f1", tuned=True,
                set_at=MOMENT)  # fmt: skip
    migrate(engine)
    query = "SELECT version, is_active, label_id, value FROM thresholds JOIN threshold_sets ON set_id = id ORDER BY 3"
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    assert found == [(1, True, 1, 0.25), (1, True, 2, 0.75)]


def test_images_that_were_answered_before_do_not_wait_anew(engine: Engine) -> None:
    bring_to(engine, "0002")
    with engine.begin() as connection:
        add(connection, "projects", id=1, name="p", description="", valid_share=0.3, test_share=0, seed=1,
            created_at=MOMENT)  # fmt: skip
        for image in (1, 2, 3):
            add(connection, "images", id=image, project_id=1, name=str(image), sha256=str(image), size_bytes=1,
                format="JPEG", width=1, height=1, created_at=MOMENT)  # fmt: skip
        for number, (image, view, superseded) in enumerate(
            [(1, "annotate", None), (2, "review", None), (3, "annotate", MOMENT)]
        ):
            add(connection, "annotations", id=number, project_id=1, image_id=image, view=view, comment="",
                created_at=MOMENT, superseded_at=superseded)  # fmt: skip
    migrate(engine)
    with engine.connect() as connection:
        needed = connection.execute(text("SELECT id, opinions, needed FROM images ORDER BY id")).all()
        whole = connection.execute(text("SELECT whole FROM annotations ORDER BY id")).scalars().all()
    assert [tuple(row) for row in needed] == [(1, 1, 0), (2, 1, 1), (3, 1, 1)]
    assert [bool(one) for one in whole] == [True, False, True]
