"""The page of the desk, on both databases."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import Role
from app.models import Account
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory


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
