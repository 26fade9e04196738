import json

import numpy as np
import pytest

from app.domain.statuses import Split
from app.routes.confusion_grids import Show, heatmap, label_by_label, one_label, percent, together
from app.services.confusions import Confusions
from app.services.evidence import Basis, RunLabel

HUMAN, ANIMAL = (
    RunLabel(n, name, "ochre", "", "", 1, "", 1, removed=False) for n, name in enumerate(("human", "animal"))
)


def confusions(*, exclusive: bool = False) -> Confusions:
    return Confusions(
        split=Split.VALIDATION,
        basis=Basis.HALF,
        n_images=20,
        seen_in_training=0,
        labels=(HUMAN, ANIMAL),
        by_label=(),
        label_by_label=np.array([[6, 1, 1], [0, 0, 0], [0, 3, 2]]),
        shown=np.array([[8, 2], [2, 5]]),
        predicted=np.array([[7, 4], [4, 5]]),
        confused=(),
        one_label=np.array([[6, 2], [1, 3]]) if exclusive else None,
    )


def texts(show: Show) -> list[list[str]]:
    return [[cell.text for cell in cells] for _row, cells in label_by_label(confusions(), show).rows]


def test_cells_show_counts_or_shares_of_rows_or_of_columns() -> None:
    assert texts(Show.COUNTS) == [["6", "1", "1"], ["0", "0", "0"], ["0", "3", "2"]]
    assert [text.replace("\N{NO-BREAK SPACE}", "") for text in texts(Show.ROWS)[0]] == ["75%", "12%", "12%"]
    assert set(texts(Show.ROWS)[1]) == {"\N{EN DASH}"}
    assert [row[1].replace("\N{NO-BREAK SPACE}", "") for row in texts(Show.COLUMNS)] == ["25%", "0%", "75%"]


def test_the_tint_follows_the_share_and_tells_errors_from_agreement() -> None:
    rows = label_by_label(confusions(), Show.COUNTS).rows
    assert [cell.depth for cell in rows[0][1]] == [4, 1, 1]
    assert [cell.depth for cell in rows[1][1]] == [0, 0, 0]
    assert [cell.is_error for cell in rows[0][1]] == [False, True, True]
    assert not rows[2][1][2].is_error
    assert rows[2][0] is None


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0 %"), (0.0001, "<1 %"), (0.006, "1 %"), (1.0, "100 %"), (float("nan"), "\N{EN DASH}")]
)
def test_shares_are_whole_per_cents(share: float, text: str) -> None:
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


def test_what_goes_together_is_tinted_by_one_measure_and_tells_the_difference() -> None:
    shown, predicted = together(confusions())
    assert shown.rows[0][1][1].depth == 3
    assert predicted.rows[0][1][1].depth == 5
    assert shown.rows[0][1][0].depth == 0
    assert [cell.difference for cell in predicted.rows[0][1]] == ["\N{MINUS SIGN}1", "+2"]
    assert [cell.difference for cell in predicted.rows[1][1]] == ["+2", ""]
    assert {cell.difference for _row, cells in shown.rows for cell in cells} == {""}
    assert not any(cell.is_error for _row, cells in (*shown.rows, *predicted.rows) for cell in cells)


def test_labels_that_exclude_each_other_have_a_table_of_their_own() -> None:
    assert one_label(confusions(), Show.COUNTS) is None
    grid = one_label(confusions(exclusive=True), Show.COUNTS)
    assert grid is not None
    assert grid.columns == (HUMAN, ANIMAL)
    assert [cell.text for cell in grid.rows[1][1]] == ["1", "3"]


def test_a_drawing_holds_every_cell_with_its_words() -> None:
    grid = label_by_label(confusions(), Show.COUNTS)
    spec = heatmap([("", grid)])
    values = spec["data"]["values"]
    assert len(values) == 9
    assert {value["row"] for value in values} == {"human", "animal", "No label shown"}
    assert {value["column"] for value in values} == {"human", "animal", "Nothing added"}
    assert json.loads(json.dumps(spec)) == spec


def test_two_tables_are_drawn_beside_each_other_in_the_order_given() -> None:
    shown, predicted = together(confusions())
    spec = heatmap([("Shown", shown), ("Predicted", predicted)])
    assert spec["facet"]["column"]["sort"] == ["Shown", "Predicted"]
    assert len(spec["data"]["values"]) == 8
