"""The progress of a list: what was judged, what share was wrong, how blind answers fared, whether to go on."""

import pytest
from sqlalchemy.orm import Session
from statsmodels.stats.proportion import proportion_confint

from app.domain.statuses import Answer, Verdict
from app.models import Account
from app.services import review_lists, review_progress, reviews
from app.services.list_queries import ListQuery
from app.services.review_progress import ReviewProgress
from tests.run_factory import World, make_world


def judge(
    session: Session,
    world: World,
    place: int,
    verdict: Verdict,
    blind: Answer | None = None,
    account: Account | None = None,
) -> None:
    image_id, label_id = list(review_lists.open_list(session, world.run, ListQuery()).pairs())[place]
    who = account or world.reviewer
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=who,
        image_id=image_id,
        label_id=label_id,
        verdict=verdict,
        client_key=f"key-{place}-{who.id}-{verdict}",
        blind_answer=blind,
    )


def measure(session: Session, world: World, query: ListQuery | None = None) -> ReviewProgress:
    return review_progress.measure(review_lists.open_list(session, world.run, query or ListQuery()))


def test_nothing_judged_is_no_share(session: Session) -> None:
    found = measure(session, make_world(session))
    assert (found.reviewed, found.wrong.of, found.blind.of, found.advice.stop) == (0, 0, 0, False)


def test_the_share_of_wrong_annotations_has_wilsons_interval(session: Session) -> None:
    world = make_world(session)
    for place, verdict in enumerate([Verdict.LABEL_ERROR, Verdict.MODEL_ERROR, Verdict.LABEL_ERROR, Verdict.AMBIGUOUS]):
        judge(session, world, place, verdict)
    judge(session, world, 4, Verdict.SECOND_OPINION)
    judge(session, world, 5, Verdict.EXCLUDE)
    found = measure(session, world)
    assert (found.reviewed, found.wrong.count, found.wrong.of, found.wrong.value) == (6, 2, 4, 0.5)
    assert tuple(found.wrong.interval) == pytest.approx(proportion_confint(2, 4, method="wilson"))


def test_of_two_reviewers_the_later_one_counts(session: Session) -> None:
    world = make_world(session)
    judge(session, world, 0, Verdict.LABEL_ERROR)
    judge(session, world, 0, Verdict.MODEL_ERROR, account=world.lead)
    found = measure(session, world)
    assert (found.wrong.count, found.wrong.of) == (0, 1)


def test_only_places_of_the_list_count(session: Session) -> None:
    world = make_world(session)
    judge(session, world, 0, Verdict.LABEL_ERROR)
    label_id = next(iter(review_lists.open_list(session, world.run, ListQuery()).pairs()))[1]
    other = next(label.id for label in world.labels if label.id != label_id)
    assert measure(session, world, ListQuery(label=label_id)).wrong.of == 1
    assert measure(session, world, ListQuery(label=other)).wrong.of == 0


def test_blind_answers_are_held_against_the_annotation(session: Session) -> None:
    world = make_world(session)
    listed = review_lists.open_list(session, world.run, ListQuery())
    entries = review_lists.entries(session, listed, range(4))
    for place, (entry, agrees) in enumerate(zip(entries, [True, False, True, None], strict=True)):
        if agrees is None:
            judge(session, world, place, Verdict.AMBIGUOUS, Answer.UNSURE)
        else:
            said = Answer.PRESENT if entry.present == agrees else Answer.ABSENT
            judge(session, world, place, Verdict.MODEL_ERROR if agrees else Verdict.LABEL_ERROR, said)
    found = measure(session, world)
    assert (found.blind.count, found.blind.of) == (2, 3)
