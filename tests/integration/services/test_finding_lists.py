"""What the lists beyond the errors hold, and in what order."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.models import Run
from app.services import inspections, review_lists
from app.services.inspections import Findings
from app.services.list_queries import ListKind, ListQuery
from app.services.review_lists import ReviewList
from tests.run_factory import World, make_run, make_world


def inspected(session: Session, world: World, quality: np.ndarray, outlier: np.ndarray | None = None) -> None:
    ids = np.array([image.id for image in world.images], dtype=np.int64)
    distances = np.full(len(ids), 0.2) if outlier is None else outlier
    none = [ids[:0]] * len(ids)
    found = Findings(ids, np.where(world.truth >= 0, quality, np.nan), distances)
    inspections.write(session, world.run.id, found, none, [np.zeros(0)] * len(ids))
    inspections.complete(session, world.run.id, {"estimated": {}})


def opened(
    session: Session, run: Run, kind: ListKind, *, label: int | None = None, other: int | None = None
) -> ReviewList:
    return review_lists.open_list(session, run, ListQuery(kind=kind, split=None, label=label, other=other))


def test_suspects_are_the_answers_below_one_half_the_worst_first(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    assert len(opened(session, world.run, ListKind.SUSPECTS)) == 0
    quality = np.random.default_rng(8).random(world.truth.shape)
    inspected(session, world, quality)
    listed = opened(session, world.run, ListKind.SUSPECTS)
    expected = sorted(
        (quality[row, column], world.images[row].id, world.labels[column].id)
        for row, column in np.argwhere((world.truth >= 0) & (quality < 0.5))
    )
    assert list(listed.pairs()) == [(image_id, label_id) for _quality, image_id, label_id in expected]
    entry = review_lists.entries(session, listed, [0])[0]
    assert entry.figure == pytest.approx(1 - expected[0][0], abs=1e-6)
    alone = opened(session, world.run, ListKind.SUSPECTS, label=world.labels[1].id)
    assert list(alone.pairs()) == [(i, label) for _quality, i, label in expected if label == world.labels[1].id]


def test_nothing_is_suspected_where_nobody_can_say(session: Session) -> None:
    world = make_world(session)
    inspected(session, world, np.full(world.truth.shape, np.nan))
    assert len(opened(session, world.run, ListKind.SUSPECTS)) == 0


def test_outliers_have_one_place_each_the_strangest_first(session: Session) -> None:
    world = make_world(session)
    distances = np.linspace(0.2, 0.21, len(world.images))
    distances[[7, 30]] = 0.7, 0.9
    inspected(session, world, np.ones(world.truth.shape), distances)
    listed = opened(session, world.run, ListKind.OUTLIERS)
    assert [image_id for image_id, _label in listed.pairs()][:3] == [
        world.images[row].id for row in (30, 7, len(world.images) - 1)
    ]
    assert len(listed) == 12
    assert listed.losses[listed.rows, listed.columns].tolist() == listed.losses[listed.rows].max(axis=1).tolist()
    alone = opened(session, world.run, ListKind.OUTLIERS, label=world.labels[2].id)
    assert {label_id for _image, label_id in alone.pairs()} == {world.labels[2].id}
    with pytest.raises(NotFoundError):
        opened(session, world.run, ListKind.OUTLIERS, label=10**6)


def test_twins_that_differ_stand_next_to_each_other(session: Session) -> None:
    world = make_world(session)
    for rows, key in (((0, 40), "near-0"), ((5, 9, 11), "near-5")):
        for row in rows:
            world.images[row].group_key = key
    session.flush()
    listed = opened(session, world.run, ListKind.DUPLICATES)
    expected = {}
    for rows in ((0, 40), (5, 9, 11)):
        for column in range(4):
            if len(set(world.truth[list(rows), column].tolist())) > 1:
                expected[(rows, column)] = {(world.images[row].id, world.labels[column].id) for row in rows}
    pairs, groups = list(listed.pairs()), []
    while pairs:
        group = next(each for each in expected.values() if pairs[0] in each)
        assert set(pairs[: len(group)]) == group
        groups.append(group)
        pairs = pairs[len(group) :]
    assert len(groups) == len(expected) > 0
    numbers = [entry.figure for entry in review_lists.entries(session, listed, range(len(listed)))]
    assert numbers == sorted(number for number in numbers if number is not None)
    assert listed.losses[listed.rows[: len(groups[0])], listed.columns[0]].max() == max(
        listed.losses[listed.rows, listed.columns]
    )


def test_two_runs_disagree_where_they_judge_differently(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    other = make_run(
        session,
        world.project,
        world.labels[1:],
        world.images[:50],
        world.splits[:50],
        world.truth[:50, 1:],
        np.clip(1.1 - world.probabilities[:50, 1:], 0, 1).astype(np.float32),
        number=2,
        active=False,
    )
    assert len(opened(session, world.run, ListKind.DISAGREEMENT)) == 0
    listed = opened(session, world.run, ListKind.DISAGREEMENT, other=other.number)
    entries = review_lists.entries(session, listed, range(len(listed)))
    gaps = [abs(entry.probability - (entry.figure or 0)) for entry in entries]
    assert gaps == sorted(gaps, reverse=True) != []
    assert world.labels[0].id not in {entry.label.id for entry in entries}
    assert all(entry.figure == pytest.approx(min(1, 1.1 - entry.probability), abs=1e-6) for entry in entries)
    back = opened(session, other, ListKind.DISAGREEMENT, other=world.run.number)
    assert sorted(back.pairs()) == sorted(listed.pairs())
