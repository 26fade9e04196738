"""The table of everything, for spreadsheets and statistics."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.formats.full_csv import FullRow, LabelCells, full_csv


def parsed(*rows: FullRow, labels: tuple[str, ...] = ("human",)) -> list[dict[str, str]]:
    text = "".join(full_csv(labels, rows))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_tagged_image_shows_all_that_is_known() -> None:
    row = FullRow(
        "a.jpg",
        "tagged",
        labels=("human", "animal"),
        who=("Ada", "Ben|x"),
        when=datetime(2026, 3, 1, 13, 30, tzinfo=timezone(timedelta(hours=2))),
        split="validation",
        threshold_set="run 1, threshold set 2",
        cells={"human": LabelCells("present", 0.75, 0.4), "animal": LabelCells("disputed", 0.1, 0.4)},
    )
    assert parsed(row, labels=("human", "animal")) == [
        {
            "file": "a.jpg",
            "status": "tagged",
            "labels": "human|animal",
            "who": "Ada|Ben/x",
            "when": "2026-03-01T11:30:00Z",
            "split": "validation",
            "threshold set": "run 1, threshold set 2",
            "answer: human": "present",
            "probability: human": "0.750000",
            "threshold: human": "0.400000",
            "predicted: human": "present",
            "answer: animal": "disputed",
            "probability: animal": "0.100000",
            "threshold: animal": "0.400000",
            "predicted: animal": "absent",
        }
    ]


def test_none_apply_and_not_tagged_are_told_apart() -> None:
    none, open_ = parsed(
        FullRow("a.jpg", "none apply", cells={"human": LabelCells("absent")}), FullRow("b", "not tagged")
    )
    assert (none["status"], none["labels"], none["answer: human"]) == ("none apply", "", "absent")
    assert (open_["status"], open_["labels"], open_["answer: human"], open_["when"]) == (
        "not tagged",
        "",
        "unknown",
        "",
    )


def test_a_probability_on_the_threshold_counts_as_predicted() -> None:
    assert LabelCells(probability=0.5, threshold=0.5).predicted == "present"
    assert LabelCells(probability=0.5).predicted == ""


@pytest.mark.parametrize("name", ["=1+1.jpg", "+a", "-a", "@SUM(A1)", "\ta", "\ra"])
def test_a_spreadsheet_runs_no_name_as_a_formula(name: str) -> None:
    (row,) = parsed(FullRow(name, "tagged", labels=("=x",), who=("@me",)))
    assert row["file"] == f"'{name}"
    assert (row["labels"], row["who"]) == ("'=x", "'@me")


def test_a_label_called_like_a_column_is_no_trouble() -> None:
    (row,) = parsed(FullRow("a.jpg", "tagged", cells={"file": LabelCells("unsure")}), labels=("file",))
    assert (row["file"], row["answer: file"]) == ("a.jpg", "unsure")


def test_the_mark_for_spreadsheets_can_be_left_out() -> None:
    assert "".join(full_csv([], [])).startswith("\ufefffile,status")
    assert "".join(full_csv([], [], bom=False)).startswith("file,status")


def test_rows_are_written_as_they_come() -> None:
    taken = []

    def rows() -> Iterator[FullRow]:
        for number in range(1000):
            taken.append(number)
            yield FullRow(f"{number}.jpg", "not tagged")

    chunks = full_csv(["human"], rows())
    next(chunks)
    assert len(taken) < 1000
    assert sum(chunk.count("\r\n") for chunk in chunks) + 201 == 1001


def test_a_moment_without_a_time_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="time zone"):
        parsed(FullRow("a.jpg", "tagged", when=datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)))
