"""Verdicts settle one label, count once, replace the reviewer's earlier one, and can be taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue, Verdict, View
from app.errors import ConflictError, NotFoundError
from app.models import Account, Annotation, Review, Truth
from app.models.types import now
from app.services import annotations, reviews
from tests.run_factory import World, make_world

ROW, COLUMN = 3, 1


def told(world: World) -> bool:
    return bool(world.truth[ROW, COLUMN])


def judge(
    session: Session, world: World, verdict: Verdict, key: str, account: Account | None = None, row: int = ROW
) -> Review:
    return reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=account or world.reviewer,
        image_id=world.images[row].id,
        label_id=world.labels[COLUMN].id,
        verdict=verdict,
        client_key=key,
    )


def undo(session: Session, world: World, key: str, account: Account | None = None) -> Review | None:
    who = account or world.reviewer
    return reviews.undo(session, project=world.project, run=world.run, account=who, client_key=key)


def truth(session: Session, world: World) -> dict[int, bool]:
    rows = session.execute(select(Truth.label_id, Truth.value).where(Truth.image_id == world.images[ROW].id))
    return {label_id: value is TruthValue.PRESENT for label_id, value in rows}


def test_a_label_error_turns_that_label_around_and_no_other(session: Session) -> None:
    world = make_world(session)
    before = truth(session, world)
    review = judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    label_id = world.labels[COLUMN].id
    assert truth(session, world) == before | {label_id: not before[label_id]}
    decision = session.get_one(Annotation, review.annotation_id)
    assert (decision.view, decision.account_id) == (View.REVIEW, world.reviewer.id)
    assert [answer.label_id for answer in decision.answers] == [label_id]


def test_a_model_error_confirms_what_people_said_against_later_votes(session: Session) -> None:
    world = make_world(session)
    judge(session, world, Verdict.MODEL_ERROR, "key-00001")
    answer = Answer.ABSENT if told(world) else Answer.PRESENT
    annotations.submit(
        session,
        project=world.project,
        image_id=world.images[ROW].id,
        account=world.annotator,
        answers={world.labels[COLUMN].id: answer},
        view=View.ANNOTATE,
    )
    assert truth(session, world)[world.labels[COLUMN].id] == told(world)


def test_ambiguous_is_noted_and_changes_nothing(session: Session) -> None:
    world = make_world(session)
    before = truth(session, world)
    review = judge(session, world, Verdict.AMBIGUOUS, "key-00001")
    assert review.annotation_id is None
    assert truth(session, world) == before


def test_the_same_key_counts_once(session: Session) -> None:
    world = make_world(session)
    first = judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    again = judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    assert first.id == again.id
    decisions = session.scalars(select(Annotation).where(Annotation.view == View.REVIEW)).all()
    assert len(decisions) == 1


def test_a_key_of_another_verdict_is_refused(session: Session) -> None:
    world = make_world(session)
    judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    with pytest.raises(ConflictError):
        judge(session, world, Verdict.LABEL_ERROR, "key-00001", row=ROW + 1)
    with pytest.raises(ConflictError):
        judge(session, world, Verdict.LABEL_ERROR, "key-00001", account=world.lead)


def test_undo_brings_the_votes_back_and_may_be_sent_twice(session: Session) -> None:
    world = make_world(session)
    before = truth(session, world)
    judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    for _time in range(2):
        assert undo(session, world, "key-00001") is not None
        assert truth(session, world) == before
    assert reviews.verdicts(session, world.run) == {}


def test_undo_of_what_never_arrived_or_is_another_persons_changes_nothing(session: Session) -> None:
    world = make_world(session)
    judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    assert undo(session, world, "key-unknown") is None
    assert undo(session, world, "key-00001", account=world.lead) is None
    assert reviews.count(session, world.run) == 1


def test_a_second_verdict_replaces_the_first_and_undo_brings_that_back(session: Session) -> None:
    world = make_world(session)
    label_id = world.labels[COLUMN].id
    judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    judge(session, world, Verdict.AMBIGUOUS, "key-00002")
    assert truth(session, world)[label_id] == told(world)
    undo(session, world, "key-00002")
    said = reviews.verdicts(session, world.run)[world.images[ROW].id, label_id]
    assert said.review.verdict is Verdict.LABEL_ERROR
    assert truth(session, world)[label_id] != told(world)
    undo(session, world, "key-00001")
    assert truth(session, world)[label_id] == told(world)


def test_of_two_reviewers_the_later_one_counts(session: Session) -> None:
    world = make_world(session)
    label_id = world.labels[COLUMN].id
    judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    judge(session, world, Verdict.MODEL_ERROR, "key-00002", account=world.lead)
    said = reviews.verdicts(session, world.run)[world.images[ROW].id, label_id]
    assert (said.review.verdict, said.who) == (Verdict.MODEL_ERROR, "Lead")
    assert truth(session, world)[label_id] == told(world)
    undo(session, world, "key-00002", account=world.lead)
    assert truth(session, world)[label_id] != told(world)
    assert reviews.count(session, world.run) == 1


def test_verdicts_can_be_looked_at_as_of_a_moment(session: Session) -> None:
    world = make_world(session)
    opened = now()
    review = judge(session, world, Verdict.LABEL_ERROR, "key-00001")
    assert reviews.verdicts(session, world.run, as_of=opened) == {}
    later = review.created_at + timedelta(microseconds=1)
    undo(session, world, "key-00001")
    assert len(reviews.verdicts(session, world.run, as_of=later)) == 1
    assert reviews.verdicts(session, world.run) == {}


def test_what_the_run_was_not_told_cannot_be_judged(session: Session) -> None:
    world = make_world(session, unknown=0.2)
    row = next(i for i in range(60) if world.truth[i, COLUMN] < 0 and (world.truth[i] >= 0).any())
    with pytest.raises(ConflictError):
        judge(session, world, Verdict.LABEL_ERROR, "key-00001", row=row)
    with pytest.raises(NotFoundError):
        reviews.known_truth(session, world.run, world.images[0].id, 10**6)
