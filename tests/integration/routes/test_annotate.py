"""The JSON that the desk's scripts speak, on both databases."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, Role, View
from app.models import Account, Annotation, Claim, Image, Label, Project, Skip, Truth
from app.models.types import now
from app.services import annotations, controls, desk_settings, label_questions, truths
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory, annotate
from tests.run_factory import make_world


@dataclass
class Desk:
    session: Session
    client: TestClient
    project: Project
    person: Account
    labels: list[Label]
    images: list[Image]

    def post(self, verb: str, expect: int = 200, **body: Any) -> dict[str, Any]:
        answer = self.client.post(f"/api/v1/projects/{self.project.id}/annotate/{verb}", json=body)
        assert answer.status_code == expect, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def count(self, table: type) -> int:
        with session_scope(writes=False) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def submit(self, place: int, expect: int = 200, key: str | None = None, **more: Any) -> dict[str, Any]:
        answers = {str(self.labels[0].id): "present"}
        body = {"image_id": self.images[place].id, "client_key": key or uuid.uuid4().hex, "answers": answers}
        return self.post("submit", expect, **(body | more))


@pytest.fixture
def desk(session: Session, sign_in: Callable[[Account], TestClient]) -> Desk:
    project = ProjectFactory.create(session=session)
    person = AccountFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=person.id, role=Role.ANNOTATOR)
    labels = [LabelFactory.create(session=session, project_id=project.id) for _ in range(2)]
    images = [ImageFactory.create(session=session, project_id=project.id) for _ in range(4)]
    session.commit()
    return Desk(session, sign_in(person), project, person, labels, images)


def test_next_claims_images_and_tells_where_their_bytes_are(desk: Desk) -> None:
    told = desk.post("next", count=2)
    assert [item["id"] for item in told["items"]] == [image.id for image in desk.images[:2]]
    assert told["items"][0]["screen"] == f"/projects/{desk.project.id}/images/{desk.images[0].id}/screen"
    assert told["empty"] is None
    assert desk.count(Claim) == 2


def test_progress_is_told_apart_from_the_images(desk: Desk) -> None:
    desk.submit(0)
    desk.post("skip", image_id=desk.images[1].id, client_key="s" * 32)
    told = desk.client.get(f"/api/v1/projects/{desk.project.id}/annotate/progress").json()
    assert told.pop("labels")
    assert told == {"total": 4, "done": 1, "left": 3, "skipped": 1, "elsewhere": 0, "others": 0}


def test_an_empty_answer_says_why(desk: Desk) -> None:
    held = [image.id for image in desk.images]
    assert desk.post("next", held=held)["empty"] == "done"
    desk.post("skip", image_id=desk.images[0].id, client_key="s" * 32)
    assert desk.post("next", held=held[1:])["empty"] == "skipped"
    assert desk.post("next", held=held, skipped=True)["empty"] == "no-skipped"


def test_a_submission_is_kept_and_the_same_one_again_counts_once(desk: Desk) -> None:
    first = desk.submit(0, key="a" * 32, asked={desk.labels[0].id: 1}, seconds=1.5)
    assert desk.submit(0, key="a" * 32) == first
    assert desk.count(Annotation) == 1
    # Only the label that was asked is known.
    assert desk.count(Truth) == 1
    annotation = desk.session.scalars(select(Annotation)).one()
    assert (annotation.account_id, annotation.seconds) == (desk.person.id, 1.5)


def test_skip_and_undo(desk: Desk) -> None:
    desk.post("skip", image_id=desk.images[0].id, client_key="s" * 32)
    assert desk.count(Skip) == 1
    assert desk.post("undo", client_key="s" * 32) == {"undone": True}
    assert desk.post("undo", client_key="s" * 32) == {"undone": False}
    desk.submit(1, key="b" * 32)
    assert desk.post("undo", client_key="b" * 32) == {"undone": True}
    assert desk.count(Truth) == 0


def test_renew_keeps_and_release_gives_back(desk: Desk) -> None:
    ids = [image.id for image in desk.images]
    assert desk.post("renew", image_ids=ids) == {"held": ids}
    assert desk.post("release", image_ids=ids[:3]) == {"held": []}
    assert desk.count(Claim) == 1


def test_the_history_goes_back_page_by_page(desk: Desk) -> None:
    for place in range(3):
        desk.submit(place)
    desk.post("skip", image_id=desk.images[3].id, client_key="s" * 32)
    address = f"/api/v1/projects/{desk.project.id}/annotate/history"
    first = desk.client.get(address, params={"limit": 2}).json()
    assert [item["id"] for item in first["items"]] == [desk.images[3].id, desk.images[2].id]
    assert first["items"][0]["answers"] is None
    assert first["items"][1]["answers"][str(desk.labels[0].id)] == Answer.PRESENT
    second = desk.client.get(address, params={"limit": 50, "before": first["before"]}).json()
    assert [item["id"] for item in second["items"]] == [desk.images[1].id, desk.images[0].id]
    assert second["before"] is None


def test_refusals_are_sentences(desk: Desk) -> None:
    desk.session.get_one(Label, desk.labels[0].id).removed_at = now()
    desk.session.get_one(Image, desk.images[1].id).excluded_at = now()
    desk.session.commit()
    assert desk.labels[0].name in desk.submit(0, 409)["error"]["sentence"]
    assert desk.images[1].name in desk.submit(1, 409, answers={})["error"]["sentence"]
    assert desk.submit(0, 404, image_id=10_000_000)["error"]["sentence"]


def test_next_says_the_order_in_fact_and_why(desk: Desk) -> None:
    told = desk.post("next", count=1, order="least_certain", label=desk.labels[1].id)
    assert (told["order"], told["label"]) == ("random", desk.labels[1].id)
    assert told["fallback"]
    told = desk.post("next", count=1)
    assert (told["order"], told["fallback"]) == ("sequential", "")
    # When the image was handed out: an answer tells it again, so that what changed meanwhile can be told.
    assert told["items"][0]["at"]


def test_a_filter_stands_in_front_of_the_queue(desk: Desk) -> None:
    desk.post("skip", image_id=desk.images[0].id, client_key="s" * 32)
    told = desk.post("next", count=9, filter={"status": "not_tagged"})
    assert [item["id"] for item in told["items"]] == [image.id for image in desk.images[1:]]
    assert desk.post("next", filter={"year_from": 1900})["empty"] == "filtered"
    told = desk.post("next", count=9, filter={"year_from": 1900}, skipped=True)
    assert [item["id"] for item in told["items"]] == [desk.images[0].id]


def test_a_question_asks_one_label(desk: Desk) -> None:
    desk.submit(0, asked={desk.labels[0].id: 1})
    with session_scope() as session:
        question = label_questions.ask(session, session.get_one(Label, desk.labels[1].id), None)
    told = desk.post("next", question=question.id)
    assert [item["id"] for item in told["items"]] == [desk.images[0].id]
    desk.submit(0, answers={str(desk.labels[1].id): "present"}, question=question.id)
    assert desk.count(Truth) == 2
    assert desk.post("next", question=question.id)["empty"] == "asked"
    desk.post("next", 404, question=question.id + 1)


def test_what_changed_meanwhile_is_told_beside_the_answer(desk: Desk) -> None:
    shown = desk.post("next", count=1)["items"][0]["at"]
    assert desk.submit(0, shown=shown)["notices"] == []
    decider = AccountFactory.create(session=desk.session)
    annotations.decide(
        desk.session,
        project=desk.project,
        image_id=desk.images[0].id,
        account=decider,
        label_id=desk.labels[0].id,
        answer=Answer.ABSENT,
    )
    desk.session.commit()
    (sentence,) = desk.submit(0, shown=shown)["notices"]
    assert desk.labels[0].name in sentence


@pytest.mark.parametrize(
    "body",
    [
        {"count": 0},
        {"filter": {"status": "lovely"}},
        {"count": 1000},
        {"order": "best first"},
        {"held": ["x"]},
        {"held": list(range(500))},
    ],
)
def test_what_cannot_be_read_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    desk.post("next", 422, **body)


def test_a_moment_without_a_zone_is_refused(desk: Desk) -> None:
    address = f"/api/v1/projects/{desk.project.id}/annotate/history"
    assert desk.client.get(address, params={"before": "2026-01-01T00:00:00"}).status_code == 422


def test_strangers_find_nothing(desk: Desk, sign_in: Callable[[Account], TestClient]) -> None:
    stranger = AccountFactory.create(session=desk.session)
    desk.session.commit()
    sign_in(stranger)
    desk.post("next", 404)
    assert desk.client.get(f"/projects/{desk.project.id}/annotate").status_code == 404


def test_control_images_look_like_all_others(session: Session, sign_in: Callable[[Account], TestClient]) -> None:
    world = make_world(session, n=1)
    images = [ImageFactory.create(session=session, project_id=world.project.id) for _each in range(6)]
    for image in images[3:]:
        annotate(session, image, world.lead, {world.labels[0]: Answer.PRESENT}, view=View.ADJUDICATE)
        truths.refresh(session, [image.id])
    controls.choose(session, world.project, world.lead, [image.id for image in images[3:]])
    desk_settings.change(session, world.project, {"control_share": 0.5})
    session.commit()
    client, api = sign_in(world.annotator), f"/api/v1/projects/{world.project.id}/annotate"
    items = client.post(f"{api}/next", json={"count": 6}).json()["items"]
    known = {image.id for image in images[3:]}
    assert {item["id"] in known for item in items} == {True, False}
    told = [{key: type(value) for key, value in item.items()} for item in items]
    assert all(one == told[0] for one in told)
    held = client.post(f"{api}/renew", json={"image_ids": [item["id"] for item in items]}).json()["held"]
    assert held == [item["id"] for item in items]
    for item in items:
        answer = {"image_id": item["id"], "client_key": f"key-{item['id']:08}", "answers": {}, "shown": item["at"]}
        said = client.post(f"{api}/submit", json=answer).json()
        assert (said["notices"], said["suggestions"]) == ([], [])
    past = client.get(f"{api}/history").json()
    shapes = [sorted(entry) for entry in past["items"] if entry["id"] in {item["id"] for item in items}]
    assert len(shapes) == len(items)
    assert all(shape == shapes[0] for shape in shapes)
