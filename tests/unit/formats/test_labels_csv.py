"""The lesson's CSV form, as careful and careless programs write it."""

import codecs
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.csv_text import CsvRefused
from app.formats.label_names import LabelNameRefused, validate_label_name
from app.formats.labels_csv import CsvForm, LabelRow, LabelTable, read_labels_csv, write_lesson_csv


def read(text: str, form: CsvForm | None = None) -> LabelTable:
    return read_labels_csv(text.encode(), form)


def pairs(table: LabelTable) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.file, row.labels) for row in table.rows]


def test_the_lessons_form_is_read() -> None:
    table = read("file,label\na.jpg,human|landscape\nb.jpg,\nc.jpg,human\n")
    assert table.rows == [
        LabelRow(2, "a.jpg", ("human", "landscape")),
        LabelRow(3, "b.jpg", ()),
        LabelRow(4, "c.jpg", ("human",)),
    ]
    assert (table.refused, table.notes, table.encoding, table.separator) == ([], [], "utf-8", ",")
    assert table.label_counts == {"human": 2, "landscape": 1}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_line_ends_and_separators_are_recognised(newline: str, separator: str) -> None:
    lines = ["File;LABEL", "a.jpg;human|animal", "b.jpg;"]
    table = read(newline.join(lines).replace(";", separator))
    assert pairs(table) == [("a.jpg", ("human", "animal")), ("b.jpg", ())]
    assert table.separator == separator


@pytest.mark.parametrize(
    ("bom", "encoding", "name"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
        (b"", "utf-16-le", "utf-16-le"),
        (b"", "utf-16-be", "utf-16-be"),
    ],
)
def test_byte_order_marks_and_utf_16_are_recognised(bom: bytes, encoding: str, name: str) -> None:
    table = read_labels_csv(bom + "file,label\nZürich.jpg,Gebäude\n".encode(encoding))
    assert pairs(table) == [("Zürich.jpg", ("Gebäude",))]
    assert table.encoding == name


def test_an_older_western_encoding_is_read_with_a_note() -> None:
    table = read_labels_csv("file,label\nZürich.jpg,“Gebäude”\n".encode("cp1252"))
    assert pairs(table) == [("Zürich.jpg", ("“Gebäude”",))]
    assert "Windows-1252" in table.notes[0]
    table = read_labels_csv(b"file,label\nZ\xfcrich.jpg,\x81x\n")
    assert table.encoding == "latin-1"
    assert "ISO-8859-1" in table.notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n,,\n", "empty"),
        (b"file,label\na\x00.jpg,human\n", "not a text file"),
        (bytes(range(256)), "not a text file"),
        (b"PK\x03\x04" + b"x" * 50, "spreadsheet or archive"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "spreadsheet or archive"),
        (b"%PDF-1.4 x", "not a text file"),
        (codecs.BOM_UTF8 + b"file,label\n\xff\xfe", "damaged at byte"),
        (codecs.BOM_UTF16_LE + b"f\x00i", "damaged at byte"),
        (b'file,"label\na.jpg,human\n', "first row cannot be read"),
        (b"one,two,three\nx,y,z\n", "no column “file”. The columns are: one, two, three"),
        (b"file\na.jpg\n", "no column “label”"),
    ],
)
def test_a_hopeless_file_is_refused_whole(data: bytes, words: str) -> None:
    with pytest.raises(CsvRefused) as caught:
        read_labels_csv(data)
    assert words in caught.value.sentence


def test_an_enormous_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.formats.csv_text.MAX_CSV_BYTES", 10)
    with pytest.raises(CsvRefused, match="Split it"):
        read("file,label\na.jpg,\n")


def test_columns_can_be_chosen_by_name_and_by_position() -> None:
    text = "id;Bild;Schlagwort\n1;a.jpg;Mensch\n"
    assert pairs(read(text, CsvForm(file_column="bild", label_column="SCHLAGWORT"))) == [("a.jpg", ("Mensch",))]
    assert pairs(read(text, CsvForm(file_column="2", label_column="3"))) == [("a.jpg", ("Mensch",))]
    assert pairs(read("1;a.jpg;Mensch\n", CsvForm(file_column="2", label_column="3"))) == [("a.jpg", ("Mensch",))]
    with pytest.raises(CsvRefused, match="no column “Thema”"):
        read(text, CsvForm(file_column="Bild", label_column="Thema"))


