"""Lists are ordered by loss and never move, whatever is put right meanwhile."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.losses import cell_losses, top_losses
from app.domain.statuses import Direction, Split, Verdict
from app.errors import InvalidInputError, NotFoundError
from app.models.types import now
from app.services import evaluations, evidence, review_lists, reviews
from app.services.evidence import Basis
from app.services.list_queries import CellKind, ListKind, ListQuery, Reviewed
from tests.run_factory import World, make_run, make_world


def pairs(session: Session, world: World, query: ListQuery) -> list[tuple[int, int]]:
    return list(review_lists.open_list(session, world.run, query).pairs())


def judge(session: Session, world: World, pair: tuple[int, int], key: str) -> None:
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=pair[0],
        label_id=pair[1],
        verdict=Verdict.LABEL_ERROR,
        client_key=key,
    )


def test_errors_at_half_are_the_top_losses_of_the_domain(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    seen = evidence.load(session, world.run)
    for direction in (None, *Direction):
        wanted = top_losses(seen.truth, seen.probabilities, thresholds=0.5, direction=direction)
        found = pairs(session, world, ListQuery(basis=Basis.HALF, direction=direction))
        assert found == [(int(seen.image_ids[each.row]), seen.labels[each.label].id) for each in wanted]


def test_cells_hold_as_many_images_as_the_report_counts(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    for row in evaluations.report(session, world.run).labels:
        for cell in CellKind:
            query = ListQuery(kind=ListKind.CELL, label=row.label.id, cell=cell)
            assert len(pairs(session, world, query)) == getattr(row.metrics, cell.value)


def test_what_was_added_instead_holds_what_the_table_counts(session: Session) -> None:
    world = make_world(session, n=120)
    labels = [label.id for label in world.labels]
    for row in evaluations.report(session, world.run).instead:
        for column, count in enumerate(row.counts):
            if labels[column] != row.label.id:
                query = ListQuery(kind=ListKind.INSTEAD, label=row.label.id, added=labels[column])
                assert len(pairs(session, world, query)) == count
        alone = ListQuery(kind=ListKind.INSTEAD, label=row.label.id)
        assert len(pairs(session, world, alone)) == row.nothing_else


def test_by_image_the_worst_image_comes_first_with_all_its_errors(session: Session) -> None:
    world = make_world(session)
    listed = review_lists.open_list(session, world.run, ListQuery(kind=ListKind.IMAGES))
    seen = listed.seen
    means = cell_losses(seen.truth, seen.probabilities).mean(axis=1)
    assert (np.diff(means[listed.rows]) <= 0).all()
    assert sorted(listed.pairs()) == sorted(pairs(session, world, ListQuery()))


def test_counts_are_those_of_the_lists(session: Session) -> None:
    world = make_world(session)
    for label_id in (None, world.labels[2].id):
        counted = review_lists.open_list(session, world.run, ListQuery(label=label_id)).counts
        for direction in Direction:
            query = ListQuery(label=label_id, direction=direction)
            assert getattr(counted, direction.value) == len(pairs(session, world, query))
    for direction in (None, *Direction):
        listed = review_lists.open_list(session, world.run, ListQuery(direction=direction))
        for label_id, count in listed.counts.by_label.items():
            assert count == len(pairs(session, world, ListQuery(direction=direction, label=label_id)))
        assert listed.counts.images == len({image_id for image_id, _label in listed.pairs()})


def test_relabelling_moves_nothing(session: Session) -> None:
    world = make_world(session)
    before = pairs(session, world, ListQuery())
    for place in (0, 3, 5):
        judge(session, world, before[place], f"key-{place:05}")
    listed = review_lists.open_list(session, world.run, ListQuery())
    assert list(listed.pairs()) == before
    assert listed.n_reviewed == 3
    entry = review_lists.entries(session, listed, [3])[0]
    assert entry.said is not None
    assert entry.said.review.verdict is Verdict.LABEL_ERROR
    assert entry.present == bool(world.truth[[i.id for i in world.images].index(entry.image.id), :][listed.columns[3]])


def test_a_list_of_what_is_not_reviewed_stays_as_it_was_when_opened(session: Session) -> None:
    world = make_world(session)
    before = pairs(session, world, ListQuery())
    judge(session, world, before[0], "key-00000")
    opened = ListQuery(reviewed=Reviewed.OPEN, as_of=now() + timedelta(microseconds=1))
    assert pairs(session, world, opened) == before[1:]
    judge(session, world, before[2], "key-00002")
    assert pairs(session, world, opened) == before[1:]
    assert pairs(session, world, ListQuery(reviewed=Reviewed.OPEN)) == [before[1], *before[3:]]
    assert pairs(session, world, ListQuery(reviewed=Reviewed.DONE)) == [before[0], before[2]]


def test_a_place_is_found_again_by_its_image_and_label(session: Session) -> None:
    world = make_world(session)
    listed = review_lists.open_list(session, world.run, ListQuery())
    image_id, label_id = list(listed.pairs())[4]
    assert listed.find(image_id, label_id, 4) == 4
    assert listed.find(image_id, label_id, 9) == 4
    assert listed.find(0, 0, 4) is None


def test_entries_beyond_the_ends_are_left_out(session: Session) -> None:
    world = make_world(session)
    listed = review_lists.open_list(session, world.run, ListQuery())
    shown = review_lists.entries(session, listed, range(-3, 2))
    assert [entry.position for entry in shown] == [0, 1]
    assert all(entry.wrong for entry in shown)


def test_all_splits_can_be_listed_together(session: Session) -> None:
    world = make_world(session, test_share=0.25)
    each = [len(pairs(session, world, ListQuery(split=split))) for split in Split]
    assert len(pairs(session, world, ListQuery(split=None))) == sum(each)


def test_flips_are_numbered_as_in_the_list_of_their_label(session: Session) -> None:
    world = make_world(session)
    newer = make_run(
        session,
        world.project,
        world.labels,
        world.images,
        world.splits,
        world.truth,
        np.clip(1 - world.probabilities, 0, 1).astype(np.float32),
        number=2,
        active=False,
    )
    listed = review_lists.open_list(session, newer, ListQuery(kind=ListKind.BROKEN, other=1))
    first = review_lists.first_of_each_label(session, listed, 3)
    for label in world.labels:
        query = ListQuery(kind=ListKind.BROKEN, other=1, label=label.id)
        alone = review_lists.entries(session, review_lists.open_list(session, newer, query), range(3))
        assert [(entry.position, entry.image.id) for entry in first[label.id]] == [
            (entry.position, entry.image.id) for entry in alone
        ]


def test_unknown_labels_and_a_missing_run_are_refused(session: Session) -> None:
    world = make_world(session)
    with pytest.raises(NotFoundError):
        pairs(session, world, ListQuery(label=10**6))
    with pytest.raises(InvalidInputError):
        pairs(session, world, ListQuery(kind=ListKind.FIXED))
