"""A page of verdicts counts as one: once, all or none, and back in one step."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import TruthValue, Verdict
from app.errors import ConflictError, NotFoundError
from app.models import Account, Image, Review, Truth
from app.services import bulk_reviews, review_lists, reviews
from app.services.bulk_reviews import Given
from app.services.list_queries import ListQuery
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def page(session: Session, world: World) -> list[Given]:
    pairs = list(review_lists.open_list(session, world.run, ListQuery(label=world.labels[0].id)).pairs())
    verdicts = [Verdict.LABEL_ERROR] * len(pairs)
    verdicts[1], verdicts[2] = Verdict.MODEL_ERROR, Verdict.EXCLUDE
    return [Given(image, label, verdict) for (image, label), verdict in zip(pairs, verdicts, strict=True)]


def confirm(
    session: Session, world: World, given: list[Given], key: str = "batch-0001", account: Account | None = None
) -> list[Review]:
    return bulk_reviews.judge_all(
        session,
        project=world.project,
        run=world.run,
        account=account or world.reviewer,
        given=given,
        batch_key=key,
        list_kind="errors",
    )


def undo(session: Session, world: World, key: str, account: Account | None = None) -> list[Review]:
    who = account or world.reviewer
    return bulk_reviews.undo(session, project=world.project, run=world.run, account=who, key=key)


def state(session: Session) -> tuple[dict[tuple[int, int], TruthValue], set[int]]:
    truths = {(image, label): value for image, label, value in session.execute(
        select(Truth.image_id, Truth.label_id, Truth.value)
    )}  # fmt: skip
    return truths, set(session.scalars(select(Image.id).where(Image.excluded_at.is_not(None))))


def test_a_page_is_judged_and_taken_back_in_one_step(session: Session, world: World) -> None:
    before = state(session)
    given = page(session, world)
    assert len(given) > 3
    confirm(session, world, given)
    truths, excluded = state(session)
    for one in given:
        value = before[0][one.image_id, one.label_id]
        flipped = TruthValue.ABSENT if value is TruthValue.PRESENT else TruthValue.PRESENT
        expected = flipped if one.verdict is Verdict.LABEL_ERROR else value
        assert truths[one.image_id, one.label_id] is expected
    assert excluded == {given[2].image_id}
    assert reviews.count(session, world.run) == len(given)
    assert len(undo(session, world, "batch-0001")) == len(given)
    assert state(session) == before
    assert undo(session, world, "batch-0001") == []


def test_sent_twice_it_counts_once(session: Session, world: World) -> None:
    given = page(session, world)
    first = confirm(session, world, given)
    assert [review.id for review in confirm(session, world, given)] == [review.id for review in first]
    assert session.scalar(select(func.count()).select_from(Review)) == len(given)
    with pytest.raises(ConflictError):
        confirm(session, world, given, account=world.lead)


def test_taking_it_back_brings_earlier_verdicts_of_this_person_back(session: Session, world: World) -> None:
    given = page(session, world)
    one = given[0]
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=one.image_id,
        label_id=one.label_id,
        verdict=Verdict.AMBIGUOUS,
        client_key="key-00001",
    )
    confirm(session, world, given)
    undo(session, world, "batch-0001")
    standing = reviews.verdicts(session, world.run)
    assert {pair: said.review.verdict for pair, said in standing.items()} == {
        (one.image_id, one.label_id): Verdict.AMBIGUOUS
    }


def test_a_page_of_somebody_else_stays(session: Session, world: World) -> None:
    confirm(session, world, page(session, world))
    assert undo(session, world, "batch-0001", world.lead) == []
    assert reviews.count(session, world.run) > 0


def test_undo_by_the_key_of_one_verdict_takes_that_one_back(session: Session, world: World) -> None:
    given = page(session, world)
    made = confirm(session, world, given)
    taken = undo(session, world, made[0].client_key or "")
    assert [review.id for review in taken] == [made[0].id]
    # The rest of the page can still be taken back at once.
    assert len(undo(session, world, "batch-0001")) == len(given) - 1


def test_what_the_run_does_not_know_refuses_the_page(session: Session, world: World) -> None:
    with pytest.raises(NotFoundError):
        confirm(session, world, [Given(999_999, world.labels[0].id, Verdict.LABEL_ERROR)])
