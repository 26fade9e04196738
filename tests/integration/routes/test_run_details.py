from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Labelling
from app.models import Account, Run
from app.services import jobs, runs
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]
SUMMARY = {
    "input": [1, 1, 3, 224, 224],
    "layers": [
        {"path": "network.stem", "kind": "Conv2d", "shape": [1, 32, 112, 112], "parameters": 864, "trained": "never"},
        {"path": "head.last", "kind": "Linear", "shape": [1, 4], "parameters": 5124, "trained": "always"},
    ],
    "parameters": 5988,
    "trainable": 5124,
}


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=12)


def change(world: World, **values: object) -> None:
    with session_scope() as session:
        run = session.get_one(Run, world.run.id)
        for name, value in values.items():
            setattr(run, name, value)


def page(world: World, sign_in: SignIn, account: Account | None = None) -> str:
    answer = sign_in(account or world.lead).get(f"/projects/{world.project.id}/runs/1/details")
    assert answer.status_code == 200
    return answer.text


def test_everything_needed_to_repeat_a_run_is_told(world: World, sign_in: SignIn) -> None:
    change(
        world,
        config={"backbone": "resnet34"},
        summary=SUMMARY,
        hardware={"processor": "Some Processor", "cores": 2, "memory_bytes": 8 << 30, "precision": "bf16"},
        loss_curve=[[1, 0.7], [2, 0.5]],
        remark="Trained before the second campaign.\nKept for the paper.",
    )
    text = page(world, sign_in)
    for told in (
        "resnet34",
        "Some Processor",
        "8 GB",
        "bf16",
        "2.14",
        "<code>42</code>",
        "5,124",
        "1 \N{MULTIPLICATION SIGN} 32 \N{MULTIPLICATION SIGN} 112",
    ):
        assert told in text
    for label in world.labels:
        assert label.definition in text
    assert "Kept for the paper." in text
    assert "any number may apply" in text
    assert "loss-curve" in text


def test_a_run_from_before_these_things_were_noted_is_shown_too(world: World, sign_in: SignIn) -> None:
    change(world, config={}, hardware={}, summary={}, labelling=Labelling.EXCLUSIVE)
    text = page(world, sign_in)
    assert "Everything was left as usual." in text
    assert "exactly one applies" in text


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.RUNNING, JobStatus.QUEUED, JobStatus.CANCELLED])
def test_a_run_that_has_not_finished_is_told_of_as_far_as_it_went(
    world: World, sign_in: SignIn, status: JobStatus
) -> None:
    with session_scope() as session:
        jobs.get_job(session, world.run.job_id).status = status
    change(world, versions={}, checkpoint=None, evaluation={})
    assert "noted when a training has ended well" in page(world, sign_in)


def test_a_run_that_went_on_from_another_leads_there(world: World, sign_in: SignIn) -> None:
    change(world, parent_id=world.run.id)
    assert f"/projects/{world.project.id}/runs/1/details" in page(world, sign_in)


def test_a_reviewer_sees_it_but_cannot_change_what_is_in_use(world: World, sign_in: SignIn) -> None:
    text = page(world, sign_in, world.reviewer)
    assert "/deactivate" not in text
    assert "/delete" not in text
    answer = sign_in(world.reviewer).post(f"/projects/{world.project.id}/runs/1/deactivate")
    assert answer.status_code == 403


def test_the_snapshot_is_sent_as_a_table(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.reviewer).get(f"/projects/{world.project.id}/runs/1/snapshot.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="run-1-snapshot.csv"' in answer.headers["content-disposition"]
    assert len(answer.text.splitlines()) == 13


def test_a_model_is_taken_out_of_use(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.lead)
    answer = client.post(f"/projects/{world.project.id}/runs/1/deactivate")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{world.project.id}/runs/1/details")
    with session_scope(writes=False) as session:
        assert runs.active_run(session, world.project.id) is None
    assert "/runs/1/activate" in page(world, sign_in)
    # The desk works on without a model.
    assert client.get(f"/projects/{world.project.id}/annotate").status_code == 200
