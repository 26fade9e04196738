import csv
import io

from app.formats.confusion_csv import COLUMNS, confusion_csv

MADE = {
    "by_label": [{"label": "=human", "found": 3, "missed": 1, "wrongly_added": 0, "rightly_left_out": 0, "unknown": 2}],
    "tables": {
        "label_by_label": {
            "rows": ["=human", None],
            "columns": ["=human", None],
            "counts": [[3, 1], [0, 0]],
            "row_shares": [[0.75, 0.25], [None, None]],
            "column_shares": [[1.0, 1.0], [0.0, 0.0]],
        }
    },
}


def test_every_cell_has_a_line_with_its_count_and_shares() -> None:
    text = confusion_csv(MADE)
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    lines = [tuple(row.values()) for row in csv.DictReader(io.StringIO(text))]
    assert lines == [
        ("by_label", "'=human", "found", "3", "0.75", ""),
        ("by_label", "'=human", "missed", "1", "0.25", ""),
        ("by_label", "'=human", "wrongly_added", "0", "", ""),
        ("by_label", "'=human", "rightly_left_out", "0", "", ""),
        ("label_by_label", "'=human", "'=human", "3", "0.75", "1.0"),
        ("label_by_label", "'=human", "[no label]", "1", "0.25", "1.0"),
        ("label_by_label", "[no label]", "'=human", "0", "", "0.0"),
        ("label_by_label", "[no label]", "[no label]", "0", "", "0.0"),
    ]
