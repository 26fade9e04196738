"""The largest loss of each label is the one that scikit-learn's log loss gives for that image alone."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.services import evidence, largest_losses
from tests.run_factory import make_world


def test_it_is_the_image_with_the_highest_log_loss(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    seen = evidence.load(session, world.run)
    found = largest_losses.find(session, seen, seen.truth)
    best = 0.0
    for column, label in enumerate(seen.labels):
        alone = {
            row: log_loss([seen.truth[row, column]], [seen.probabilities[row, column]], labels=[0, 1])
            for row in np.flatnonzero(seen.truth[:, column] >= 0)
        }
        row, loss = max(alone.items(), key=lambda pair: pair[1])
        largest = found.by_label[label.id]
        assert largest is not None
        assert (largest.image.id, largest.label.id) == (seen.image_ids[row], label.id)
        assert largest.loss == pytest.approx(loss, rel=1e-6)
        assert largest.probability == seen.probabilities[row, column]
        assert largest.present == (seen.truth[row, column] == 1)
        assert largest.is_listed == (seen.predictions[row, column] != seen.truth[row, column])
        best = max(best, loss)
    assert found.overall is not None
    assert found.overall.loss == pytest.approx(best, rel=1e-6)


def test_another_truth_may_make_another_place_the_worst(session: Session) -> None:
    world = make_world(session)
    seen = evidence.load(session, world.run)
    row = int(seen.probabilities[:, 0].argmax())
    turned = seen.truth.copy()
    turned[row, 0] = 0
    largest = largest_losses.find(session, seen, turned).by_label[seen.labels[0].id]
    assert largest is not None
    assert largest.image.id == seen.image_ids[row]
    # By the answers the run knew itself, this was right or not; only then it stands in its list.
    assert largest.is_listed == (seen.predictions[row, 0] != seen.truth[row, 0])


def test_where_nothing_is_known_there_is_none(session: Session) -> None:
    world = make_world(session, n=24)
    seen = evidence.load(session, world.run)
    unknown = np.full_like(seen.truth, -1)
    found = largest_losses.find(session, seen, unknown)
    assert found.overall is None
    assert set(found.by_label.values()) == {None}
    nobody = seen.part([], range(len(seen.labels)))
    assert largest_losses.find(session, nobody, nobody.truth).overall is None
    assert world.rows(Split.VALIDATION)
