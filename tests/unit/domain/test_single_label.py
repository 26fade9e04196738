import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import confusion_matrix

from app.domain.single_label import labels_exclude_each_other, only_labels, single_label_confusion
from tests.unit.domain.strategies import Matrix, cases, reproducible


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("labels", [2, 7])
def test_the_table_equals_scikit_learns(seed: int, labels: int) -> None:
    generator = np.random.default_rng(seed)
    # The last label is never true; few distinct values make ties.
    true = generator.integers(0, labels - 1, 80)
    probabilities = generator.integers(0, 4, (80, labels)) / 4
    made = single_label_confusion(np.eye(labels, dtype=int)[true], probabilities)
    assert (made == confusion_matrix(true, probabilities.argmax(axis=1), labels=range(labels))).all()


@reproducible
@given(cases(unknown=True))
def test_only_images_with_one_label_and_no_unknown_one_count(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, _thresholds = case
    kept = [row for row, cells in enumerate(truth) if (cells >= 0).all() and cells.sum() == 1]
    assert np.flatnonzero(only_labels(truth) >= 0).tolist() == kept
    made = single_label_confusion(truth, probabilities)
    true, said = truth[kept].argmax(axis=1), probabilities[kept].argmax(axis=1)
    expected = confusion_matrix(true, said, labels=range(truth.shape[1])) if kept else np.zeros_like(made)
    assert (made == expected).all()


@pytest.mark.parametrize(
    ("truth", "exclude"),
    [
        ([[1, 0], [0, 1]], True),
        # What is not wholly known says nothing for or against it.
        ([[1, 0], [1, -1], [-1, -1]], True),
        ([[1, 0], [1, 1]], False),
        ([[1, 0], [0, 0]], False),
        ([[1], [1]], False),
        ([[1, -1]], False),
        (np.zeros((0, 3)), False),
    ],
)
def test_labels_exclude_each_other_where_every_known_image_shows_exactly_one(truth: Matrix, exclude: bool) -> None:
    assert labels_exclude_each_other(truth) is exclude
