"""How the table of an import is read, and what its rows and labels mean."""

import pytest

from app.formats.csv_text import CsvRefused
from app.formats.labels_csv import LabelRow
from app.models import Label
from app.services import import_tables
from app.services.import_tables import TableOptions


def label(name: str) -> Label:
    return Label(id=len(name), name=name, colour="cobalt", key="", position=0)


LIVE = [label("human"), label("animals")]


def test_options_come_back_from_the_database_as_they_went_in() -> None:
    options = TableOptions(table="t.csv", separator="tab", create=("a", "b"), unmentioned="unknown")
    assert TableOptions.from_json(options.as_json() | {"other": 1}) == options
    assert TableOptions.from_json({}) == TableOptions()


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"file\tlabel\na.jpg\thuman\n", TableOptions()),
        (b"file|label\na.jpg|human\n", TableOptions(separator="bar", label_delimiter=";")),
        (b"x,bild,stichwort\n1,a.jpg,human\n", TableOptions(file_column="bild", label_column="stichwort")),
        (b"x,bild,stichwort\n1,a.jpg,human\n", TableOptions(file_column="2", label_column="3")),
        ("file,label\na.jpg,human\n".encode("utf-16"), TableOptions(encoding="utf-16")),
        (b"\xef\xbb\xbffile,label\r\na.jpg,human\r\n", TableOptions(encoding="utf-8")),
    ],
)
def test_a_table_is_read_as_chosen(data: bytes, options: TableOptions) -> None:
    (row,) = import_tables.read_table(data, options).rows
    assert (row.file, row.labels) == ("a.jpg", ("human",))


def test_a_named_encoding_is_used_and_a_wrong_one_refused() -> None:
    data = "file,label\nx.jpg,дом\n".encode("cp1251")
    assert import_tables.read_table(data, TableOptions(encoding="cp1251")).rows[0].labels == ("дом",)
    with pytest.raises(CsvRefused, match="utf-8"):
        import_tables.read_table(data, TableOptions(encoding="utf-8"))
    with pytest.raises(CsvRefused, match="encoding"):
        import_tables.read_table(data, TableOptions(encoding="rot13"))


def test_columns_can_be_chosen_even_where_the_table_cannot_be_read_yet() -> None:
    shown = import_tables.preview(b"bild;wort;\na.jpg;human;\n", TableOptions(separator="semicolon"), LIVE, [], [])
    assert shown.problem
    assert shown.columns == ["bild", "wort", "3"]


def test_rows_mean_files_of_this_import_before_others() -> None:
    rows = [LabelRow(2, "0012.jpg", ("human",)), LabelRow(3, "old.jpg", ()), LabelRow(4, "gone.jpg", ())]
    matched = import_tables.match_rows(rows, ["box 4/0012.jpg"], ["box 3/0012.jpg", "old.jpg"])
    assert {name: row.line for name, row in matched.rows.items()} == {"box 4/0012.jpg": 2, "old.jpg": 3}
    assert [refusal.row for refusal in matched.refused] == [4]


def test_labels_are_found_exactly_or_by_capitals_alone() -> None:
    live = [*LIVE, label("Haus"), label("haus")]
    found = import_tables.match_labels(["Human", "animals", "HAUS", "Haus", "boat"], live)
    assert {name: each.name for name, each in found.items()} == {
        "Human": "human",
        "animals": "animals",
        "Haus": "Haus",
    }
    assert len(import_tables.spelling_notes(found)) == 1


def test_the_preview_tells_what_would_happen() -> None:
    data = b"file,label\na.jpg,human|boat\nb.jpg,\nzzz.jpg,boat\n,human\n"
    shown = import_tables.preview(data, TableOptions(), LIVE, ["a.jpg"], ["b.jpg"])
    assert (shown.row_count, shown.found_count, shown.none_apply_count, shown.refused_count) == (3, 2, 1, 2)
    assert [(row.file, row.found) for row in shown.rows] == [("a.jpg", True), ("b.jpg", True), ("zzz.jpg", False)]
    assert [(name, known is not None) for name, known in shown.rows[0].labels] == [("human", True), ("boat", False)]
    assert [(each.name, each.count, each.problem) for each in shown.unknown] == [("boat", 2, "")]
    assert [each.name for each in shown.unmentioned] == ["animals"]


def test_a_label_that_cannot_be_made_says_why() -> None:
    shown = import_tables.preview(f"file,label\na.jpg,{'x' * 90}\n".encode(), TableOptions(), LIVE, [], [])
    assert "80" in shown.unknown[0].problem