def test_usual_names_of_the_columns_are_understood() -> None:
    assert pairs(read("fname,labels,is_valid\na.jpg,human,True\n")) == [("a.jpg", ("human",))]


def test_without_a_header_the_first_two_columns_are_read_with_a_note() -> None:
    table = read("a.jpg,human\nb.PNG,\n")
    assert table.rows == [LabelRow(1, "a.jpg", ("human",)), LabelRow(2, "b.PNG", ())]
    assert "no header row" in table.notes[0]


def test_a_second_column_of_another_name_holds_the_labels_if_there_is_no_other() -> None:
    table = read("file,Motiv\na.jpg,human\n")
    assert pairs(table) == [("a.jpg", ("human",))]
    assert "“Motiv” was read as labels" in table.notes[0]


def test_a_line_for_excel_that_names_the_separator_is_obeyed() -> None:
    table = read("sep=;\r\nfile;label\r\na,b.jpg;human\r\n")
    assert table.rows == [LabelRow(2, "a,b.jpg", ("human",))]


def test_the_delimiter_of_labels_can_be_chosen() -> None:
    form = CsvForm(label_delimiter=";")
    assert pairs(read("file,label\na.jpg,human; animal\n", form)) == [("a.jpg", ("human", "animal"))]
    form = CsvForm(separator=",", label_delimiter=",")
    assert pairs(read('file,label\na.jpg,"human,animal"\n', form)) == [("a.jpg", ("human", "animal"))]


def test_a_wrong_delimiter_is_noticed() -> None:
    table = read("file,label\na.jpg,human; animal\nb.jpg,animal; landscape\n")
    assert "contain “;”" in table.notes[0]


@pytest.mark.parametrize("form", [CsvForm(separator=",,"), CsvForm(separator='"'), CsvForm(label_delimiter=" ")])
def test_an_impossible_layout_is_refused(form: CsvForm) -> None:
    with pytest.raises(CsvRefused):
        read("file,label\n", form)


def test_spaces_are_trimmed_and_empty_parts_ignored() -> None:
    table = read('file , label\n a.jpg ,  human | | animal |\n b.jpg, "human|landscape"\n')
    assert pairs(table) == [("a.jpg", ("human", "animal")), ("b.jpg", ("human", "landscape"))]


def test_a_label_named_twice_in_a_row_counts_once_with_a_note() -> None:
    table = read("file,label\na.jpg,human|animal|human\n")
    assert pairs(table) == [("a.jpg", ("human", "animal"))]
    assert table.notes == ["1 row names a label twice; it counts once."]


def test_a_file_listed_twice_is_merged_or_refused() -> None:
    table = read("file,label\na.jpg,human|animal\na.jpg,animal|human\na.jpg,human\n")
    assert pairs(table) == [("a.jpg", ("human", "animal"))]
    assert table.notes == ["1 row repeats an earlier row and was merged with it."]
    (refused,) = table.refused
    assert refused.row == 4
    assert "in row 2, with other labels" in refused.reason


def test_missing_cells_and_superfluous_cells_are_refused_by_row() -> None:
    table = read("file,label\na.jpg\n,human\nb.jpg,human,animal\nc.jpg,human,,\n\nd.jpg,\n")
    assert pairs(table) == [("c.jpg", ("human",)), ("d.jpg", ())]
    assert [refusal.row for refusal in table.refused] == [2, 3, 4]
    reasons = [refusal.reason for refusal in table.refused]
    assert "no cell for labels" in reasons[0]
    assert "names no file" in reasons[1]
    assert "3 cells instead of 2" in reasons[2]
    assert table.rows[-1].line == 7


def test_row_numbers_are_those_of_a_spreadsheet() -> None:
    table = read('file,label\n"two\nlines.jpg",human\n\nb.jpg,animal\n')
    assert [(row.line, row.file) for row in table.rows] == [(2, "two\nlines.jpg"), (4, "b.jpg")]


def test_formulas_are_only_text() -> None:
    table = read('file,label\n=1+1.jpg,"=HYPERLINK(""http://x"")"\n@a.jpg,-human\n')
    assert pairs(table) == [("=1+1.jpg", ('=HYPERLINK("http://x")',)), ("@a.jpg", ("-human",))]


