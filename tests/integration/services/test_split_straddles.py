"""Images that belong together and are in different splits."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.models import Inspection
from app.services import images, inspections, split_choices, split_plans, split_straddles
from app.services.images import ImageFilter
from app.services.split_choices import FOLDER
from app.services.split_plans import Material
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=12)  # rows 0, 3, 6 and 9 validate, the others teach


def seen(session: Session, world: World) -> Material:
    return split_plans.read(session, world.project.id, world.labels, split_choices.choice_of(world.project))


def test_a_group_in_two_splits_is_found_and_its_address_lists_it(session: Session, world: World) -> None:
    for row in (0, 1, 2):
        world.images[row].group_key = "near-1"
    for row in (4, 5):
        world.images[row].group_key = "near-2"
    session.flush()
    material = seen(session, world)
    found = split_straddles.near_duplicates(material, material.splits)
    assert (found.total, found.of) == (1, 2)
    (torn,) = found.shown
    assert torn.counts == {Split.VALIDATION: 1, Split.TRAIN: 2}
    assert set(torn.image_ids) == {world.images[row].id for row in (0, 1, 2)}
    wanted = ImageFilter(group_key=torn.query["group"])
    assert images.count_images(session, world.project.id, wanted) == 3


@pytest.mark.parametrize("detail", ["source", FOLDER])
def test_a_value_in_two_splits_is_found_and_its_address_lists_it(session: Session, world: World, detail: str) -> None:
    for row, image in enumerate(world.images):
        image.name = f"box {row // 4}/{row}.jpg"
        image.details = {"source": f"box {row // 4}"} if row < 8 else {}
    session.flush()
    material = seen(session, world)
    values = [split_plans.value_of(image, detail) for image in world.images]
    found = split_straddles.of_value(material, material.splits, detail, values)
    assert found.total == found.of == (3 if detail == FOLDER else 2)
    assert found.shown[0].name == "box 0"
    wanted = ImageFilter(slice=found.shown[0].query["slice"])
    assert images.count_images(session, world.project.id, wanted) == 4


def test_pairs_that_an_inspection_found_alike_are_told_once(session: Session, world: World) -> None:
    material = seen(session, world)
    assert split_straddles.look_alikes(session, world.project, material, material.splits).of == 0
    ids = [image.id for image in world.images]
    alike = {0: [(1, 0.9), (2, 0.5)], 1: [(0, 0.9)], 4: [(5, 0.8)], 6: [(7, 0.8)]}
    world.images[6].group_key = world.images[7].group_key = "near-6"
    for row, near in alike.items():
        session.add(
            Inspection(
                run_id=world.run.id,
                image_id=ids[row],
                label_quality=b"",
                outlier=None,
                neighbours=np.array([ids[other] for other, _value in near], dtype="<i8").tobytes(),
                similarities=np.array([value for _other, value in near], dtype="<f4").tobytes(),
            )
        )
    inspections.complete(session, world.run.id, {})
    session.flush()
    material = seen(session, world)
    found = split_straddles.look_alikes(session, world.project, material, material.splits)
    assert (found.total, found.of) == (1, 3)
    assert found.shown[0].image_ids == (ids[0], ids[1])
    assert set(split_straddles.images_of(session, [found])) == {ids[0], ids[1]}
