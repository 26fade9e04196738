import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, TruthValue, View
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Account, Annotation, Assignment, Image, Label, LabelGroup, Project, Truth
from app.models.types import now
from app.services import annotations, bulk_answers, claims
from app.services.bulk_answers import Given
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory, LabelFactory

PRESENT, ABSENT, UNSURE = Answer.PRESENT, Answer.ABSENT, Answer.UNSURE


@pytest.fixture
def desk(session: Session) -> Desk:
    return make_desk(session)


def more_images(desk: Desk, count: int) -> list[int]:
    made = [ImageFactory.create(session=desk.session, project_id=desk.project.id).id for _ in range(count)]
    return [desk.image.id, *made]


def tag(desk: Desk, label: Label, ids: list[int], answer: Answer = PRESENT, key: str = "one", **more: object) -> Given:
    arguments = {"project": desk.project, "account": desk.person, "version": 1} | more
    given = dict.fromkeys(ids, answer)
    return bulk_answers.give(desk.session, label_id=label.id, answers=given, batch_key=key, **arguments)  # type: ignore[arg-type]


def undo(desk: Desk, ids: list[int], key: str = "one") -> int:
    return bulk_answers.take_back(desk.session, account=desk.person, batch_key=key, image_ids=ids)


def truths_of(desk: Desk, label: Label) -> dict[int, TruthValue]:
    query = select(Truth.image_id, Truth.value).where(Truth.label_id == label.id)
    return dict(desk.session.execute(query).all())


def said(desk: Desk, image_id: int) -> dict[int, Answer]:
    current = annotations.current_annotation(desk.session, image_id, desk.person.id)
    return {label: value for label, (value, _version) in annotations.answers_of(current).items()}


def test_one_label_is_answered_for_all_and_the_others_stay_unknown(desk: Desk) -> None:
    ids = more_images(desk, 2)
    assert tag(desk, desk.a, ids) == Given(3, 0)
    assert truths_of(desk, desk.a) == dict.fromkeys(ids, TruthValue.PRESENT)
    assert truths_of(desk, desk.b) == {}
    made = desk.session.scalars(select(Annotation)).all()
    assert {(one.view, one.whole, one.batch_key) for one in made} == {(View.GRID, False, "one")}
    # The images still wait for somebody who answers for all labels.
    assert set(desk.session.scalars(select(Image.needed))) == {1}


def test_what_the_person_said_of_other_labels_stands(desk: Desk) -> None:
    desk.submit({desk.b: PRESENT})
    assert desk.needed() == 0
    tag(desk, desk.a, [desk.image.id])
    assert said(desk, desk.image.id) == {desk.a.id: PRESENT, desk.b.id: PRESENT}
    assert desk.needed() == 0


def test_undo_is_one_step_and_brings_back_what_was_said_before(desk: Desk) -> None:
    ids = more_images(desk, 3)
    desk.submit({desk.a: ABSENT, desk.b: PRESENT})
    tag(desk, desk.a, ids)
    assert undo(desk, ids) == 4
    assert said(desk, desk.image.id) == {desk.a.id: ABSENT, desk.b.id: PRESENT}
    assert truths_of(desk, desk.a) == {desk.image.id: TruthValue.ABSENT}
    assert undo(desk, ids) == 0
    # Redone under a key of its own, since a key counts once.
    assert tag(desk, desk.a, ids) == Given(0, 0)
    assert tag(desk, desk.a, ids, key="two") == Given(4, 0)


def test_undo_goes_back_through_several_batches(desk: Desk) -> None:
    ids = more_images(desk, 1)
    tag(desk, desk.a, ids, PRESENT, "one")
    tag(desk, desk.a, ids, ABSENT, "two")
    tag(desk, desk.a, ids[:1], UNSURE, "three")
    assert truths_of(desk, desk.a) == {ids[1]: TruthValue.ABSENT}
    undo(desk, ids[:1], "three")
    undo(desk, ids, "two")
    assert truths_of(desk, desk.a) == dict.fromkeys(ids, TruthValue.PRESENT)


def test_what_was_answered_anew_since_then_stays(desk: Desk) -> None:
    ids = more_images(desk, 1)
    tag(desk, desk.a, ids)
    desk.submit({desk.b: PRESENT})
    assert undo(desk, ids) == 1
    assert said(desk, ids[0]) == {desk.a.id: ABSENT, desk.b.id: PRESENT}
    assert said(desk, ids[1]) == {}


def test_sent_twice_it_counts_once_and_in_parts_it_is_one_batch(desk: Desk) -> None:
    ids = more_images(desk, 3)
    tag(desk, desk.a, ids[:2])
    assert tag(desk, desk.a, ids[:2]) == Given(0, 0)
    assert tag(desk, desk.a, ids) == Given(2, 0)
    assert desk.count() == 4
    assert undo(desk, ids) == 4


def test_a_key_of_somebody_else_is_refused(desk: Desk) -> None:
    tag(desk, desk.a, [desk.image.id])
    with pytest.raises(ConflictError):
        tag(desk, desk.a, [desk.image.id], account=AccountFactory.create(session=desk.session))
    with pytest.raises(ConflictError):
        tag(desk, desk.b, [desk.image.id])


def test_nobody_undoes_what_another_gave(desk: Desk) -> None:
    tag(desk, desk.a, [desk.image.id])
    other = AccountFactory.create(session=desk.session)
    assert bulk_answers.take_back(desk.session, account=other, batch_key="one", image_ids=[desk.image.id]) == 0


