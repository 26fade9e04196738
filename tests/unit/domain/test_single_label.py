import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import accuracy_score, confusion_matrix

from app.domain.single_label import (
    accuracy,
    against_rivals,
    decide,
    labels_exclude_each_other,
    only_labels,
    predict_one,
    single_label_confusion,
)
from app.domain.statuses import Labelling
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


@reproducible
@given(cases(unknown=False))
def test_one_label_is_predicted_and_it_is_the_one_that_beats_its_rivals(case: tuple[Matrix, Matrix, Matrix]) -> None:
    _truth, probabilities, _thresholds = case
    predicted = predict_one(probabilities)
    assert (predicted.sum(axis=1) == 1).all()
    assert (predicted.argmax(axis=1) == np.asarray(probabilities).argmax(axis=1)).all()
    shares = against_rivals(probabilities)
    if predicted.shape[1] > 1:
        assert (shares[predicted == 1] >= 0.5).all()
        assert (shares[predicted == 0] <= 0.5).all()


def test_a_missing_probability_predicts_nothing() -> None:
    assert predict_one([[np.nan, 0.2], [0.4, 0.6]]).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("seed", range(3))
def test_accuracy_equals_scikit_learns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    true, probabilities = generator.integers(0, 5, 70), generator.random((70, 5))
    truth = np.eye(5, dtype=int)[true]
    assert accuracy(truth, probabilities) == pytest.approx(accuracy_score(true, probabilities.argmax(axis=1)))
    # An image of which not all is known does not count.
    truth[0, 1] = -1
    assert accuracy(truth, probabilities) == pytest.approx(accuracy_score(true[1:], probabilities[1:].argmax(axis=1)))
    assert np.isnan(accuracy(np.full((2, 5), -1), np.zeros((2, 5))))


def test_thresholds_count_only_where_labels_overlap() -> None:
    given = [[0.3, 0.6], [0.1, 0.2]]
    assert decide(Labelling.OVERLAPPING, given, 0.25).tolist() == [[1, 1], [0, 0]]
    assert decide(Labelling.EXCLUSIVE, given, 0.25).tolist() == [[0, 1], [0, 1]]
