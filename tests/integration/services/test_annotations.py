"""What becomes of answers, on both databases."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, TruthValue, View
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Account, Annotation, AnnotationAnswer, Image, Import, Label, Project, Truth
from app.models.types import now
from app.services import annotations
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory


@dataclass
class Desk:
    session: Session
    project: Project
    image: Image
    person: Account
    a: Label
    b: Label

    def submit(self, answers: dict[Label, Answer], **more: object) -> Annotation:
        given = {label.id: value for label, value in answers.items()}
        arguments = {"account": self.person, "image_id": self.image.id, "view": View.ANNOTATE} | more
        return annotations.submit(self.session, project=self.project, answers=given, **arguments)  # type: ignore[arg-type]

    def decide(self, answer: Answer, view: View = View.REVIEW) -> Annotation:
        return annotations.decide(
            self.session,
            project=self.project,
            image_id=self.image.id,
            account=self.person,
            label_id=self.a.id,
            answer=answer,
            view=view,
        )

    def bring_in(self, *present: Label, asked: list[Label] | None = None) -> int:
        brought = Import(project_id=self.project.id, source="upload")
        self.session.add(brought)
        self.session.flush()
        return annotations.import_annotations(
            self.session,
            project=self.project,
            import_id=brought.id,
            account_id=None,
            rows=[(self.image.id, frozenset(label.id for label in present))],
            label_ids=[label.id for label in (asked or [self.a, self.b])],
        )

    def truth(self) -> dict[int, TruthValue]:
        query = select(Truth.label_id, Truth.value).where(Truth.image_id == self.image.id)
        return dict(self.session.execute(query).all())

    def count(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Annotation)) or 0


@pytest.fixture
def desk(session: Session) -> Desk:
    project = ProjectFactory.create(session=session)
    return Desk(
        session,
        project,
        ImageFactory.create(session=session, project_id=project.id),
        AccountFactory.create(session=session),
        *(LabelFactory.create(session=session, project_id=project.id) for _ in range(2)),
    )


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


def test_an_import_asks_every_label_and_repeating_it_makes_nothing(desk: Desk) -> None:
    assert desk.bring_in(desk.a) == 1
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}
    assert desk.bring_in(desk.a) == 0
    assert desk.count() == 1


def test_changed_answers_supersede_the_earlier_import(desk: Desk) -> None:
    desk.bring_in(desk.a)
    assert desk.bring_in() == 1
    assert desk.truth() == {desk.a.id: TruthValue.ABSENT, desk.b.id: TruthValue.ABSENT}
    assert desk.count() == 2


def test_an_import_keeps_what_an_earlier_one_said_of_other_labels(desk: Desk) -> None:
    desk.bring_in(desk.a, asked=[desk.a])
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT}
    assert desk.bring_in(asked=[desk.b]) == 1
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}


def test_an_import_does_not_touch_what_people_answered(desk: Desk) -> None:
    by_hand = desk.submit({desk.b: Answer.PRESENT})
    desk.bring_in(desk.a)
    assert by_hand.superseded_at is None
    assert set(desk.truth().values()) == {TruthValue.DISPUTED}


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
