from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Verdict, View
from app.models.types import now
from app.services import evidence, list_filters, review_lists, reviews
from app.services.list_queries import ListKind, ListQuery, Reviewed
from tests.factories import AccountFactory, annotate
from tests.run_factory import make_world


def test_of_an_annotator_only_the_labels_answered_now(session: Session) -> None:
    world = make_world(session, unknown=0.2)
    seen = evidence.load(session, world.run, None)
    answered = list_filters.answered_by(session, world.run, world.annotator.id, seen)
    assert (answered == (seen.truth >= 0)).all()
    second = AccountFactory.create(session=session, name="Zoe")
    annotate(session, world.images[4], second, {world.labels[2]: Answer.ABSENT}, View.ANNOTATE)
    past = annotate(session, world.images[5], second, {world.labels[2]: Answer.ABSENT}, View.ANNOTATE)
    past.superseded_at = now()
    session.flush()
    of_second = list_filters.answered_by(session, world.run, second.id, seen)
    row = seen.image_ids.tolist().index(world.images[4].id)
    assert np.argwhere(of_second).tolist() == [[row, 2]]
    assert [each.name for each in list_filters.annotators(session, world.project.id)] == ["Annotator", "Zoe"]
    query = ListQuery(split=None, annotator=second.id)
    listed = review_lists.open_list(session, world.run, query)
    assert set(listed.pairs()) <= {(world.images[4].id, world.labels[2].id)}


def test_a_slice_leaves_only_its_images(session: Session) -> None:
    world = make_world(session)
    for image in world.images[:20]:
        image.details = {"source": "Evening News"}
    session.flush()
    whole = list(review_lists.open_list(session, world.run, ListQuery(split=None)).pairs())
    some = review_lists.open_list(session, world.run, ListQuery(split=None, slice="detail.source:Evening News"))
    inside = {image.id for image in world.images[:20]}
    assert list(some.pairs()) == [pair for pair in whole if pair[0] in inside] != []
    nowhere = ListQuery(kind=ListKind.ERRORS, slice="detail.source:nowhere")
    assert len(review_lists.open_list(session, world.run, nowhere)) == 0


def test_reviewed_is_what_had_a_verdict_at_the_moment_asked_for(session: Session) -> None:
    world = make_world(session)
    seen = evidence.load(session, world.run)
    image_id, label_id = list(review_lists.open_list(session, world.run, ListQuery()).pairs())[1]
    before = now()
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=image_id,
        label_id=label_id,
        verdict=Verdict.AMBIGUOUS,
        client_key="filtered-1",
    )
    assert not list_filters.reviewed_cells(session, world.run, seen, before - timedelta(seconds=1)).any()
    judged = list_filters.reviewed_cells(session, world.run, seen, None)
    assert np.argwhere(judged).tolist() == [[seen.image_ids.tolist().index(image_id), seen.column(label_id)]]
    done = list_filters.let_through(session, world.run, ListQuery(reviewed=Reviewed.DONE), seen)
    still_open = list_filters.let_through(session, world.run, ListQuery(reviewed=Reviewed.OPEN), seen)
    assert (done == judged).all()
    assert (still_open == ~judged).all()
