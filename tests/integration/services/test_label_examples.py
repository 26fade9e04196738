"""Example images of labels."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import ExampleKind
from app.errors import ConflictError, NotFoundError
from app.models import LabelExample
from app.models.types import now
from app.services import label_examples
from tests.desk import make_desk
from tests.factories import ImageFactory
from tests.vectors import keep_vectors


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


def test_an_example_is_chosen_changed_and_taken_away(session: Session) -> None:
    desk = make_desk(session)
    for kind, note in ((ExampleKind.POSITIVE, " only a \n hat "), (ExampleKind.BORDERLINE, "")):
        label_examples.choose(session, desk.a, desk.image, kind=kind, note=note, account=desk.person)
        (shown,) = label_examples.examples_for(session, desk.a)
        assert (shown.kind, shown.note) == (kind, " ".join(note.split()))
    assert list(label_examples.examples_in(session, desk.image)) == [desk.a.id]
    label_examples.take_away(session, desk.a, desk.image.id)
    label_examples.take_away(session, desk.a, desk.image.id)
    assert label_examples.examples_for(session, desk.a) == []


def test_an_image_of_another_project_is_no_example(session: Session) -> None:
    desk, other = make_desk(session), make_desk(session)
    with pytest.raises(NotFoundError):
        label_examples.choose(session, desk.a, other.image, kind=ExampleKind.POSITIVE, note="", account=None)


def test_more_examples_than_anybody_looks_at_are_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk(session)
    monkeypatch.setattr(label_examples, "MOST_EXAMPLES", 1)
    label_examples.choose(session, desk.a, desk.image, kind=ExampleKind.POSITIVE, note="", account=None)
    label_examples.choose(session, desk.a, desk.image, kind=ExampleKind.NEGATIVE, note="", account=None)
    second = ImageFactory.create(session=session, project_id=desk.project.id)
    with pytest.raises(ConflictError):
        label_examples.choose(session, desk.a, second, kind=ExampleKind.POSITIVE, note="", account=None)


def test_candidates_are_found_by_name_without_those_chosen_or_excluded(session: Session) -> None:
    desk = make_desk(session)
    barn, gone = (
        ImageFactory.create(session=session, project_id=desk.project.id, name=name) for name in ("A Barn.jpg", "barn2")
    )
    gone.excluded_at = now()
    session.flush()
    assert label_examples.candidates(session, desk.a, " barn ") == [barn]
    label_examples.choose(session, desk.a, barn, kind=ExampleKind.POSITIVE, note="", account=None)
    assert label_examples.candidates(session, desk.a, "barn") == []


def test_images_alike_are_offered_but_for_those_that_are_examples(session: Session) -> None:
    desk = make_desk(session)
    near, nearer, left_out = (ImageFactory.create(session=session, project_id=desk.project.id) for _ in range(3))
    left_out.excluded_at = now()
    session.flush()
    assert label_examples.alike(session, desk.project, desk.a, desk.image.id) is None
    ids = [desk.image.id, near.id, nearer.id, left_out.id]
    keep_vectors(desk.project, ids, np.array([[1, 0], [0.6, 0.8], [0.8, 0.6], [1, 0]]))
    assert label_examples.alike(session, desk.project, desk.a, desk.image.id) == [nearer, near]
    label_examples.choose(session, desk.a, nearer, kind=ExampleKind.POSITIVE, note="", account=None)
    assert label_examples.alike(session, desk.project, desk.a, desk.image.id) == [near]
