import csv
import io

from app.formats.snapshot_csv import snapshot_csv


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_each_image_has_a_row_with_what_was_known_of_it() -> None:
    rows = [("a.jpg", "ab", "train", (1, 0)), ("b, c.jpg", "cd", "", (-1, 1))]
    assert read("".join(snapshot_csv(["human", "file"], rows))) == [
        ["file", "sha256", "split", "label: human", "label: file"],
        ["a.jpg", "ab", "train", "present", "absent"],
        ["b, c.jpg", "cd", "", "unknown", "present"],
    ]


def test_nothing_is_run_by_a_spreadsheet() -> None:
    (_head, row) = read("".join(snapshot_csv([], [("=1+1.jpg", "ab", "test", ())])))
    assert row[0] == "'=1+1.jpg"


def test_a_large_table_comes_in_pieces() -> None:
    pieces = list(snapshot_csv(["human"], ((f"{n}.jpg", "ab", "train", (1,)) for n in range(1200))))
    assert len(pieces) == 3
    assert len(read("".join(pieces))) == 1201


def test_a_run_without_images_has_a_head_alone() -> None:
    assert len(read("".join(snapshot_csv(["human"], [])))) == 1