def test_a_quote_never_closed_is_refused_and_the_lines_are_named() -> None:
    table = read('file,label\na.jpg,human\n"b.jpg,human\nc.jpg,human\n')
    assert pairs(table) == [("a.jpg", ("human",))]
    (refused,) = table.refused
    assert refused.row == 3
    assert "lines 3 to 4" in refused.reason


def test_text_after_a_closing_quote_costs_only_its_row() -> None:
    table = read('file,label\n"a".jpg,human\nb.jpg,human\n')
    assert pairs(table) == [("b.jpg", ("human",))]
    assert "quote marks do not match" in table.refused[0].reason


def test_a_very_long_cell_costs_only_its_row() -> None:
    table = read(f"file,label\na.jpg,{'x' * 200_000}\n{'y' * 5000}.jpg,human\nb.jpg,human\n")
    assert pairs(table) == [("b.jpg", ("human",))]
    assert [refusal.row for refusal in table.refused] == [2, 3]
    assert "far too long" in table.refused[0].reason
    assert "far too long" in table.refused[1].reason


def test_accents_written_in_two_ways_are_the_same_label() -> None:
    composed, split = unicodedata.normalize("NFC", "Gebäude"), unicodedata.normalize("NFD", "Gebäude")
    table = read(f"file,label\na.jpg,{composed}\nb.jpg,{split}\n")
    assert table.label_counts == {composed: 2}


def test_none_apply_and_not_tagged_are_told_apart() -> None:
    text = "".join(write_lesson_csv([("a.jpg", ["human"]), ("b.jpg", [])]))
    assert text == "file,label\r\na.jpg,human\r\nb.jpg,\r\n"


def test_a_label_with_the_delimiter_cannot_be_written() -> None:
    with pytest.raises(LabelNameRefused):
        list(write_lesson_csv([("a.jpg", ["human|animal"])]))


def trimmed(text: str) -> bool:
    return text == text.strip() == unicodedata.normalize("NFC", text) and text != ""


FILES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1).filter(trimmed)
LABELS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="|"), min_size=1, max_size=20
).filter(trimmed)


@settings(deadline=None)
@given(st.lists(st.tuples(FILES, st.lists(LABELS, unique=True, max_size=4)), unique_by=lambda row: row[0]))
def test_the_lessons_form_comes_back_unchanged(rows: list[tuple[str, list[str]]]) -> None:
    table = read_labels_csv("".join(write_lesson_csv(rows)).encode())
    assert pairs(table) == [(file, tuple(labels)) for file, labels in rows]
    assert table.refused == []
    assert table.separator == ","


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.sampled_from('a,;|"\n\r\t =+-@é.jpg'), min_size=1).filter(trimmed),
            st.lists(st.text(st.sampled_from('b,;"= +é'), min_size=1).filter(trimmed), unique=True, max_size=3),
        ),
        unique_by=lambda row: row[0],
    )
)
def test_commas_quotes_and_newlines_come_back_unchanged(rows: list[tuple[str, list[str]]]) -> None:
    table = read_labels_csv("".join(write_lesson_csv(rows)).encode())
    assert pairs(table) == [(file, tuple(labels)) for file, labels in rows]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"", b"file,label\n"):
        try:
            table = read_labels_csv(prefix + data)
        except CsvRefused:
            continue
        assert all(row.file and row.line >= 1 for row in table.rows)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_name_that_is_accepted_survives_the_round_trip(name: str) -> None:
    try:
        cleaned = validate_label_name(name)
    except LabelNameRefused:
        return
    assert validate_label_name(cleaned) == cleaned
    table = read_labels_csv("".join(write_lesson_csv([("a.jpg", [cleaned])])).encode())
    assert table.rows[0].labels == (cleaned,)


def test_the_shared_lists_are_read_whole() -> None:
    shared = Path(os.environ.get("LOUPE_SHARED", Path(__file__).resolve().parents[4] / "shared"))
    lists = [(shared / "data" / "fsa_color490" / "labels.csv", 490), (shared / "data" / "coco4" / "labels.csv", 200)]
    if not all(path.exists() for path, _count in lists):
        pytest.skip("the shared test data is not on this machine (LOUPE_SHARED)")
    for path, count in lists:
        table = read_labels_csv(path.read_bytes())
        assert len(table.rows) == count
        assert not table.refused
        assert not table.notes
        written = "".join(write_lesson_csv(pairs(table)))
        assert written.splitlines() == path.read_text().splitlines()
