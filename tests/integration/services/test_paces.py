"""The pace of people from what they answered."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.domain.statuses import View
from app.models import Account, Annotation, Project
from app.models.types import now
from app.services import paces
from tests.factories import AccountFactory, ImageFactory, ProjectFactory


def work(
    session: Session, project: Project, person: Account, count: int, *, every: float, view: View = View.ANNOTATE
) -> None:
    """Let somebody answer so many images, one in so many seconds, the last one now."""
    image = ImageFactory.create(session=session, project_id=project.id)
    for back in range(count):
        session.add(
            Annotation(
                project_id=project.id,
                image_id=image.id,
                account_id=person.id,
                view=view,
                seconds=every,
                created_at=now() - timedelta(seconds=every * back),
                superseded_at=now() if back else None,
            )
        )
    session.flush()


def test_each_person_has_their_own_pace_in_this_project(session: Session) -> None:
    project, other = (ProjectFactory.create(session=session) for _ in range(2))
    quick, slow = (AccountFactory.create(session=session) for _ in range(2))
    work(session, project, quick, 40, every=5)
    work(session, project, slow, 40, every=20)
    work(session, other, slow, 40, every=1)
    found = paces.paces(session, project.id, [quick.id, slow.id])
    assert {person: round(each.per_hour or 0) for person, each in found.items()} == {quick.id: 720, slow.id: 180}


def test_only_the_latest_answers_count(session: Session) -> None:
    project, person = ProjectFactory.create(session=session), AccountFactory.create(session=session)
    work(session, project, person, paces.LATEST + 20, every=10)
    assert paces.paces(session, project.id, [person.id])[person.id].answers == paces.LATEST


def test_decisions_and_tables_are_other_work(session: Session) -> None:
    project, person = ProjectFactory.create(session=session), AccountFactory.create(session=session)
    for view in (View.REVIEW, View.ADJUDICATE, View.IMPORT):
        work(session, project, person, 20, every=10, view=view)
    assert paces.paces(session, project.id, [person.id])[person.id].per_hour is None


def test_who_answered_nothing_has_no_pace(session: Session) -> None:
    project, person = ProjectFactory.create(session=session), AccountFactory.create(session=session)
    assert paces.paces(session, project.id, [person.id])[person.id].per_hour is None
