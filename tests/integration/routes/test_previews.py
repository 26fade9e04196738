"""The page of what a network gets, and the previews that it asks for and waits for."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus
from app.models import Account, Job
from app.storage import get_storage
from tests.factories import MemberFactory, ProjectFactory
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=24)


def root(world: World) -> str:
    return f"/projects/{world.project.id}/runs/look"


def end(job_id: int, result: dict[str, object], status: JobStatus = JobStatus.SUCCEEDED, error: str = "") -> None:
    """End a preview as its worker would."""
    with session_scope() as opened:
        job = opened.get_one(Job, job_id)
        job.status, job.error, job.params = status, error, {**job.params, "result": result}


def asked(client: TestClient, world: World, **wish: object) -> str:
    answer = client.post(root(world), json={"what": "batch"} | wish)
    assert answer.status_code == 202, answer.text
    url: str = answer.json()["url"]
    return url


def test_the_page_offers_the_settings_that_change_pictures(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.lead).get(root(world), params={"size": "128", "augment": "none", "recipe": "finetune"})
    assert page.status_code == 200
    assert 'name="size"' in page.text
    assert 'value="128"' in page.text
    assert 'name="epochs_frozen"' not in page.text
    assert f'action="/projects/{world.project.id}/runs/new"' in page.text


def test_a_project_without_images_says_what_to_do_first(session: Session, world: World, sign_in: SignIn) -> None:
    empty = ProjectFactory.create(session=session)
    MemberFactory.create(session=session, project_id=empty.id, account_id=world.lead.id, role="lead")
    session.commit()
    page = sign_in(world.lead).get(f"/projects/{empty.id}/runs/look")
    assert "nothing to look at yet" in page.text
    assert "data-previews" not in page.text


def test_a_batch_is_waited_for_and_then_shown(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    url = asked(client, world, config={"size": "64"}, count=2)
    (task, job_id) = sent[-1]
    assert task == "loupe.preview"
    waiting = client.get(url)
    assert (waiting.status_code, bool(waiting.json()["sentence"])) == (202, True)
    assert client.get(f"{url}/0").status_code == 404
    shown = [
        {"image_id": world.images[0].id, "name": "a.jpg", "labels": {str(world.labels[0].id): "present"}},
        {"image_id": world.images[1].id, "name": "b.jpg", "labels": {}},
    ]
    folder = get_storage().previews / str(job_id)
    folder.mkdir(parents=True)
    (folder / "0.jpg").write_bytes(b"\xff\xd8")
    end(job_id, {"images": shown, "pictures": 2, "width": 64, "height": 64})
    ready = client.get(url)
    assert ready.status_code == 200
    assert f'href="/projects/{world.project.id}/images/{world.images[1].id}"' in ready.text
    assert world.labels[0].name in ready.text
    assert "not tagged yet" in ready.text
    picture = client.get(f"{url}/0")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.headers["cache-control"].startswith("private")
    assert client.get(f"{url}/1").status_code == 404


def test_one_image_is_shown_with_its_answers(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    url = asked(client, world, what="one", image_id=world.images[2].id, count=3)
    one = {"image_id": world.images[2].id, "name": "c.jpg", "labels": {str(world.labels[1].id): "absent"}}
    end(sent[-1][1], {"images": [one], "pictures": 3, "width": 64, "height": 48})
    shown = client.get(url).text
    assert shown.count(f"{url}/") == 3
    assert "none apply" in shown


def test_a_failure_is_told_in_the_place_of_the_pictures(
    world: World, sign_in: SignIn, sent: list[tuple[str, int]]
) -> None:
    client = sign_in(world.lead)
    url = asked(client, world)
    end(sent[-1][1], {}, JobStatus.FAILED, "The image “x.jpg” cannot be read.")
    assert "“x.jpg” cannot be read" in client.get(url).text


def test_a_check_names_steps_and_culprits(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    url = asked(client, world, what="check", recipe="quick")
    torn = {"image_id": world.images[4].id, "name": "torn.jpg", "sentence": "It is damaged."}
    step = {
        "kind": "file",
        "name": "JPEG",
        "type": "RGB",
        "shape": [640, 480],
        "numbers": "",
        "low": None,
        "high": None,
    }
    found = {"recipe": "quick", "steps": [step], "stopped": "", "failures": [torn], "n_images": 24, "n_batch": 7}
    found |= {"missing": [{"image_id": world.images[5].id, "name": "gone.jpg"}], "n_missing": 1}
    found |= {
        "example": {"image_id": world.images[0].id, "name": "a.jpg"},
        "targets": {str(world.labels[0].id): "absent"},
    }
    end(sent[-1][1], {"check": found})
    shown = client.get(url).text
    for each in ("640 x 480", "torn.jpg", "It is damaged.", "gone.jpg", f"/images/{world.images[5].id}", "not asked"):
        assert each in shown
    assert "Every step went through" not in shown


@pytest.mark.parametrize(
    "wish",
    [
        {"what": "nothing"},
        {"what": "batch", "config": {"size": "4"}},
        {"what": "batch", "config": {"colour": "red"}},
        {"what": "batch", "count": 1000},
        {"what": "batch", "seed": -1},
        {"what": "one", "image_id": 0},
    ],
)
def test_wrong_wishes_are_refused(world: World, sign_in: SignIn, wish: dict[str, object]) -> None:
    assert sign_in(world.lead).post(root(world), json=wish).status_code == 422


def test_previews_are_for_leads(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.reviewer).post(root(world), json={"what": "batch"}).status_code == 403
