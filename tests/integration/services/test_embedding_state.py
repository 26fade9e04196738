"""How many images are prepared for a quick run is read off the cache, without the network."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.models import Project
from app.models.types import now
from app.services import embedding_state, similarity, tidying
from app.services.tidying import Store
from app.storage import get_storage
from tests.factories import ImageFactory, ProjectFactory
from worker.ml.backbones import DEFAULT, Backbone, Transform
from worker.ml.cache import EmbeddingCache


@pytest.fixture
def project(session: Session, sent: list[tuple[str, int]]) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def network(name: str = DEFAULT) -> Backbone:
    transform = Transform(224, "bicubic", 0.875, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    return Backbone(name, Path(), "ab" * 32, transform, "cpu")


def keep(backbone: Backbone, hashes: list[str]) -> None:
    EmbeddingCache(get_storage().embeddings).put(backbone.identity, hashes, np.ones((len(hashes), 4), dtype=np.float16))


def test_a_project_without_images_is_complete(session: Session, project: Project) -> None:
    found = embedding_state.state(session, get_storage(), project)
    assert (found.images, found.ready, found.at_work, found.is_complete) == (0, 0, False, True)


def test_images_are_counted_that_the_default_network_knows(session: Session, project: Project) -> None:
    images = [ImageFactory.create(session=session, project_id=project.id) for _each in range(4)]
    ImageFactory.create(session=session, project_id=project.id, excluded_at=now())
    hashes = [image.sha256 for image in images]
    plain = network()
    # Other networks and other settings do not help a run that nobody has told anything.
    keep(network(name="tf_efficientnet_lite1"), hashes)
    keep(plain.seeing(mirrored=True), hashes)
    assert embedding_state.state(session, get_storage(), project).ready == 0
    keep(plain, [*hashes[:2], "00" * 32])
    keep(plain, hashes[1:3])
    found = embedding_state.state(session, get_storage(), project)
    assert (found.images, found.ready, found.is_complete) == (4, 3, False)
    keep(plain, hashes[3:])
    assert embedding_state.state(session, get_storage(), project).is_complete
    similarity.request(session, project.id)
    assert embedding_state.state(session, get_storage(), project).at_work


def test_a_damaged_file_counts_as_nothing(session: Session, project: Project) -> None:
    image = ImageFactory.create(session=session, project_id=project.id)
    keep(network(), [image.sha256])
    for path in get_storage().embeddings.glob("*/*.npz"):
        path.rename(path.with_name("renamed.npz"))
        path.with_name("renamed.npz").write_bytes(b"PK\x03\x04 half")
    assert embedding_state.state(session, get_storage(), project).ready == 0


def test_what_a_crash_left_half_written_is_tidied_after_an_hour(session: Session, project: Project) -> None:
    keep(network(), ["00" * 32])
    folder = next(get_storage().embeddings.glob("*"))
    fresh, old = folder / ".tmp-new.npz", folder / ".tmp-old.npz"
    for path in (fresh, old):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 86_400,) * 2)
    found = tidying.leftovers(get_storage(), tidying.needed(session), tidying.limit())
    assert [(each.store, each.path) for each in found] == [(Store.EMBEDDINGS, old)]
