"""Splitting a label: what its parts inherit, what is asked, and undoing it."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue
from app.errors import ConflictError, InvalidInputError
from app.models import Label, LabelChange
from app.services import label_merging, label_questions, label_splitting, label_undoing, labels
from app.services.images import ImageStatus, statuses
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory

PARTS = [("cow", "with horns"), ("horse", "")]


@pytest.fixture
def desk(session: Session) -> Desk:
    return make_desk(session)


def split(desk: Desk) -> tuple[LabelChange, Label, Label]:
    change = label_splitting.split(desk.session, desk.project, desk.a, PARTS, account=desk.person)
    cow, horse = (each for each in labels.live_labels(desk.session, desk.project.id) if each.split_from_id)
    return change, cow, horse


def test_parts_are_absent_where_the_whole_was_and_unknown_where_it_was_present(desk: Desk) -> None:
    second = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    desk.submit({desk.a: Answer.PRESENT})
    desk.submit({}, image_id=second.id)
    _change, cow, horse = split(desk)
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}
    counts = labels.label_counts(desk.session, desk.project.id)
    assert [(counts[part.id].absent, counts[part.id].unknown) for part in (cow, horse)] == [(1, 1), (1, 1)]
    questions = label_questions.open_questions(desk.session, desk.project.id)
    assert [(one.label, one.left) for one in questions] == [(cow, 1), (horse, 1)]


def test_an_image_whose_parts_are_still_unknown_is_never_told_as_none_apply(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT})
    _change, cow, horse = split(desk)
    assert statuses(desk.session, [desk.image.id])[desk.image.id] is ImageStatus.TAGGED
    desk.submit({}, asked={cow.id: 1, horse.id: 1})
    assert statuses(desk.session, [desk.image.id])[desk.image.id] is ImageStatus.NONE_APPLY


def test_an_answer_for_a_part_outweighs_what_it_inherited(desk: Desk) -> None:
    desk.submit({})
    _change, cow, _horse = split(desk)
    assert desk.truth()[cow.id] is TruthValue.ABSENT
    desk.submit({cow: Answer.PRESENT}, account=AccountFactory.create(session=desk.session), asked={cow.id: 1})
    assert desk.truth()[cow.id] is TruthValue.PRESENT


def test_parts_stand_where_the_whole_stood_and_may_take_its_name(desk: Desk) -> None:
    desk.a.group_id = 7
    label_splitting.split(desk.session, desk.project, desk.a, [(desk.a.name, ""), ("horse", "")], account=None)
    live = labels.live_labels(desk.session, desk.project.id)
    assert [label.name for label in live] == [desk.a.name, "horse", desk.b.name]
    assert [label.group_id for label in live] == [7, 7, None]


def test_undone_the_whole_is_back_and_what_was_answered_for_the_parts_is_kept(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT})
    before = desk.truth()
    change, cow, horse = split(desk)
    desk.submit({cow: Answer.PRESENT}, asked={cow.id: 1}, whole=False)
    assert label_splitting.answers_for_parts(desk.session, change) == 1
    label_undoing.undo(desk.session, desk.project, change, None)
    assert {one: value for one, value in desk.truth().items() if one in before} == before
    assert [label.id for label in labels.live_labels(desk.session, desk.project.id)] == [desk.a.id, desk.b.id]
    assert label_questions.open_questions(desk.session, desk.project.id) == []
    assert labels.answers_kept(desk.session, [cow.id, horse.id]) == {cow.id: 1, horse.id: 0}


def test_a_part_that_was_merged_since_stands_in_the_way_of_undoing(desk: Desk) -> None:
    change, cow, _horse = split(desk)
    later = label_merging.merge(desk.session, desk.project, cow, desk.b, definition="", account=None)
    with pytest.raises(ConflictError):
        label_undoing.undo(desk.session, desk.project, change, None)
    label_undoing.undo(desk.session, desk.project, later, None)
    label_undoing.undo(desk.session, desk.project, change, None)
    assert desk.a.removed_at is None


@pytest.mark.parametrize("parts", [[], [("cow", "")], [("cow", ""), ("cow", "")], [("cow", ""), ("a|b", "")]])
def test_parts_that_cannot_be_are_refused(desk: Desk, parts: list[tuple[str, str]]) -> None:
    with pytest.raises((InvalidInputError, ConflictError)):
        label_splitting.split(desk.session, desk.project, desk.a, parts, account=None)


def test_an_archived_label_is_not_split(desk: Desk) -> None:
    labels.remove_label(desk.session, desk.a)
    with pytest.raises(ConflictError):
        label_splitting.split(desk.session, desk.project, desk.a, PARTS, account=None)
