import numpy as np
from hypothesis import given

from app.domain.cooccurrence import co_occurrence
from tests.unit.domain.strategies import Matrix, cases, reproducible


@reproducible
@given(cases(unknown=False))
def test_where_all_is_known_it_is_the_product_of_the_tables(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    table = co_occurrence(truth, predicted)
    assert (table.shown == truth.T.astype(int) @ truth.astype(int)).all()
    assert (table.predicted == predicted.T @ predicted).all()


@reproducible
@given(cases(unknown=True))
def test_counts_are_those_of_the_images_behind_them_and_both_are_known_there(
    case: tuple[Matrix, Matrix, Matrix],
) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    table = co_occurrence(truth, predicted)
    for first in range(truth.shape[1]):
        for second in range(truth.shape[1]):
            pair = [first, second]
            shown = [row for row, cells in enumerate(truth[:, pair]) if (cells == 1).all()]
            said = [
                row
                for row, cells in enumerate(truth[:, pair])
                if (cells >= 0).all() and (predicted[row, pair] == 1).all()
            ]
            assert table.shown_rows(first, second).tolist() == shown
            assert table.predicted_rows(first, second).tolist() == said
            assert (table.shown[first, second], table.predicted[first, second]) == (len(shown), len(said))
    assert (table.shown == table.shown.T).all()
    assert (table.predicted == table.predicted.T).all()


def test_a_label_that_is_unknown_goes_with_nothing() -> None:
    table = co_occurrence(np.array([[1, -1], [1, 1]]), np.array([[1, 1], [0, 1]]))
    assert table.shown.tolist() == [[2, 1], [1, 1]]
    assert table.predicted.tolist() == [[1, 0], [0, 1]]
