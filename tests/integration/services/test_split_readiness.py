"""What splits hold, and how well labels can be learned and measured."""

import numpy as np
import pytest
from sqlalchemy.orm import Session
from statsmodels.stats.proportion import proportion_confint

from app.domain.statuses import Split
from app.models.types import now
from app.services import split_choices, split_plans, split_previews, split_readiness
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=60, unknown=0.2, test_share=0.1)


def test_every_image_is_present_absent_disputed_or_unknown_in_its_split(session: Session, world: World) -> None:
    world.images[1].excluded_at, world.images[4].split = now(), None
    session.flush()
    held = split_readiness.holdings(session, world.project.id, world.labels)
    splits = [None if row == 4 else split for row, split in enumerate(world.splits)]
    for column, row in enumerate(held.labels):
        for place in (*Split, None):
            cells = world.truth[[r for r in range(60) if splits[r] is place and r != 1], column]
            found = row.of[place]
            assert (found.present, found.absent) == ((cells == 1).sum(), (cells == 0).sum())
            assert (found.disputed, found.unknown) == (0, (cells == -1).sum())
            assert held.images[place] == len(cells)
    assert held.places == [Split.TRAIN, Split.VALIDATION, Split.TEST, None]


def test_how_far_recall_is_known_is_half_the_wilson_interval_at_one_half(session: Session, world: World) -> None:
    choice = split_choices.choice_of(world.project)
    material = split_plans.read(session, world.project.id, world.labels, choice)
    planned = split_previews.preview(material, world.labels, choice)
    for column, each in enumerate(split_readiness.standings(planned, 0.3)):
        cells = world.truth[world.rows(Split.VALIDATION), column]
        assert each.measure == (cells == 1).sum()
        assert each.learn == (world.truth[world.rows(Split.TRAIN), column] == 1).sum()
        low, high = proportion_confint(each.measure, 2 * each.measure, method="wilson")
        assert each.half_width >= (high - low) / 2
        assert each.missing == 93 - each.measure
        known = (world.truth >= 0).any(axis=1)
        share = (world.truth[known, column] == 1).mean()
        assert each.more_images == round(each.missing / (share * 0.3))
        assert each.is_rare_to_measure == (each.measure < 12)
        assert each.is_rare_to_learn == (each.learn < 10)


def test_a_label_that_nobody_has_seen_needs_an_unknown_number_of_images(session: Session) -> None:
    world = make_world(session, n=12, n_labels=1)
    material = split_plans.read(session, world.project.id, world.labels, split_choices.choice_of(world.project))
    material.truth[:] = np.where(material.truth == 1, 0, material.truth)
    planned = split_previews.preview(material, world.labels, split_choices.choice_of(world.project))
    (only,) = split_readiness.standings(planned, 0.3)
    assert (only.learn, only.measure, only.half_width, only.more_images) == (0, 0, 0.5, None)
