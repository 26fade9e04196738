"""The way of dividing that is proposed, and why."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import SplitMethod
from app.services import similarity, split_choices, split_plans, split_proposals
from app.services.split_choices import FOLDER
from app.services.split_proposals import Proposal
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=120)


def proposed(session: Session, world: World) -> Proposal:
    session.flush()
    material = split_plans.read(session, world.project.id, world.labels, split_choices.choice_of(world.project))
    known = split_proposals.aspects(session, world.project.id, material)
    return split_proposals.propose(session, world.project, material, known)


def see(world: World, vectors: np.ndarray) -> None:
    """Keep vectors as the job does that looks at the images."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.zeros(len(unit), dtype=similarity.stored(unit.shape[1]))
    rows["id"], rows["vector"] = [image.id for image in world.images], unit
    path = similarity.file_of(world.project)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, rows, allow_pickle=False)


def test_without_details_labels_keep_their_shares(session: Session, world: World) -> None:
    made = proposed(session, world)
    assert (made.method, made.detail) == (SplitMethod.STRATIFIED, "")
    world.images[0].group_key = world.images[1].group_key = "near-1"
    assert "groups of them: 1" in proposed(session, world).reason


def test_a_column_that_names_splits_is_proposed(session: Session, world: World) -> None:
    for row, image in enumerate(world.images):
        image.details = {"source": f"box {row % 20}", "Split": "valid" if row % 4 == 0 else "train"}
    made = proposed(session, world)
    assert (made.method, made.detail) == (SplitMethod.COLUMN, "Split")
    for image in world.images[:40]:
        image.details = {"source": "box 1"}
    assert proposed(session, world).method is SplitMethod.STRATIFIED


@pytest.mark.parametrize("detail", ["source", FOLDER])
def test_sources_whose_images_look_alike_are_kept_together(session: Session, world: World, detail: str) -> None:
    rng = np.random.default_rng(4)
    centres = rng.normal(size=(20, 16))
    for row, image in enumerate(world.images):
        image.name = f"box {row % 20}/{row}.jpg" if detail == FOLDER else f"{row}.jpg"
        image.details = {"source": f"box {row % 20}"} if detail == "source" else {}
    assert "look here again" in proposed(session, world).reason
    see(world, np.array([centres[row % 20] + rng.normal(scale=0.3, size=16) for row in range(120)]))
    made = proposed(session, world)
    assert (made.method, made.detail) == (SplitMethod.GROUPED, detail)
    assert "of 100 images, 100 have the one most like them there (by chance it would be 5)" in made.reason


def test_sources_that_look_alike_no_more_than_others_are_not(session: Session, world: World) -> None:
    for row, image in enumerate(world.images):
        image.details = {"source": f"box {row % 20}", "decade": "1940s"}
    see(world, np.random.default_rng(4).normal(size=(120, 16)))
    assert proposed(session, world).method is SplitMethod.STRATIFIED


def test_near_duplicates_alone_do_not_make_a_source_look_alike(session: Session, world: World) -> None:
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(120, 16))
    for row, image in enumerate(world.images):
        image.details = {"source": f"box {row // 2 % 30}"}
        image.group_key = f"near-{row // 2}"
    vectors[1::2] = vectors[::2]
    see(world, vectors)
    assert proposed(session, world).method is SplitMethod.STRATIFIED
