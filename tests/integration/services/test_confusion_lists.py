"""The images behind a cell of a table of labels by labels, each with the label that is judged there."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.cooccurrence import co_occurrence
from app.domain.mlcm import multi_label_confusion
from app.domain.single_label import single_label_confusion
from app.domain.statuses import Split
from app.errors import NotFoundError
from app.services import evidence, review_lists
from app.services.confusion_lists import OF_TWO_LABELS
from app.services.evidence import Basis, Evidence
from app.services.list_queries import ListKind, ListQuery
from app.services.review_lists import ReviewList
from tests.run_factory import World, make_world


def opened(session: Session, world: World, kind: ListKind, row: int | None, column: int | None) -> ReviewList:
    query = ListQuery(kind=kind, label=row, added=column, split=None, basis=Basis.HALF)
    return review_lists.open_list(session, world.run, query)


def known(session: Session, world: World) -> Evidence:
    return evidence.load(session, world.run, None, Basis.HALF)


@pytest.mark.parametrize("unknown", [0.0, 0.2])
@pytest.mark.parametrize("kind", sorted(OF_TWO_LABELS))
def test_every_cell_holds_as_many_places_as_its_table_counts(session: Session, kind: ListKind, unknown: float) -> None:
    world = make_world(session, n=90, n_labels=3, unknown=unknown, seed=3)
    seen = known(session, world)
    together = co_occurrence(seen.truth, seen.predictions)
    counts = {
        ListKind.CONFUSED: multi_label_confusion(seen.truth, seen.predictions).counts,
        ListKind.SHOWN_TOGETHER: together.shown,
        ListKind.PREDICTED_TOGETHER: together.predicted,
        ListKind.ONE_LABEL: single_label_confusion(seen.truth, seen.probabilities),
    }[kind]
    assert counts.sum() > 0
    ids: list[int | None] = [label.id for label in world.labels] + [None]
    for (row, column), count in np.ndenumerate(counts):
        listed = opened(session, world, kind, ids[row], ids[column])
        assert len(listed) == len(set(listed.rows.tolist())) == count
        assert (seen.truth[listed.rows, listed.columns] >= 0).all()


def test_the_label_to_judge_is_the_one_that_was_added_else_the_one_that_was_missed(session: Session) -> None:
    world = make_world(session, n=90, n_labels=3, unknown=0.1, seed=3)
    seen = known(session, world)
    counts = multi_label_confusion(seen.truth, seen.predictions).counts[:3, :3]
    shown, said = np.unravel_index((counts - np.diag(counts.diagonal())).argmax(), counts.shape)
    first, second = world.labels[shown].id, world.labels[said].id
    added = opened(session, world, ListKind.CONFUSED, first, second)
    assert set(added.columns.tolist()) == {said}
    assert (seen.truth[added.rows, shown] == 1).all()
    assert (seen.truth[added.rows, said] == 0).all()
    assert seen.predictions[added.rows, said].all()
    assert set(opened(session, world, ListKind.CONFUSED, first, None).columns.tolist()) == {shown}
    assert set(opened(session, world, ListKind.CONFUSED, None, second).columns.tolist()) == {said}
    assert set(opened(session, world, ListKind.CONFUSED, first, first).columns.tolist()) == {shown}
    nothing = opened(session, world, ListKind.CONFUSED, None, None)
    for row, column in zip(nothing.rows, nothing.columns, strict=True):
        asked = np.flatnonzero(seen.truth[row] >= 0)
        assert seen.probabilities[row, column] == seen.probabilities[row, asked].max()


@pytest.mark.parametrize("kind", sorted(OF_TWO_LABELS))
def test_labels_that_the_run_does_not_know_are_refused(session: Session, kind: ListKind) -> None:
    world = make_world(session, n=9)
    with pytest.raises(NotFoundError):
        opened(session, world, kind, 10**6, world.labels[0].id)
    with pytest.raises(NotFoundError):
        opened(session, world, kind, world.labels[0].id, 10**6)


@pytest.mark.parametrize("kind", sorted(OF_TWO_LABELS - {ListKind.CONFUSED}))
def test_a_table_without_a_row_for_no_label_has_none_to_open(session: Session, kind: ListKind) -> None:
    world = make_world(session, n=9)
    with pytest.raises(NotFoundError):
        opened(session, world, kind, None, world.labels[0].id)


def test_a_split_has_its_own_images(session: Session) -> None:
    world = make_world(session)
    first = world.labels[0].id
    per_split = [
        len(
            review_lists.open_list(
                session, world.run, ListQuery(kind=ListKind.SHOWN_TOGETHER, label=first, added=first, split=split)
            )
        )
        for split in (Split.TRAIN, Split.VALIDATION, None)
    ]
    assert per_split[0] + per_split[1] == per_split[2] == (world.truth[:, 0] == 1).sum()
