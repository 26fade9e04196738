"""What becomes of answers, on both databases."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, TruthValue, View
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Account, Annotation, AnnotationAnswer
from app.models.types import now
from app.services import annotations
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory


@pytest.fixture
def desk(session: Session) -> Desk:
    return make_desk(session)


def values(annotation: Annotation) -> dict[int, Answer]:
    return {given.label_id: given.value for given in annotation.answers}


def test_an_untouched_label_is_absent(desk: Desk) -> None:
    made = desk.submit({desk.a: Answer.PRESENT})
    assert values(made) == {desk.a.id: Answer.PRESENT, desk.b.id: Answer.ABSENT}
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}


def test_none_apply_is_an_answer(desk: Desk) -> None:
    desk.submit({})
    assert desk.truth() == {desk.a.id: TruthValue.ABSENT, desk.b.id: TruthValue.ABSENT}


def test_a_label_that_was_not_on_the_screen_stays_unknown(desk: Desk) -> None:
    made = desk.submit({}, asked={desk.a.id: 1})
    assert values(made) == {desk.a.id: Answer.ABSENT}
    assert desk.truth() == {desk.a.id: TruthValue.ABSENT}


def test_an_answer_remembers_the_wording_it_was_given_under(desk: Desk) -> None:
    desk.a.definition_version = 3
    desk.session.flush()
    made = desk.submit({}, asked={desk.a.id: 2, desk.b.id: 9})
    assert {given.label_id: given.definition_version for given in made.answers} == {desk.a.id: 2, desk.b.id: 1}


def test_a_correction_supersedes_and_the_earlier_answer_is_kept(desk: Desk) -> None:
    first = desk.submit({desk.a: Answer.PRESENT})
    second = desk.submit({desk.b: Answer.PRESENT})
    assert first.superseded_at is not None
    assert second.superseded_at is None
    assert values(first)[desk.a.id] is Answer.PRESENT
    assert desk.truth() == {desk.a.id: TruthValue.ABSENT, desk.b.id: TruthValue.PRESENT}


def test_a_second_person_is_a_second_opinion(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT})
    other = AccountFactory.create(session=desk.session)
    desk.submit({}, account=other)
    assert desk.truth() == {desk.a.id: TruthValue.DISPUTED, desk.b.id: TruthValue.ABSENT}


def test_the_same_save_twice_counts_once(desk: Desk) -> None:
    first = desk.submit({desk.a: Answer.PRESENT}, client_key="k1")
    again = desk.submit({desk.a: Answer.PRESENT}, client_key="k1")
    assert again.id == first.id
    assert desk.count() == 1
    assert first.superseded_at is None


def test_another_persons_key_is_refused(desk: Desk) -> None:
    desk.submit({}, client_key="k1")
    with pytest.raises(ConflictError):
        desk.submit({}, client_key="k1", account=AccountFactory.create(session=desk.session))


def test_a_present_answer_for_a_removed_label_is_refused_with_its_name(desk: Desk) -> None:
    desk.a.removed_at = now()
    with pytest.raises(ConflictError) as refusal:
        desk.submit({desk.a: Answer.PRESENT})
    assert desk.a.name in refusal.value.sentence
    # Untouched, a removed label needs no answer, and the others keep theirs.
    made = desk.submit({desk.b: Answer.PRESENT}, asked={desk.a.id: 1, desk.b.id: 1})
    assert values(made) == {desk.b.id: Answer.PRESENT}


def test_an_excluded_image_is_refused_with_its_name(desk: Desk) -> None:
    desk.image.excluded_at = now()
    desk.session.flush()
    with pytest.raises(ConflictError) as refusal:
        desk.submit({})
    assert desk.image.name in refusal.value.sentence


def test_what_belongs_to_another_project_is_refused(desk: Desk) -> None:
    other = ProjectFactory.create(session=desk.session)
    stranger = LabelFactory.create(session=desk.session, project_id=other.id)
    with pytest.raises(InvalidInputError):
        desk.submit({stranger: Answer.PRESENT})
    elsewhere = ImageFactory.create(session=desk.session, project_id=other.id)
    with pytest.raises(NotFoundError):
        desk.submit({}, image_id=elsewhere.id)


def test_a_project_without_labels_has_nothing_to_answer(desk: Desk) -> None:
    for label in (desk.a, desk.b):
        label.removed_at = now()
    with pytest.raises(ConflictError):
        desk.submit({})


def test_impossible_times_are_not_kept(desk: Desk) -> None:
    assert desk.submit({}, seconds=float("nan")).seconds is None
    assert desk.submit({}, seconds=-1).seconds is None
    assert desk.submit({}, seconds=2.5).seconds == 2.5


def test_what_was_said_earlier_of_other_labels_stands(desk: Desk) -> None:
    first = desk.submit({desk.a: Answer.PRESENT})
    second = desk.submit({desk.b: Answer.UNSURE}, asked={desk.b.id: 1}, whole=False)
    assert values(second) == {desk.a.id: Answer.PRESENT, desk.b.id: Answer.UNSURE}
    assert (second.whole, first.superseded_at is not None) == (True, True)


def test_an_image_waits_until_somebody_was_asked_for_all_labels(desk: Desk) -> None:
    assert desk.needed() == 1
    part = desk.submit({desk.a: Answer.PRESENT}, asked={desk.a.id: 1}, whole=False, client_key="part")
    assert (part.whole, desk.needed()) == (False, 1)
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT}
    desk.submit({}, client_key="all")
    assert desk.needed() == 0
    desk.decide(Answer.PRESENT)
    assert desk.needed() == 0
    annotations.take_back(desk.session, account=desk.person, client_key="all")
    assert desk.needed() == 1


def test_an_image_waits_for_as_many_people_as_are_wanted(desk: Desk) -> None:
    desk.image.opinions = 3
    for left in (2, 1, 0, 0):
        desk.submit({}, account=AccountFactory.create(session=desk.session))
        assert desk.needed() == left


def test_taking_back_leaves_the_image_untagged(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT}, client_key="k1")
    assert annotations.take_back(desk.session, account=desk.person, client_key="k1") is not None
    assert desk.truth() == {}
    assert annotations.take_back(desk.session, account=desk.person, client_key="k1") is None


def test_taking_a_correction_back_brings_the_earlier_answer_back(desk: Desk) -> None:
    first = desk.submit({desk.a: Answer.PRESENT}, client_key="k1")
    desk.submit({}, client_key="k2")
    annotations.take_back(desk.session, account=desk.person, client_key="k2")
    assert first.superseded_at is None
    assert desk.truth()[desk.a.id] is TruthValue.PRESENT


def test_nobody_takes_back_what_another_answered(desk: Desk) -> None:
    desk.submit({}, client_key="k1")
    other = AccountFactory.create(session=desk.session)
    assert annotations.take_back(desk.session, account=other, client_key="k1") is None
    assert desk.truth() != {}


def test_a_decision_settles_one_label_and_withdrawn_it_does_not(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT})
    first = desk.decide(Answer.ABSENT)
    second = desk.decide(Answer.UNSURE, View.ADJUDICATE)
    assert desk.truth() == {desk.b.id: TruthValue.ABSENT}
    annotations.withdraw(desk.session, second)
    assert desk.truth()[desk.a.id] is TruthValue.ABSENT
    annotations.withdraw(desk.session, first)
    assert desk.truth()[desk.a.id] is TruthValue.PRESENT


def test_a_decision_does_not_supersede_the_same_persons_vote(desk: Desk) -> None:
    vote = desk.submit({desk.a: Answer.PRESENT})
    desk.decide(Answer.PRESENT)
    assert vote.superseded_at is None
    assert annotations.current_annotation(desk.session, desk.image.id, desk.person.id) is vote


def test_votes_and_decisions_keep_to_their_views(desk: Desk) -> None:
    with pytest.raises(ValueError, match="annotate"):
        desk.decide(Answer.PRESENT, View.ANNOTATE)


def together(*work: Callable[[], None]) -> list[BaseException]:
    faults: list[BaseException] = []
    gate = threading.Barrier(len(work))

    def run(step: Callable[[], None]) -> None:
        gate.wait()
        try:
            step()
        except BaseException as fault:  # noqa: BLE001 - handed to the test
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(step,)) for step in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_answers_given_at_the_same_moment_all_count(desk: Desk) -> None:
    people = [AccountFactory.create(session=desk.session) for _ in range(5)]
    desk.session.commit()

    def work(person: Account) -> Callable[[], None]:
        def answer() -> None:
            with session_scope() as own:
                annotations.submit(
                    own,
                    project=desk.project,
                    image_id=desk.image.id,
                    account=person,
                    answers={desk.a.id: Answer.PRESENT},
                    view=View.ANNOTATE,
                )

        return answer

    assert together(*(work(person) for person in people)) == []
    votes = select(func.count()).select_from(AnnotationAnswer).where(AnnotationAnswer.value == Answer.PRESENT)
    assert desk.session.scalar(votes) == 5
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}


def test_the_same_save_sent_twice_at_once_counts_once(desk: Desk) -> None:
    desk.session.commit()

    def save() -> None:
        with session_scope() as own:
            annotations.submit(
                own,
                project=desk.project,
                image_id=desk.image.id,
                account=desk.person,
                answers={},
                view=View.ANNOTATE,
                client_key="once",
            )

    assert together(save, save, save) == []
    assert desk.count() == 1
