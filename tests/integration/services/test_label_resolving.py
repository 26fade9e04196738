"""Which images are resolved anew, and where that is a job."""

import pytest
from sqlalchemy.orm import Session

from app.domain.lineage import Lineage, Merge
from app.domain.statuses import Answer
from app.services import label_resolving
from tests.desk import make_desk
from tests.factories import ImageFactory


def test_all_labels_whose_answers_may_count_are_origins() -> None:
    lineage = Lineage(merged={1: Merge(2, 2), 2: Merge(3, 2)}, split={3: 4, 5: 3})
    assert sorted(label_resolving.origins(lineage, 5)) == [1, 2, 3, 4, 5]
    assert label_resolving.origins(lineage, 4) == [4]
    assert sorted(label_resolving.origins(lineage, 2)) == [1, 2]


def test_images_with_answers_that_count_now_are_concerned(session: Session) -> None:
    desk = make_desk(session)
    second = ImageFactory.create(session=session, project_id=desk.project.id)
    desk.submit({desk.a: Answer.PRESENT}, asked={desk.a.id: 1})
    desk.submit({}, image_id=second.id, asked={desk.b.id: 1})
    assert label_resolving.images_concerned(session, desk.project.id, [desk.a.id]) == [desk.image.id]
    assert label_resolving.images_concerned(session, desk.project.id, []) == []


def test_a_small_collection_is_resolved_at_once(
    session: Session, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(session)
    assert label_resolving.settle(session, desk.project, [desk.a.id], None) is None
    monkeypatch.setattr(label_resolving, "AT_ONCE", 0)
    job = label_resolving.settle(session, desk.project, [desk.b.id, desk.a.id], desk.person)
    assert job is not None
    assert (job.params, job.created_by_id) == ({"labels": [desk.a.id, desk.b.id]}, desk.person.id)
    session.commit()
    assert sent == [("loupe.resolve", job.id)]
