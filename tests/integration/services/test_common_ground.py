"""Runs are compared on the images and labels that all of them know, in one order."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Split
from app.errors import ConflictError
from app.models import Run
from app.services import annotations, common_ground, evidence
from tests.run_factory import World, make_run, make_world


def another(session: Session, world: World, number: int, *, every: int = 3, labels: list[int] | None = None) -> Run:
    """Make a run that validates on every n-th image, and knows its labels in an order of its own."""
    columns = labels or [0, 1, 2, 3]
    return make_run(
        session,
        world.project,
        [world.labels[column] for column in columns],
        world.images,
        [Split.VALIDATION if row % every == 0 else Split.TRAIN for row in range(len(world.images))],
        world.truth[:, columns],
        world.probabilities[::-1, columns],
        number=number,
        active=False,
    )


def test_rows_and_columns_mean_the_same_in_every_part(session: Session) -> None:
    world = make_world(session)
    runs = [world.run, another(session, world, 2, every=2, labels=[3, 1, 0]), another(session, world, 3)]
    ground = common_ground.find(session, runs)
    names = [[label.name for label in part.labels] for part in ground.parts]
    assert names == [["animal", "human", "landscape"]] * 3  # the order of run 3, the newest
    assert ground.image_ids.tolist() == [world.images[row].id for row in range(0, 60, 6)]
    for run, part in zip(runs, ground.parts, strict=True):
        whole = evidence.load(session, run)
        for column, label in enumerate(part.labels):
            own = whole.column(label.id)
            rows = np.isin(whole.image_ids, ground.image_ids)
            assert (part.probabilities[:, column] == whole.probabilities[rows, own]).all()
            assert (part.predictions[:, column] == whole.predictions[rows, own]).all()
            assert (part.truth[:, column] == whole.truth[rows, own]).all()
    assert ground.left_out == (20 - 10) + (30 - 10) + (20 - 10)


def test_images_can_be_left_out(session: Session) -> None:
    world = make_world(session)
    ground = common_ground.find(session, [world.run, another(session, world, 2)])
    gone = ground.image_ids[:4]
    fewer = ground.without(gone)
    assert fewer.image_ids.tolist() == ground.image_ids[4:].tolist()
    assert (fewer.parts[1].predictions == ground.parts[1].predictions[4:]).all()


def test_today_is_read_in_the_order_of_the_part(session: Session) -> None:
    world = make_world(session, unknown=0.2)
    newer = another(session, world, 2, labels=[2, 0])
    ground = common_ground.find(session, [world.run, newer])
    today = common_ground.truth_today(session, newer, ground.parts[1])
    rows = [row for row in range(0, 60, 3) if world.images[row].id in set(ground.image_ids.tolist())]
    assert (today == world.truth[rows][:, [2, 0]]).all()
    # Whatever people answer after the newer run began is read anew: a decision, and the taking back of one.
    whole = evidence.truth_today(session, newer, ground.image_ids.tolist())
    assert (today == whole[:, [newer_column(newer, label.id) for label in ground.labels]]).all()
    wanted = today.copy()
    for place, row in enumerate(rows[:3]):
        said = annotations.decide(
            session,
            project=world.project,
            image_id=world.images[row].id,
            account=world.reviewer,
            label_id=world.labels[0].id,
            answer=Answer.ABSENT if today[place, 1] == 1 else Answer.PRESENT,
        )
        if place == 2:
            annotations.withdraw(session, said)
        else:
            wanted[place, 1] = 0 if today[place, 1] == 1 else 1
    assert (common_ground.truth_today(session, newer, ground.parts[1]) == wanted).all()


def newer_column(run: Run, label_id: int) -> int:
    return [label["id"] for label in run.labels].index(label_id)


def test_nothing_in_common_is_said_with_the_numbers(session: Session) -> None:
    world = make_world(session)
    runs = [world.run, another(session, world, 2), another(session, world, 3)]
    whole = [evidence.load(session, run) for run in runs]
    apart = [whole[0], whole[1], whole[2].part([], range(4))]
    with pytest.raises(ConflictError, match=r"Runs 1, 2 and 3"):
        common_ground.align(runs, apart)
    other_label = [whole[0].part(range(9), [0]), whole[1].part(range(9), [1])]
    with pytest.raises(ConflictError, match=r"Runs 1 and 2"):
        common_ground.align(runs[:2], other_label)
