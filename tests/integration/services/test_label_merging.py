"""Merging labels: what counts afterwards, and that nothing is lost when they are parted again."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue
from app.errors import ConflictError, InvalidInputError
from app.models import AnnotationAnswer, Job, LabelChange
from app.services import label_merging, label_resolving, label_undoing, labels
from app.services.images import ImageStatus, statuses
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory

PRESENT, ABSENT, UNSURE = Answer.PRESENT, Answer.ABSENT, Answer.UNSURE


@pytest.fixture
def desk(session: Session) -> Desk:
    return make_desk(session)


def merge(desk: Desk, definition: str = "") -> LabelChange:
    return label_merging.merge(desk.session, desk.project, desk.a, desk.b, definition=definition, account=desk.person)


def rows(desk: Desk) -> list[tuple[int, int, Answer, int]]:
    query = select(AnnotationAnswer).order_by(AnnotationAnswer.annotation_id, AnnotationAnswer.label_id)
    return [(one.annotation_id, one.label_id, one.value, one.definition_version) for one in desk.session.scalars(query)]


def test_answers_count_for_the_label_that_stays_and_no_row_is_touched(desk: Desk) -> None:
    desk.submit({desk.a: PRESENT})
    kept = rows(desk)
    merge(desk, "either")
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.PRESENT}
    assert rows(desk) == kept
    assert desk.a.removed_at is not None
    assert (desk.b.definition, desk.b.definition_version) == ("either", 2)
    assert labels.label_counts(desk.session, desk.project.id)[desk.b.id].present == 1


def test_an_answer_since_the_merge_speaks_for_both(desk: Desk) -> None:
    desk.submit({desk.a: PRESENT})
    merge(desk)
    desk.submit({})
    assert desk.truth()[desk.b.id] is TruthValue.ABSENT


def test_a_decision_since_the_merge_speaks_for_both(desk: Desk) -> None:
    desk.submit({desk.a: PRESENT})
    change = label_merging.merge(desk.session, desk.project, desk.b, desk.a, definition="", account=None)
    assert desk.truth()[desk.a.id] is TruthValue.PRESENT
    desk.decide(ABSENT)
    assert desk.truth()[desk.a.id] is TruthValue.ABSENT
    label_undoing.undo(desk.session, desk.project, change, None)
    assert desk.truth() == {desk.a.id: TruthValue.ABSENT, desk.b.id: TruthValue.ABSENT}


def test_an_answer_from_a_screen_that_still_showed_both_is_kept_and_counts(desk: Desk) -> None:
    shown = {desk.a.id: 1, desk.b.id: 1}
    merge(desk)
    desk.submit({desk.a: PRESENT}, asked=shown)
    assert desk.truth()[desk.b.id] is TruthValue.PRESENT


def test_undone_days_later_each_has_its_own_answers_again(desk: Desk) -> None:
    second = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    desk.submit({desk.a: PRESENT})
    desk.submit({desk.b: PRESENT}, image_id=second.id)
    before = desk.truth()
    change = merge(desk, "either")
    desk.submit({}, image_id=second.id)
    label_undoing.undo(desk.session, desk.project, change, desk.person)
    assert desk.truth() == before
    assert (desk.a.removed_at, desk.a.merged_into_id, desk.a.merged_since) == (None, None, None)
    assert (desk.b.definition, desk.b.definition_version) == ("", 3)
    assert {label.id for label in labels.live_labels(desk.session, desk.project.id)} == {desk.a.id, desk.b.id}
    with pytest.raises(ConflictError):
        label_undoing.undo(desk.session, desk.project, change, desk.person)


def test_a_merge_that_was_merged_on_is_undone_from_the_end(desk: Desk) -> None:
    third = labels.create_label(desk.session, desk.project, name="third", key="")
    desk.submit({desk.a: PRESENT})
    first = merge(desk)
    second = label_merging.merge(desk.session, desk.project, desk.b, third, definition="", account=None)
    assert desk.truth()[third.id] is TruthValue.PRESENT
    with pytest.raises(ConflictError):
        label_undoing.undo(desk.session, desk.project, first, None)
    label_undoing.undo(desk.session, desk.project, second, None)
    assert desk.truth()[third.id] is TruthValue.ABSENT
    label_undoing.undo(desk.session, desk.project, first, None)
    assert desk.truth()[desk.b.id] is TruthValue.ABSENT


def test_a_label_does_not_come_back_under_a_name_that_was_given_away(desk: Desk) -> None:
    change = merge(desk)
    labels.create_label(desk.session, desk.project, name=desk.a.name, key="")
    with pytest.raises(ConflictError):
        label_undoing.undo(desk.session, desk.project, change, None)


def test_what_cannot_be_merged_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidInputError):
        label_merging.merge(desk.session, desk.project, desk.a, desk.a, definition="", account=None)
    labels.remove_label(desk.session, desk.b)
    with pytest.raises(ConflictError):
        merge(desk)


def test_an_unsure_answer_under_the_old_name_is_never_told_as_none_apply(desk: Desk) -> None:
    desk.submit({desk.a: UNSURE})
    merge(desk)
    assert desk.truth() == {}
    assert statuses(desk.session, [desk.image.id]) == {desk.image.id: ImageStatus.TAGGED}


def test_the_plan_counts_what_will_change(desk: Desk) -> None:
    for said in ({desk.a: PRESENT}, {desk.a: PRESENT, desk.b: PRESENT}, {desk.b: PRESENT}, {}):
        image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
        desk.submit(said, image_id=image.id)
    image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    desk.submit({}, image_id=image.id, asked={desk.a.id: 1})
    assert label_merging.plan(desk.session, desk.a, desk.b) == label_merging.MergePlan(1, 1, 2)


def test_people_who_disagree_under_both_names_are_counted_once_each(desk: Desk) -> None:
    other = AccountFactory.create(session=desk.session)
    desk.submit({desk.a: PRESENT, desk.b: PRESENT})
    desk.submit({}, account=other)
    merge(desk)
    assert desk.truth()[desk.b.id] is TruthValue.DISPUTED


def test_in_a_large_collection_a_job_counts_anew(desk: Desk, sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.submit({desk.a: PRESENT})
    monkeypatch.setattr(label_resolving, "AT_ONCE", 0)
    merge(desk)
    assert desk.truth()[desk.b.id] is TruthValue.ABSENT
    job = desk.session.scalars(select(Job)).one()
    assert (job.kind, job.params) == ("resolve", {"labels": [desk.a.id]})
