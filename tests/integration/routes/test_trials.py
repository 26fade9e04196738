"""Trials before a training: asked for with the settings of the form, followed, stopped, and shown."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus
from app.models import Account, Job
from tests.integration.services.test_trial_words import ESTIMATE, RATE
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=24)


def asked(client: TestClient, world: World, **wish: object) -> str:
    answer = client.post(f"/projects/{world.project.id}/trials", json={"what": "estimate"} | wish)
    assert answer.status_code == 202, answer.text
    url: str = answer.json()["url"]
    return url


def end(job_id: int, status: JobStatus, result: dict[str, object] | None = None, error: str = "") -> None:
    """End a trial as its worker would."""
    with session_scope() as opened:
        job = opened.get_one(Job, job_id)
        job.status, job.error = status, error
        job.params = {**job.params, **({"result": result} if result else {})}


def test_settings_are_taken_as_the_form_holds_them(
    world: World, sign_in: SignIn, session: Session, sent: list[tuple[str, int]]
) -> None:
    client = sign_in(world.lead)
    given = [["size", "128"], ["flip", "false"], ["flip", "true"], ["base_lr", ""], ["recipe", "finetune"]]
    url = asked(client, world, what="rate", recipe="finetune", given=given)
    (task, job_id) = sent[-1]
    assert task == "loupe.trial"
    assert session.get_one(Job, job_id).params["config"]["size"] == 128
    waiting = client.get(url)
    assert waiting.status_code == 202
    assert set(waiting.json()) == {"sentence", "done", "total"}


def test_a_rate_is_shown_as_curve_and_suggestions(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    url = asked(client, world, what="rate", recipe="finetune")
    end(sent[-1][1], JobStatus.SUCCEEDED, RATE)
    shown = client.get(url).text
    assert 'data-rate="0.001"' in shown
    assert shown.count("data-rate=") == 4
    assert "data-chart" in shown


def test_an_estimate_is_shown_in_words(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    url = asked(client, world)
    end(sent[-1][1], JobStatus.SUCCEEDED, ESTIMATE)
    shown = client.get(url).text
    assert "About 2 minutes on this computer" in shown
    assert "5 epochs with the network frozen" in shown


def test_a_failure_and_a_stop_are_told(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    url = asked(client, world)
    end(sent[-1][1], JobStatus.FAILED, error="There is no memory left.")
    assert "There is no memory left." in client.get(url).text
    url = asked(client, world)
    assert client.post(f"{url}/cancel").status_code == 204
    assert "It was stopped." in client.get(url).text


def test_wrong_wishes_are_refused(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.lead)
    for wish in (
        {"what": "else"},
        {"what": "rate", "recipe": "quick"},
        {"recipe": "finetune", "given": [["size", "4"]]},
    ):
        answer = client.post(f"/projects/{world.project.id}/trials", json={"what": "estimate"} | wish)
        assert answer.status_code == 422
    assert (
        sign_in(world.reviewer).post(f"/projects/{world.project.id}/trials", json={"what": "rate"}).status_code == 403
    )
