"""The light table over HTTP: the page, the packed ids, what is seen, answers in bulk and back."""

from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, Suggestions
from app.models import Account, Annotation, Assignment
from app.routes.light_tables import SENT_IDS
from app.services import desk_settings, jobs
from tests.run_factory import World, make_world
from tests.vectors import keep_vectors

SignIn = Callable[[Account], TestClient]
KEY = "0123456789abcdef"


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=20, unknown=0.5)


def page(world: World, query: str = "") -> str:
    return f"/projects/{world.project.id}/light-table{query}"


def api(world: World, path: str) -> str:
    return f"/api/v1/projects/{world.project.id}/light-table/{path}"


def ids_of(response_content: bytes) -> list[int]:
    return np.frombuffer(response_content, dtype=SENT_IDS).tolist()


def test_the_page_is_small_and_links_to_its_images(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.annotator).get(page(world))
    assert answer.status_code == 200
    assert "Light table" in answer.text
    assert len(answer.content) < 200_000
    assert f"/projects/{world.project.id}/light-table" in answer.text


def test_all_ids_come_packed_and_in_order(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.annotator)
    answer = client.get(api(world, "images"))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert ids_of(answer.content) == [image.id for image in world.images]
    label = world.labels[1].id
    likely = client.get(api(world, "images"), params={"order": "likely", "tag": label})
    expected = np.argsort(-world.probabilities[:, 1], kind="stable")
    assert ids_of(likely.content) == [world.images[row].id for row in expected]
    alike = client.get(api(world, "images"), params={"like": world.images[0].id})
    assert alike.headers["x-instead"] == "no_vectors"


def test_a_question_asks_only_where_nothing_is_known_most_likely_first(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.annotator)
    shown = client.get(page(world, f"?ask={world.labels[0].id}"))
    assert world.labels[0].name in shown.text
    asked = ids_of(client.get(api(world, "images"), params={"ask": world.labels[0].id}).content)
    rows = [row for row in np.argsort(-world.probabilities[:, 0], kind="stable") if world.truth[row, 0] < 0]
    assert asked == [world.images[row].id for row in rows]


def test_what_is_seen_is_told_and_what_a_blind_project_hides_is_not(
    world: World, sign_in: SignIn, session: Session
) -> None:
    ids = [world.images[3].id, world.images[0].id]
    query: dict[str, str | int] = {"ids": ",".join(map(str, ids)), "label": world.labels[0].id}
    client = sign_in(world.annotator)
    told = client.get(api(world, "seen"), params=query).json()["images"]
    assert [one["id"] for one in told] == ids
    assert told[0]["probability"] == pytest.approx(float(world.probabilities[3, 0]), abs=1e-3)
    assert told[0]["truth"] == told[0]["own"] != {}
    desk_settings.change(session, world.project, {"opinions": 2, "suggestions": Suggestions.AFTER})
    session.commit()
    hidden = client.get(api(world, "seen"), params=query).json()["images"][0]
    assert (hidden["truth"], hidden["probability"]) == ({}, None)
    assert hidden["own"] == told[0]["own"]
    # Nor does the order, or a filter, give it away.
    everything = [image.id for image in world.images]
    narrowed: dict[str, str | int] = {
        "order": "likely",
        "tag": world.labels[0].id,
        "label": world.labels[0].id,
        "status": "tagged",
    }
    assert ids_of(client.get(api(world, "images"), params=narrowed).content) == everything
    assert sign_in(world.lead).get(api(world, "seen"), params=query).json()["images"][0]["truth"] == told[0]["truth"]


def test_many_are_answered_at_once_and_taken_back(world: World, sign_in: SignIn, session: Session) -> None:
    client = sign_in(world.lead)
    ids = [image.id for image in world.images[:6]]
    body = {"batch_key": KEY, "label_id": world.labels[2].id, "version": 1}
    given = client.post(api(world, "answers"), json=body | {"present": ids[:3], "absent": ids[3:5], "unsure": ids[5:]})
    assert given.json() == {"answered": 6, "passed": 0, "others": []}
    values = session.scalars(select(Annotation).where(Annotation.batch_key == KEY)).all()
    assert [one.answers[0].value.value for one in sorted(values, key=lambda one: one.image_id)] == (
        ["present"] * 3 + ["absent"] * 2 + ["unsure"]
    )
    session.commit()
    undone = client.post(api(world, "undo"), json={"batch_key": KEY, "image_ids": ids})
    assert undone.json() == {"undone": 6}
    assert client.post(api(world, "undo"), json={"batch_key": KEY, "image_ids": ids}).json() == {"undone": 0}


def test_images_given_to_others_are_answered_by_those_and_by_leads(
    world: World, sign_in: SignIn, session: Session
) -> None:
    ids = [image.id for image in world.images[:3]]
    session.add(Assignment(image_id=ids[0], account_id=world.reviewer.id))
    session.commit()
    body = {"batch_key": KEY, "label_id": world.labels[2].id, "present": ids}
    given = sign_in(world.annotator).post(api(world, "answers"), json=body)
    assert given.json() == {"answered": 2, "passed": 0, "others": ids[:1]}
    given = sign_in(world.lead).post(api(world, "answers"), json=body | {"batch_key": KEY + "2"})
    assert given.json() == {"answered": 3, "passed": 0, "others": []}


def test_another_projects_images_and_labels_are_refused(world: World, sign_in: SignIn, session: Session) -> None:
    other = make_world(session, n=3)
    client = sign_in(world.lead)
    body = {"batch_key": KEY, "label_id": world.labels[0].id, "present": [other.images[0].id]}
    assert client.post(api(world, "answers"), json=body).status_code == 404
    body |= {"label_id": other.labels[0].id, "present": [world.images[0].id]}
    assert client.post(api(world, "answers"), json=body).status_code == 404
    assert client.get(page(world, f"?like={other.images[0].id}")).status_code == 404
    assert client.get(page(world, f"?ask={other.labels[0].id}")).status_code == 404
    assert client.get(api(world, "seen"), params={"ids": str(other.images[0].id)}).json() == {"images": []}


def test_more_like_an_image_once_the_images_are_compared(world: World, sign_in: SignIn, session: Session) -> None:
    client = sign_in(world.annotator)
    like = world.images[7]
    before = client.get(page(world, f"?like={like.id}"))
    assert "Compare the images" in before.text
    moved = client.post(f"/projects/{world.project.id}/light-table/compare?like={like.id}")
    assert moved.headers["location"] == page(world, f"?like={like.id}")
    assert len(jobs.open_jobs(session, world.project.id, JobKind.SIMILARITY)) == 1
    assert "are being compared" in client.get(page(world, f"?like={like.id}")).text
    angles = np.linspace(0, 3, 20)
    ids = [image.id for image in world.images]
    keep_vectors(world.project, ids, np.stack([np.cos(angles), np.sin(angles)], axis=1))
    answer = client.get(api(world, "images"), params={"like": like.id})
    assert answer.headers["x-instead"] == ""
    assert ids_of(answer.content)[0] == like.id


def test_an_images_page_leads_to_more_like_it(world: World, sign_in: SignIn) -> None:
    image = world.images[2]
    answer = sign_in(world.annotator).get(f"/projects/{world.project.id}/images/{image.id}")
    assert page(world, f"?like={image.id}") in answer.text
