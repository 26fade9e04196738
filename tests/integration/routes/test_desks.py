"""The page of the desk, on both databases."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Role, SkipReason
from app.models import Account, Flag, Skip
from app.services import desk_settings
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory
from tests.run_factory import make_world


def test_the_page_shows_the_labels_and_how_far_the_tagging_is(
    session: Session, sign_in: Callable[[Account], TestClient]
) -> None:
    project = ProjectFactory.create(session=session)
    person = AccountFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=person.id, role=Role.ANNOTATOR)
    labels = [LabelFactory.create(session=session, project_id=project.id) for _ in range(2)]
    for _ in range(4):
        ImageFactory.create(session=session, project_id=project.id)
    session.commit()
    page = sign_in(person).get(f"/projects/{project.id}/annotate")
    assert page.status_code == 200
    assert all(label.name in page.text for label in labels)
    assert 'max="4"' in page.text


def test_images_are_narrowed_by_people_only_where_one_may_know_who_answered(
    session: Session, sign_in: Callable[[Account], TestClient]
) -> None:
    world = make_world(session, n=6)
    path, client = f"/projects/{world.project.id}/annotate", sign_in(world.annotator)
    shown = client.get(path).text
    assert 'name="annotator"' in shown
    assert world.reviewer.name in shown
    wanted = {"filter": {"annotator": world.annotator.id}}
    assert len(sign_in(world.lead).post(f"/api/v1{path}/next", json=wanted).json()["items"]) == 5
    desk_settings.change(session, world.project, {"opinions": 2})
    session.commit()
    client = sign_in(world.annotator)
    shown = client.get(path).text
    assert 'name="annotator"' not in shown
    assert 'name="slice"' in shown
    # Asked for all the same, it narrows nothing.
    told = client.post(f"/api/v1{path}/next", json={"filter": {"annotator": world.lead.id}}).json()
    plain = client.post(f"/api/v1{path}/next", json={}).json()
    assert [item["id"] for item in told["items"]] == [item["id"] for item in plain["items"]]


def test_a_flag_and_the_reason_for_a_skip_are_kept(session: Session, sign_in: Callable[[Account], TestClient]) -> None:
    project = ProjectFactory.create(session=session)
    person = AccountFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=person.id, role=Role.ANNOTATOR)
    image = ImageFactory.create(session=session, project_id=project.id)
    session.commit()
    client, api = sign_in(person), f"/api/v1/projects/{project.id}/annotate"
    about = {"image_id": image.id}
    assert client.post(f"{api}/flag", json=about | {"flagged": True}).json() == {"flagged": True}
    assert client.post(f"{api}/flag", json=about | {"flagged": True}).json() == {"flagged": True}
    assert client.post(f"{api}/flag", json=about | {"flagged": False}).json() == {"flagged": False}
    why = {"reason": "duplicate", "note": "of 0012"}
    assert client.post(f"{api}/reason", json=about | why).status_code == 404
    client.post(f"{api}/skip", json=about | {"client_key": "s" * 32})
    assert client.post(f"{api}/reason", json=about | why).json() == why
    assert client.post(f"{api}/reason", json=about | {"reason": "dull"}).status_code == 422
    with session_scope(writes=False) as opened:
        assert [flag.removed_at is None for flag in opened.scalars(select(Flag))] == [False]
        assert opened.scalars(select(Skip)).one().reason is SkipReason.DUPLICATE