def test_images_left_out_are_passed_by_and_strange_ones_refused(desk: Desk) -> None:
    ids = more_images(desk, 1)
    desk.image.excluded_at = now()
    desk.session.flush()
    assert tag(desk, desk.a, ids) == Given(1, 1)
    elsewhere = make_desk(desk.session)
    with pytest.raises(NotFoundError):
        tag(desk, desk.a, [elsewhere.image.id], key="two")
    with pytest.raises(NotFoundError):
        tag(desk, elsewhere.a, ids, key="two")


def test_images_given_to_other_people_are_left_to_them(desk: Desk) -> None:
    ids = more_images(desk, 3)
    other = AccountFactory.create(session=desk.session)
    desk.session.add_all(Assignment(image_id=image_id, account_id=other.id) for image_id in ids[:2])
    desk.session.add(Assignment(image_id=ids[1], account_id=desk.person.id))
    assert tag(desk, desk.a, ids) == Given(3, 0, (ids[0],))
    assert set(truths_of(desk, desk.a)) == set(ids[1:])
    # The one they were given to may, and so may whoever oversees the work.
    assert tag(desk, desk.a, ids[:1], key="two", account=other) == Given(1, 0)
    assert tag(desk, desk.b, ids, key="three", overseeing=True) == Given(4, 0)


def test_what_was_answered_before_it_was_given_to_others_stands_and_can_be_taken_back(desk: Desk) -> None:
    tag(desk, desk.a, [desk.image.id])
    other = AccountFactory.create(session=desk.session)
    desk.session.add(Assignment(image_id=desk.image.id, account_id=other.id))
    # Sent again because the confirmation was lost: nothing is refused that counts already.
    assert tag(desk, desk.a, [desk.image.id]) == Given(0, 0)
    assert truths_of(desk, desk.a) == {desk.image.id: TruthValue.PRESENT}
    assert undo(desk, [desk.image.id]) == 1
    assert truths_of(desk, desk.a) == {}


def test_an_image_that_somebody_holds_at_the_desk_is_answered_all_the_same(desk: Desk) -> None:
    other = AccountFactory.create(session=desk.session)
    assert claims.take(desk.session, desk.project, other, [desk.image.id]) == [desk.image.id]
    assert tag(desk, desk.a, [desk.image.id]) == Given(1, 0)
    # One label uses up no place at the desk: whoever holds the image answers for all labels, and both count.
    assert desk.needed() == 1
    desk.submit({desk.b: PRESENT}, account=other)
    assert desk.needed() == 0


def test_a_removed_label_none_and_too_many_images_are_refused(desk: Desk) -> None:
    with pytest.raises(InvalidInputError):
        tag(desk, desk.a, [])
    with pytest.raises(InvalidInputError):
        tag(desk, desk.a, list(range(1, bulk_answers.PART_MOST + 2)))
    desk.a.removed_at = now()
    with pytest.raises(ConflictError):
        tag(desk, desk.a, [desk.image.id])


def test_nobody_has_read_a_wording_that_does_not_exist_yet(desk: Desk) -> None:
    tag(desk, desk.a, [desk.image.id], version=9)
    current = annotations.current_annotation(desk.session, desk.image.id, desk.person.id)
    assert annotations.answers_of(current)[desk.a.id] == (PRESENT, 1)


def test_two_people_at_once_are_both_counted(desk: Desk) -> None:
    ids = more_images(desk, 9)
    people = [desk.person, AccountFactory.create(session=desk.session)]
    desk.session.commit()
    faults: list[BaseException] = []

    def work(account: Account, order: list[int], answer: Answer) -> None:
        try:
            with session_scope() as opened:
                bulk_answers.give(
                    opened,
                    project=opened.get_one(Project, desk.project.id),
                    account=account,
                    label_id=desk.a.id,
                    version=1,
                    answers=dict.fromkeys(order, answer),
                    batch_key=f"of {account.id}",
                )
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            faults.append(error)

    threads = [
        threading.Thread(target=work, args=(people[0], ids, PRESENT)),
        threading.Thread(target=work, args=(people[1], ids[::-1], ABSENT)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert truths_of(desk, desk.a) == dict.fromkeys(ids, TruthValue.DISPUTED)


def test_a_split_or_new_label_is_answered_beside_a_complete_answer(desk: Desk) -> None:
    desk.submit({desk.a: PRESENT})
    late = LabelFactory.create(session=desk.session, project_id=desk.project.id)
    tag(desk, late, [desk.image.id], ABSENT)
    assert desk.truth() == {
        desk.a.id: TruthValue.PRESENT,
        desk.b.id: TruthValue.ABSENT,
        late.id: TruthValue.ABSENT,
    }


def test_of_an_exclusive_group_the_label_given_last_stays_and_undoing_brings_the_other_back(desk: Desk) -> None:
    kind = LabelGroup(project_id=desk.project.id, title="Kind", exclusive=True)
    desk.session.add(kind)
    desk.session.flush()
    desk.a.group_id = desk.b.group_id = kind.id
    desk.session.flush()
    ids = [desk.image.id]
    tag(desk, desk.a, ids, key="first")
    tag(desk, desk.b, ids, UNSURE, key="second")
    assert said(desk, desk.image.id) == {desk.a.id: PRESENT, desk.b.id: UNSURE}
    tag(desk, desk.b, ids, key="third")
    assert said(desk, desk.image.id) == {desk.a.id: ABSENT, desk.b.id: PRESENT}
    undo(desk, ids, key="third")
    assert said(desk, desk.image.id) == {desk.a.id: PRESENT, desk.b.id: UNSURE}
