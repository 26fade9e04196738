import numpy as np
from hypothesis import given
from sklearn.metrics import multilabel_confusion_matrix

from app.domain.confusion import Confused, label_confusions, missed_instead, most_confused, shares
from tests.unit.domain.strategies import Matrix, cases, reproducible

HUMAN, ANIMAL, HOUSE = 0, 1, 2
#                  right      human missed, animal instead  human missed, alone  both missed, house added
TRUTH = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0], [1, -1, 0]], dtype=np.int8)
PREDICTED = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]])


@reproducible
@given(cases(unknown=False))
def test_the_tables_equal_scikit_learns(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)

    tables = [table.counts for table in label_confusions(truth, predicted)]

    expected = multilabel_confusion_matrix(truth, predicted)
    assert [[[tn, fp], [fn, tp]] for tp, fp, fn, tn in tables] == expected.tolist()


@reproducible
@given(cases(unknown=True))
def test_every_known_row_stands_in_one_cell_and_says_what_that_cell_says(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)

    for table in label_confusions(truth, predicted):
        cells = {
            (1, 1): table.true_positives,
            (0, 1): table.false_positives,
            (1, 0): table.false_negatives,
            (0, 0): table.true_negatives,
        }
        for (true, said), rows in cells.items():
            assert (truth[rows, table.label] == true).all()
            assert (predicted[rows, table.label] == said).all()
        together = np.sort(np.concatenate(list(cells.values())))
        assert (together == np.flatnonzero(truth[:, table.label] >= 0)).all()


def test_the_table_says_what_was_added_where_a_label_was_missed() -> None:
    table = missed_instead(TRUTH, PREDICTED)

    assert table.missed.tolist() == [4, 1, 0]
    assert table.counts.tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    # The last image has an animal predicted where nobody knows: that is no error, so nothing was added.
    assert table.nothing_else.tolist() == [2, 0, 0]


def test_every_cell_opens_its_images() -> None:
    table = missed_instead(TRUTH, PREDICTED)

    assert table.rows(HUMAN, ANIMAL).tolist() == [1]
    assert table.rows(HUMAN, HOUSE).tolist() == [3]
    assert table.rows(ANIMAL, HOUSE).tolist() == [3]
    assert table.nothing_else_rows(HUMAN).tolist() == [2, 4]


@reproducible
@given(cases(unknown=True))
def test_counts_are_those_of_the_images_behind_them(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    table = missed_instead(truth, probabilities >= thresholds)

    for missed in range(truth.shape[1]):
        behind = [table.rows(missed, added) for added in range(truth.shape[1])]
        alone = table.nothing_else_rows(missed)
        assert table.counts[missed].tolist() == [rows.size for rows in behind]
        assert table.nothing_else[missed] == alone.size
        assert table.counts[missed, missed] == 0
        # With something else or without: together they are all images on which the label was missed.
        somewhere = set(np.concatenate(behind).tolist())
        assert not somewhere & set(alone.tolist())
        assert len(somewhere) + alone.size == table.missed[missed]


def test_the_most_confused_come_first_down_to_a_least_number() -> None:
    truth = np.array([[1, 0, 0]] * 3 + [[1, 0, 0]] + [[0, 1, 0]] * 3)
    predicted = np.array([[0, 1, 0]] * 3 + [[0, 0, 1]] + [[1, 0, 0]] * 3)
    table = missed_instead(truth, predicted)

    # Of two equally frequent ones, that which makes up more of its label's misses.
    first, second = Confused(ANIMAL, HUMAN, 3, 3), Confused(HUMAN, ANIMAL, 3, 4)
    assert most_confused(table, 3) == [first, second]
    assert most_confused(table) == [first, second, Confused(HUMAN, HOUSE, 1, 4)]
    assert most_confused(table, 4) == []


def test_shares_are_of_rows_or_of_columns_and_undefined_where_there_is_nothing() -> None:
    counts = [[1, 3], [0, 0]]
    assert shares(counts, axis=1)[0].tolist() == [0.25, 0.75]
    assert np.isnan(shares(counts, axis=1)[1]).all()
    assert shares(counts, axis=0).tolist() == [[1, 1], [0, 0]]
