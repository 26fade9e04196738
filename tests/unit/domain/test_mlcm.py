"""The multi-label confusion matrix is the published one, and every cell opens its images."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import confusion_matrix

from app.domain.mlcm import multi_label_confusion
from tests.unit.domain.strategies import Matrix, cases, reproducible

# The worked example of Heydarian, Doyle and Samavi (IEEE Access 10, 2022), three images for each of its three
# categories: true labels, predicted labels, and what the image adds to the matrix (row, column).
EXAMPLE = [
    ("01", "01", {(0, 0), (1, 1)}),
    ("012", "02", {(0, 0), (2, 2), (1, 3)}),
    ("", "", {(3, 3)}),
    ("0", "012", {(0, 0), (0, 1), (0, 2)}),
    ("01", "012", {(0, 0), (1, 1), (0, 2), (1, 2)}),
    ("", "12", {(3, 1), (3, 2)}),
    ("0", "12", {(0, 1), (0, 2)}),
    ("01", "02", {(0, 0), (1, 2)}),
    ("01", "2", {(0, 2), (1, 2)}),
]


def flags(named: Iterable[str], labels: int = 3) -> Matrix:
    return np.array([[int(str(column) in each) for column in range(labels)] for each in named], dtype=np.int8)


def added_to(truth: Matrix, predicted: Matrix) -> set[tuple[int, int]]:
    counts = multi_label_confusion(truth, predicted).counts
    assert counts.max() <= 1
    return {(int(row), int(column)) for row, column in np.argwhere(counts)}


@pytest.mark.parametrize(("true", "predicted", "adds"), EXAMPLE)
def test_each_image_of_the_papers_example_counts_where_the_paper_says(
    true: str, predicted: str, adds: set[tuple[int, int]]
) -> None:
    assert added_to(flags([true]), flags([predicted])) == adds


def test_the_papers_example_adds_up() -> None:
    table = multi_label_confusion(flags([each[0] for each in EXAMPLE]), flags([each[1] for each in EXAMPLE]))
    assert table.counts.tolist() == [[5, 2, 4, 0], [0, 2, 3, 1], [0, 0, 1, 0], [0, 1, 1, 1]]


def test_the_papers_second_example_counts_every_missed_label_with_every_added_one() -> None:
    assert added_to(flags(["012"], 5), flags(["034"], 5)) == {(0, 0), (1, 3), (1, 4), (2, 3), (2, 4)}


def one_by_one(truth: Matrix, predicted: Matrix) -> Matrix:
    """Count as the paper describes it, with sets, image after image."""
    nothing = truth.shape[1]
    counts = np.zeros((nothing + 1, nothing + 1), dtype=int)
    for cells, given_cells in zip(truth.tolist(), predicted.tolist(), strict=True):
        asked = {column for column, cell in enumerate(cells) if cell >= 0}
        true = {column for column in asked if cells[column] == 1}
        said = {column for column in asked if given_cells[column] == 1}
        for column in true & said:
            counts[column, column] += 1
        if said <= true:
            for column in true - said:
                counts[column, nothing] += 1
            counts[nothing, nothing] += bool(asked and not true and not said)
            continue
        for row in (true - said) or true or {nothing}:
            for column in said - true:
                counts[row, column] += 1
    return counts


@reproducible
@given(cases(unknown=True))
def test_it_counts_what_counting_image_by_image_gives(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    assert multi_label_confusion(truth, predicted).counts.tolist() == one_by_one(truth, predicted).tolist()


@reproducible
@given(cases(unknown=True))
def test_every_cell_opens_as_many_images_as_it_counts(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    table = multi_label_confusion(truth, predicted)
    for (row, column), count in np.ndenumerate(table.counts):
        behind = table.rows(row, column)
        assert behind.size == count
        for image in behind:
            alone = multi_label_confusion(truth[[image]], predicted[[image]])
            assert alone.counts[row, column] == 1


@reproducible
@given(cases(unknown=True))
def test_an_unknown_label_counts_as_if_nobody_had_asked(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    counts = multi_label_confusion(truth, predicted).counts
    flipped = np.where(truth < 0, 1 - predicted, predicted)
    assert (multi_label_confusion(truth, flipped).counts == counts).all()
    nobody = np.full((3, truth.shape[1]), -1)
    more = multi_label_confusion(np.vstack([truth, nobody]), np.vstack([predicted, np.ones_like(nobody)])).counts
    assert (more == counts).all()


def test_with_one_label_each_it_is_the_ordinary_confusion_matrix() -> None:
    generator = np.random.default_rng(4)
    true, said = generator.integers(0, 5, (2, 200))
    counts = multi_label_confusion(np.eye(5, dtype=int)[true], np.eye(5, dtype=int)[said]).counts
    assert (counts[:5, :5] == confusion_matrix(true, said, labels=range(5))).all()
    assert not counts[5].any()
    assert not counts[:, 5].any()


@pytest.mark.parametrize("shape", [(0, 3), (4, 1)])
def test_no_image_and_a_single_label_are_no_trouble(shape: tuple[int, int]) -> None:
    table = multi_label_confusion(np.ones(shape), np.zeros(shape))
    assert table.counts.sum() == table.counts[:-1, -1].sum() == np.prod(shape)
