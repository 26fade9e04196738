"""The course of macro-F1 over all runs: a page, a part of the comparison's page, and a table."""

import csv
import io
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account
from app.routes.run_history import history_chart
from app.services import run_history
from tests.factories import AccountFactory, MemberFactory, ProjectFactory
from tests.run_factory import World, make_run, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    made = make_world(session)
    make_run(
        session,
        made.project,
        made.labels,
        made.images,
        made.splits,
        made.truth,
        made.probabilities,
        number=2,
        active=False,
    )
    session.commit()
    return made


def address(world: World) -> str:
    return f"/projects/{world.project.id}/compare/history"


def test_the_page_and_the_part_show_every_run(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    page = client.get(address(world))
    part = client.get(address(world), headers={"HX-Request": "true"})
    assert (page.status_code, part.status_code) == (200, 200)
    for text in (page.text, part.text):
        assert f"/projects/{world.project.id}/runs/2/report" in text
        assert "20 validation images are known to all runs" in text
    assert "<html" in page.text
    assert "<html" not in part.text


def test_the_table_holds_what_the_page_shows(session: Session, world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.reviewer).get(f"{address(world)}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    points = run_history.history(session, world.project.id).points
    assert [float(row["macro_f1_own"]) for row in rows] == [point.own for point in points]
    assert [int(row["annotated_images"]) for row in rows] == [60, 60]


def test_the_chart_has_two_curves(session: Session, world: World) -> None:
    spec = history_chart(run_history.history(session, world.project.id))
    assert len(spec["data"]["values"]) == 4
    assert len({value["measure"] for value in spec["data"]["values"]}) == 2
    # Both runs knew as many images: by their number they would stand on top of each other.
    assert (spec["encoding"]["x"]["field"], spec["encoding"]["x"]["type"]) == ("run", "ordinal")
    make_run(
        session,
        world.project,
        world.labels,
        world.images[:30],
        world.splits[:30],
        world.truth[:30],
        world.probabilities[:30],
        number=3,
        active=False,
    )
    spec = history_chart(run_history.history(session, world.project.id))
    assert spec["encoding"]["x"]["field"] == "images"


def test_a_project_without_runs_says_so(session: Session, sign_in: SignIn) -> None:
    project, account = ProjectFactory.create(session=session), AccountFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role="reviewer")
    session.commit()
    page = sign_in(account).get(f"/projects/{project.id}/compare/history")
    assert "No run has finished yet" in page.text
