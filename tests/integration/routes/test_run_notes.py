"""Remarks and tags of runs, over HTTP."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.models import Account, Run
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session, sent: object) -> World:
    return make_world(session, n=12)


def test_a_lead_writes_a_remark_with_and_without_a_script(world: World, sign_in: SignIn) -> None:
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/runs/1/notes"
    answer = client.post(address, data={"remark": "Better light.", "tags": "paper, best"})
    assert answer.headers["location"] == f"/projects/{world.project.id}/runs#run-1"
    page = client.get(f"/projects/{world.project.id}/runs").text
    assert "Better light." in page
    assert "?tag=best#runs" in page
    cell = client.post(address, data={"remark": "<b>", "tags": ""}, headers={"hx-request": "true"}).text
    assert "have been saved" in cell
    assert "&lt;b&gt;" in cell
    assert "<html" not in cell
    with session_scope(writes=False) as session:
        run = session.query(Run).one()
        assert (run.remark, run.tags) == ("<b>", [])


def test_what_is_refused_stays_as_it_was_typed(world: World, sign_in: SignIn) -> None:
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/runs/1/notes"
    given = {"remark": "kept", "tags": "x" * 41}
    cell = client.post(address, data=given, headers={"hx-request": "true"})
    assert "Please keep each tag" in cell.text
    assert ">kept</textarea>" in cell.text
    assert client.post(address, data=given).status_code == 422
    with session_scope(writes=False) as session:
        assert session.query(Run).one().remark == ""


def test_a_reviewer_reads_but_does_not_write(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    assert client.post(f"/projects/{world.project.id}/runs/1/notes").status_code == 403
    assert "Add a remark" not in client.get(f"/projects/{world.project.id}/runs").text
