"""The further columns of a table of labels."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.csv_text import CsvRefused
from app.formats.detail_columns import LONGEST_VALUE, MOST_COLUMNS, find_details, guarded, unguarded
from app.formats.full_csv import FullRow, LabelCells, full_csv
from app.formats.labels_csv import NO_LABEL_COLUMN, CsvForm, LabelTable, read_labels_csv


def read(text: str, form: CsvForm | None = None) -> LabelTable:
    return read_labels_csv(text.encode(), form)


def details(table: LabelTable) -> dict[str, dict[str, str]]:
    return {row.file: dict(row.details) for row in table.rows}


def test_further_columns_become_details() -> None:
    table = read("date,file,label,source\nc. 1913,a.jpg,human, The Star \n,b.jpg,,\n")
    assert table.details == ["date", "source"]
    assert details(table) == {"a.jpg": {"date": "c. 1913", "source": "The Star"}, "b.jpg": {}}
    assert [row.labels for row in table.rows] == [("human",), ()]
    assert table.notes == []


def test_columns_can_be_left_out() -> None:
    table = read("file,label,date,source\na.jpg,,1913,Star\n", CsvForm(left_out=("date", "unheard of")))
    assert (table.details, details(table)) == (["source"], {"a.jpg": {"source": "Star"}})


def test_a_table_of_details_alone_says_nothing_about_labels() -> None:
    text = "file,date,source\na.jpg,1913,Star\n"
    with pytest.raises(CsvRefused, match="no labels"):
        read(text)
    table = read(text, CsvForm(label_column=NO_LABEL_COLUMN))
    assert details(table) == {"a.jpg": {"date": "1913", "source": "Star"}}
    assert [(row.labels, row.tagged) for row in table.rows] == [((), False)]
    with pytest.raises(CsvRefused, match="no column “file”"):
        read("a.jpg,1913\n", CsvForm(label_column=NO_LABEL_COLUMN))


def test_columns_without_a_name_are_passed_over_and_equal_names_told_apart() -> None:
    table = read("file,label,,date,date\na.jpg,,x,1,2\n")
    assert details(table) == {"a.jpg": {"date": "1", "date (2)": "2"}}


def test_a_table_without_a_header_has_no_details() -> None:
    table = read("a.jpg,human,1913\n")
    assert (table.details, details(table)) == ([], {"a.jpg": {}})


def test_too_many_columns_and_too_long_values_are_cut_with_a_note() -> None:
    names = [f"column {number}" for number in range(MOST_COLUMNS + 5)]
    table = read(f"file,label,{','.join(names)}\na.jpg,,{'x' * 600}{',' * (len(names) - 1)}\n")
    assert table.details == names[:MOST_COLUMNS]
    value = details(table)["a.jpg"]["column 0"]
    assert len(value) == LONGEST_VALUE
    assert value.endswith("x…")
    assert ["35 further columns" in table.notes[0], "1 detail was longer than 500" in table.notes[1]] == [True, True]


def test_signs_that_nobody_writes_are_taken_out() -> None:
    table = read('file,label,"a\x01  b"\na.jpg,,"one\r\ntwo\x07three"\n')
    assert details(table) == {"a.jpg": {"a b": "one\ntwo three"}}


def test_rows_about_one_image_are_joined_and_the_first_word_counts() -> None:
    table = read("file,label,date,source\na.jpg,human,1913,\na.jpg,human,1914,Star\n")
    assert details(table) == {"a.jpg": {"date": "1913", "source": "Star"}}


def rows() -> Iterator[FullRow]:
    yield FullRow("=a.jpg", "tagged", ["-x", "human"], details={"date": "1913", "note: long": "=1+1"})
    yield FullRow("b.jpg", "none apply", details={"date": "'tis"})
    yield FullRow("c.jpg", "not tagged", cells={"human": LabelCells("unknown")}, details={"note: long": "@home"})
    yield FullRow("d.jpg", "disputed", ["human"])


def test_details_survive_a_full_export_and_its_import() -> None:
    table = read("".join(full_csv(["human"], rows(), ["date", "note: long"])))
    assert table.details == ["date", "note: long"]
    assert {row.file: (row.labels, row.tagged, dict(row.details)) for row in table.rows} == {
        "=a.jpg": (("-x", "human"), True, {"date": "1913", "note: long": "=1+1"}),
        "b.jpg": ((), True, {"date": "'tis"}),
        "c.jpg": ((), False, {"note: long": "@home"}),
        "d.jpg": ((), False, {}),
    }


@given(st.text())
def test_guarding_a_text_can_be_taken_back(text: str) -> None:
    if not (text.startswith("'") and unguarded(text) != text):
        assert unguarded(guarded(text)) == text


def test_a_column_called_status_alone_is_no_full_export() -> None:
    found = find_details(["file", "label", "status"], {0, 1}, ())
    assert (found.names, found.is_full_form) == ({2: "status"}, False)
    assert found.is_answered(["a", "", "not tagged"])
