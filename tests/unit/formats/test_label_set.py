"""Label sets as files."""

import json

import pytest

from app.errors import InvalidInputError
from app.formats.label_set import COLUMNS, LabelRow, read, write_csv, write_json

ROWS = [
    LabelRow("human", "cobalt", "1", "A person,\nor part of one.", "", exclusive=False),
    LabelRow("engraving", "ochre", "", "", "Technique", exclusive=True),
    LabelRow("=1+1"),
]


def test_what_is_written_is_read_again() -> None:
    assert read(write_json(ROWS).encode()) == ROWS
    assert read(write_csv(ROWS).encode()) == ROWS
    # No spreadsheet takes a name for a formula.
    assert "'=1+1" in write_csv(ROWS)


def test_tables_of_other_programs_are_read() -> None:
    assert read("\ufeffName;Definition\r\nHühner;Hens\r\n".encode()) == [LabelRow("Hühner", definition="Hens")]
    assert read(b"name\nplough\n\nplough\n  \ncart\n") == [LabelRow("plough"), LabelRow("cart")]
    assert read(b"name,exclusive,group\nmap,X,Kind\n") == [LabelRow("map", group="Kind", exclusive=True)]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "first row"),
        (b"label\nhuman\n", "first row"),
        (b"name\n", "no label"),
        (b'name\n"human\n', "quote"),
        (b"{", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "no label set"),
        (b'{"format": "coco"}', "no label set"),
        (json.dumps({"format": "loupe-labels", "version": 2, "labels": []}).encode(), "newer"),
        (json.dumps({"format": "loupe-labels", "version": 1, "labels": [1]}).encode(), "list of labels"),
        (json.dumps({"format": "loupe-labels", "version": 1, "labels": [{"name": []}]}).encode(), "no label in"),
        (b"\x89PNG\r\n", "not a text"),
        (b"name\n" + b"".join(b"%d\n" % n for n in range(1001)), "more than 1000"),
        (b"name\n" + b"x" * 2_000_001, "MB"),
    ],
)
def test_anything_else_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        read(data)


def test_the_columns_are_those_of_a_label() -> None:
    assert COLUMNS == ("name", "colour", "key", "definition", "group", "exclusive")
