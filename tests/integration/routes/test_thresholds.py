"""Leads tune thresholds anew and set them by hand."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account
from app.services import thresholds
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def report(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/report"


def test_a_lead_sets_a_threshold_by_hand(session: Session, world: World, sign_in: SignIn) -> None:
    path = f"/projects/{world.project.id}/runs/1/thresholds/{world.labels[0].id}"
    assert sign_in(world.reviewer).post(path, data={"value": "0.3"}).status_code == 403
    client = sign_in(world.lead)
    assert client.post(path, data={"value": "0,3"}).status_code == 303
    session.expire_all()
    row = thresholds.thresholds_of(session, world.run)[world.labels[0].id]
    assert (row.value, row.objective, row.set_by_id) == (0.3, thresholds.BY_HAND, world.lead.id)
    page = client.get(report(world)).text
    assert "by hand" in page
    assert 'value="0.300"' in page


@pytest.mark.parametrize("value", ["", "much", "1.5", "-0.1", "nan"])
def test_what_is_no_threshold_is_refused(world: World, sign_in: SignIn, value: str) -> None:
    path = f"/projects/{world.project.id}/runs/1/thresholds/{world.labels[0].id}"
    answer = sign_in(world.lead).post(path, data={"value": value})
    assert answer.status_code == 422
    assert "from 0 to 1" in answer.text


def test_tuning_again_is_a_workers_task(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    path = f"/projects/{world.project.id}/runs/1/thresholds"
    assert client.post(path).status_code == 303
    assert [task for task, _job in sent] == ["loupe.evaluate"]
    assert "being tuned" in client.get(report(world)).text
