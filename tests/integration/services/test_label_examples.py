"""Example images of labels."""

from sqlalchemy.orm import Session

from app.domain.statuses import ExampleKind
from app.models import LabelExample
from app.models.types import now
from app.services import label_examples
from tests.desk import make_desk
from tests.factories import ImageFactory


def test_examples_are_told_by_label_with_their_pictures_positive_ones_first(session: Session) -> None:
    desk = make_desk(session)
    assert label_examples.examples_of(session, desk.project.id) == {}
    other = ImageFactory.create(session=session, project_id=desk.project.id)
    session.add(LabelExample(label_id=desk.a.id, image_id=desk.image.id, kind=ExampleKind.BORDERLINE, note="a shadow"))
    session.add(LabelExample(label_id=desk.a.id, image_id=other.id, kind=ExampleKind.POSITIVE))
    session.flush()
    shown = label_examples.examples_of(session, desk.project.id)
    assert list(shown) == [desk.a.id]
    assert [(one.image_id, one.kind, one.note) for one in shown[desk.a.id]] == [
        (other.id, ExampleKind.POSITIVE, ""),
        (desk.image.id, ExampleKind.BORDERLINE, "a shadow"),
    ]
    assert shown[desk.a.id][0].thumbnail == f"/projects/{desk.project.id}/images/{other.id}/thumbnail"
    assert label_examples.examples_for(session, desk.b) == []


def test_examples_of_an_archived_label_are_kept_with_it(session: Session) -> None:
    desk = make_desk(session)
    session.add(LabelExample(label_id=desk.a.id, image_id=desk.image.id, kind=ExampleKind.NEGATIVE))
    desk.a.removed_at = now()
    session.flush()
    assert label_examples.examples_of(session, desk.project.id) == {}
    assert [one.kind for one in label_examples.examples_for(session, desk.a)] == [ExampleKind.NEGATIVE]
