"""The tables of a project's progress."""

import csv
import io

from app.formats.progress_csv import days_csv, labels_csv, people_csv


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_people_with_and_without_a_pace() -> None:
    row = {
        "person": "Ada",
        "answers": 12,
        "answers_last_7_days": 3,
        "answers_per_active_hour": None,
        "skips": 0,
        "last_answer": None,
    }
    (told,) = read(people_csv([row]))
    assert (told["person"], told["answers"], told["answers_per_active_hour"], told["last_answer"]) == (
        "Ada",
        "12",
        "",
        "",
    )


def test_a_name_is_never_a_formula() -> None:
    (told,) = read(days_csv([{"day": "2026-11-22", "person": "=cmd()", "answers": 1}]))
    assert told["person"] == "'=cmd()"


def test_labels_by_day() -> None:
    text = labels_csv([{"day": "2026-11-22", "label": "a, b", "found": 2, "found_until_then": 5}])
    assert text == 'day,label,found,found_until_then\r\n2026-11-22,"a, b",2,5\r\n'
