from sqlalchemy.orm import Session

from app.models import Image
from app.services import details
from tests.factories import ImageFactory, ProjectFactory


def test_details_are_added_and_replaced_and_never_lost(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    first, second = (ImageFactory.create(session=session, project_id=project.id) for _number in range(2))
    assert details.keep(session, [(first.id, {"date": "1913", "source": "Star"}), (second.id, {})]) == 1
    assert details.keep(session, [(first.id, {"date": "1914"}), (second.id, {"page": "3"})]) == 2
    assert details.keep(session, [(first.id, {"date": "1914"})]) == 0
    session.flush()
    session.expire_all()
    assert session.get_one(Image, first.id).details == {"date": "1914", "source": "Star"}
    assert session.get_one(Image, second.id).details == {"page": "3"}


def test_the_names_of_details_are_those_of_one_project(session: Session) -> None:
    project, other = (ProjectFactory.create(session=session) for _number in range(2))
    ImageFactory.create(session=session, project_id=project.id, details={"date": "1913"})
    ImageFactory.create(session=session, project_id=project.id, details={"source": "Star", "date": "1914"})
    ImageFactory.create(session=session, project_id=other.id, details={"page": "3"})
    assert details.names(session, project.id) == ["date", "source"]
    assert details.names(session, other.id) == ["page"]
