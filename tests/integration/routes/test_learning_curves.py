"""The page that says whether more images would help."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.models import Account, Run
from app.routes.learning_curves import curve_chart
from app.services import jobs, learning_curves
from tests.integration.services.test_learning_curves import figures
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    return make_world(session)


def address(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/learning-curve"


def test_one_click_asks_and_the_page_waits(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.lead)
    empty = client.get(address(world))
    assert "Nobody has asked yet" in empty.text
    answer = client.post(address(world), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, address(world))
    waiting = client.get(address(world)).text
    assert "It begins as soon as a worker is free" in waiting
    assert "hx-get" in waiting
    state = client.get(f"{address(world)}/state")
    assert "curve-state" in state.text
    assert "<html" not in state.text
    (job,) = jobs.open_jobs(session, world.project.id, JobKind.LEARNING_CURVE)
    job.status, job.error = JobStatus.FAILED, "The disk is full."
    session.commit()
    assert client.get(f"{address(world)}/state").headers["HX-Refresh"] == "true"
    assert "The disk is full." in client.get(address(world)).text


def test_the_answer_its_charts_and_its_table_are_shown(session: Session, world: World, sign_in: SignIn) -> None:
    learning_curves.keep(session, world.run.id, figures(world.run, [0.05, 0.0, None, -0.02]))
    session.commit()
    client = sign_in(world.reviewer)
    page = client.get(address(world)).text
    assert "More images would help “animal”" in page
    assert page.count("data-chart-plot") == 5
    assert "Find out again" not in page
    table = client.get(f"{address(world)}.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(table.text.splitlines()) == 1 + 5 * 2 * 5


def test_only_a_lead_asks(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    assert "A lead of this project can find out." in client.get(address(world)).text
    assert client.post(address(world)).status_code == 403


def test_a_fine_tuned_run_says_that_the_curve_is_not_of_its_own_network(
    session: Session, world: World, sign_in: SignIn
) -> None:
    learning_curves.keep(session, world.run.id, figures(world.run, [0.05] * 4) | {"own_features": False})
    session.commit()
    assert "comes from the quick recipe" in sign_in(world.reviewer).get(address(world)).text


def test_what_is_undefined_is_not_drawn(session: Session, world: World) -> None:
    learning_curves.keep(session, world.run.id, figures(world.run, [0.05, 0.0, None, -0.02]))
    made = learning_curves.curve_of(session.get_one(Run, world.run.id))
    assert made is not None
    assert curve_chart(made.labels[2])["data"]["values"] == []
    assert len(curve_chart(made.labels[0])["data"]["values"]) == 10


def test_the_networks_that_competed_are_told_on_the_run_page(session: Session, world: World, sign_in: SignIn) -> None:
    client, details = sign_in(world.reviewer), f"/projects/{world.project.id}/runs/1/details"
    assert "Networks that were tried" not in client.get(details).text
    lines = [
        {"backbone": name, "loss": loss, "mean_average_precision": loss, "seconds": 1.5, "kept": loss == 0.25}
        for name, loss in (("resnet34", None), ("densenet121", 0.25))
    ]
    world.run.evaluation = {**world.run.evaluation, "backbones": lines}
    session.commit()
    text = client.get(details).text
    assert "densenet121" in text
    assert "0.2500" in text
