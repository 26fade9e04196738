"""A project whose labels exclude each other, with one finished run that predicts exactly one label an image."""

import numpy as np
import numpy.typing as npt
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.domain.metrics import evaluate_predictions
from app.domain.single_label import accuracy, predict_one
from app.domain.statuses import Labelling, Split
from app.models import LabelGroup, SnapshotItem, ThresholdSet
from app.services.predictions import forget_predictions, write_predictions
from app.services.snapshots import write_items
from tests.run_factory import World, answer, make_world


def one_of_each(n: int, n_labels: int, seed: int = 0) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Draw a truth with exactly one label an image, int8 [n, L], and probabilities that know something of it."""
    generator = np.random.default_rng(seed)
    truth = np.eye(n_labels, dtype=np.int8)[generator.integers(0, n_labels, n)]
    logits = 1.5 * truth + generator.normal(0, 1.0, (n, n_labels))
    shares = np.exp(logits)
    return truth, (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def make_exclusive_world(session: Session, *, n: int = 60, n_labels: int = 4) -> World:
    """Make the project and its run; commit it."""
    world = make_world(session, n=n, n_labels=n_labels)
    group = LabelGroup(project_id=world.project.id, title="Technique", exclusive=True)
    session.add(group)
    session.flush()
    for label in world.labels:
        label.group_id = group.id
    world.truth, world.probabilities = one_of_each(n, n_labels)
    answer(session, world.images, world.labels, world.truth, world.annotator)
    _tell_anew(session, world)
    session.commit()
    return world


def _tell_anew(session: Session, world: World) -> None:
    run = world.run
    run.labelling = Labelling.EXCLUSIVE
    session.execute(delete(ThresholdSet).where(ThresholdSet.run_id == run.id))
    ids = [image.id for image in world.images]
    forget_predictions(session, run.id)
    write_predictions(session, run.id, ids, world.probabilities, [True for _image in ids])
    session.execute(delete(SnapshotItem).where(SnapshotItem.run_id == run.id))
    write_items(session, run.id, ids, world.splits, world.truth)
    rows = world.rows(Split.VALIDATION)
    truth, said = world.truth[rows], world.probabilities[rows].astype(np.float64)
    told = evaluate_predictions(truth, predict_one(said), said).to_dict()
    run.evaluation = {
        "n_validation": len(rows),
        "at_half": told,
        "tuned": told,
        "optimistic": told,
        "accuracy": accuracy(truth, said),
    }
    session.flush()
