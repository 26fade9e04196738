"""The head of the list of errors is the list's, place by place."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Split, Verdict
from app.models.types import now
from app.services import measurements, review_lists, reviews
from app.services.evidence import Basis
from app.services.list_queries import ListQuery
from app.services.worst_errors import worst_errors
from tests.run_factory import make_world


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("split", [Split.VALIDATION, Split.TRAIN])
@pytest.mark.parametrize("prepared", [False, True], ids=["at once", "kept"])
def test_the_head_is_that_of_the_whole_list(session: Session, split: Split, basis: Basis, prepared: bool) -> None:
    world = make_world(session, n=90, unknown=0.1)
    if prepared:
        measurements.prepare(session, world.run)
    listed = review_lists.open_list(session, world.run, ListQuery(split=split, basis=basis))
    first = review_lists.entries(session, listed, [0])[0]
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=first.image.id,
        label_id=first.label.id,
        verdict=Verdict.MODEL_ERROR,
        client_key="head-of-list",
    )
    listed = review_lists.open_list(session, world.run, ListQuery(split=split, basis=basis))

    head = worst_errors(session, world.run, split, basis, 8)

    assert head == review_lists.entries(session, listed, range(8))
    assert head[0].said is not None


def test_an_excluded_image_is_passed_by_and_the_others_keep_their_places(session: Session) -> None:
    world = make_world(session, n=90)
    before = worst_errors(session, world.run, Split.VALIDATION, Basis.TUNED, 4)
    before[1].image.excluded_at = now()
    session.flush()

    after = worst_errors(session, world.run, Split.VALIDATION, Basis.TUNED, 3)

    assert [entry.position for entry in after] == [
        entry.position for entry in before if entry.image.id != before[1].image.id
    ][:3]


def test_a_split_without_images_has_none(session: Session) -> None:
    assert worst_errors(session, make_world(session).run, Split.TEST, Basis.TUNED, 8) == []
