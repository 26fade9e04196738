"""The thresholds page: looked at by reviewers, saved by leads."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus
from app.models import Account, Job, ThresholdSet
from app.services import thresholds
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def path(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/thresholds"


def test_the_page_shows_every_label_with_its_threshold(session: Session, world: World, sign_in: SignIn) -> None:
    limits = thresholds.limits_of(session, world.run.id)
    session.commit()
    page = sign_in(world.reviewer).get(path(world)).text
    for label in world.labels:
        assert f'id="label-{label.id}"' in page
        assert f'data-value="{limits[label.id]}"' in page
    assert "tuned for F1" in page
    assert "Save as a new set" not in page
    assert "Save as a new set" in sign_in(world.lead).get(path(world)).text


def test_a_run_without_any_set_is_shown_at_one_half(session: Session, world: World, sign_in: SignIn) -> None:
    session.execute(delete(ThresholdSet))
    session.commit()
    page = sign_in(world.lead).get(path(world)).text
    assert "never tuned" in page
    assert "There is no set yet." in page


def test_all_that_was_moved_is_saved_as_one_set(session: Session, world: World, sign_in: SignIn) -> None:
    first, second = world.labels[0].id, world.labels[1].id
    given = {"label": [str(first), str(second)], "value": ["0,3", "0.25"], "name": "discovery"}
    assert sign_in(world.reviewer).post(f"{path(world)}/values", data=given).status_code == 403
    client = sign_in(world.lead)
    assert client.post(f"{path(world)}/values", data=given).status_code == 303
    session.expire_all()
    rows = thresholds.thresholds_of(session, world.run)
    assert [(rows[label].value, rows[label].objective) for label in (first, second)] == [
        (0.3, thresholds.BY_HAND),
        (0.25, thresholds.BY_HAND),
    ]
    assert rows[first].set_by_id == world.lead.id
    page = client.get(path(world)).text
    assert "Set 2: discovery" in page
    assert "set by hand" in page
    assert "differs from label to label" in page


@pytest.mark.parametrize("value", ["", "much", "1.5", "-0.1", "nan"])
def test_what_is_no_threshold_is_refused(world: World, sign_in: SignIn, value: str) -> None:
    given = {"label": str(world.labels[0].id), "value": value}
    answer = sign_in(world.lead).post(f"{path(world)}/values", data=given)
    assert answer.status_code == 422
    assert sign_in(world.lead).post(f"{path(world)}/shared", data={"value": value}).status_code == 422


def test_thresholds_without_labels_are_refused(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.lead)
    first = str(world.labels[0].id)
    for given in ({"label": [first], "value": ["0.1", "0.2"]}, {"label": "x", "value": "0.1"}, {}):
        assert client.post(f"{path(world)}/values", data=given).status_code == 422
    assert client.post(f"{path(world)}/values", data={"label": "10000", "value": "0.1"}).status_code == 404


def test_one_threshold_can_be_used_for_all(session: Session, world: World, sign_in: SignIn) -> None:
    assert sign_in(world.reviewer).post(f"{path(world)}/shared", data={"value": "0.4"}).status_code == 403
    assert sign_in(world.lead).post(f"{path(world)}/shared", data={"value": "0.4"}).status_code == 303
    assert "0.400 for all labels" in sign_in(world.reviewer).get(path(world)).text
    session.expire_all()
    assert thresholds.threshold_values(session, world.run) == [0.4] * 4


def test_an_older_set_can_be_used_and_named(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.lead)
    client.post(f"{path(world)}/shared", data={"value": "0.4"})
    for change in ("activate", ""):
        address = f"{path(world)}/sets/1/{change}".rstrip("/")
        assert sign_in(world.reviewer).post(address, data={"name": "as trained"}).status_code == 403
        client = sign_in(world.lead)
        assert client.post(address, data={"name": "as trained"}).status_code == 303
        assert client.post(address.replace("sets/1", "sets/9"), data={"name": ""}).status_code == 404
    assert "Set 1: as trained" in client.get(path(world)).text
    session.expire_all()
    assert thresholds.threshold_values(session, world.run) != [0.4] * 4


def test_tuning_is_a_workers_task_whose_progress_is_shown(
    session: Session, world: World, sign_in: SignIn, sent: list[tuple[str, int]]
) -> None:
    given = {"kind": "cost", "cost": "5", "label": str(world.labels[1].id), "name": "cheap"}
    assert sign_in(world.reviewer).post(path(world), data=given).status_code == 403
    client = sign_in(world.lead)
    assert client.post(path(world), data=given).status_code == 303
    assert [task for task, _job in sent] == ["loupe.evaluate"]
    job = session.get_one(Job, sent[0][1])
    assert job.params["objective"] == {"kind": "cost", "value": 5.0}
    assert (job.params["label_ids"], job.params["name"]) == ([world.labels[1].id], "cheap")
    assert 'hx-trigger="every 1s"' in client.get(path(world)).text
    assert "as soon as a worker is free" in client.get(f"{path(world)}/progress").text
    for status, told in ((JobStatus.RUNNING, "every 1s"), (JobStatus.FAILED, "could not be tuned")):
        job.status, job.error = status, "The disk is full."
        session.commit()
        assert told in client.get(f"{path(world)}/progress").text
    job.status = JobStatus.SUCCEEDED
    session.commit()
    assert client.get(f"{path(world)}/progress").headers["hx-refresh"] == "true"
    assert "every 1s" not in client.get(path(world)).text


def test_a_failure_is_shown_until_there_is_another_set(
    session: Session, world: World, sign_in: SignIn, sent: list[tuple[str, int]]
) -> None:
    client = sign_in(world.lead)
    client.post(path(world), data={"kind": "f_beta", "f_beta": "2"})
    job = session.get_one(Job, sent[0][1])
    job.status, job.error = JobStatus.FAILED, "The disk is full."
    session.commit()
    assert "The disk is full." in client.get(path(world)).text
    client.post(f"{path(world)}/shared", data={"value": "0.4"})
    assert "The disk is full." not in client.get(path(world)).text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "f_beta", "f_beta": "0"}, "greater than 0"),
        ({"kind": "recall_at_precision", "recall_at_precision": "1.5"}, "at most 1"),
        ({"kind": "luck"}, "greater than 0"),
        ({"kind": "prevalence", "prevalence": "0.2"}, "belongs to one label"),
        ({"kind": "f_beta", "name": "n" * 121}, "at most 120 characters"),
    ],
)
def test_an_aim_that_means_nothing_is_refused_with_the_form(
    world: World, sign_in: SignIn, given: dict[str, str], sentence: str
) -> None:
    answer = sign_in(world.lead).post(path(world), data=given)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<h1>Run 1</h1>" in answer.text
    assert given.get(given["kind"], "") in answer.text


def test_each_label_may_get_its_own_share(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    assert sign_in(world.lead).post(path(world), data={"kind": "prevalence"}).status_code == 303
    assert len(sent) == 1


def test_an_annotator_does_not_see_it(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.annotator).get(path(world)).status_code == 403
