"""Rows of a CSV find their images, or say why not."""

import unicodedata

from app.formats.file_matching import Matches, match_files
from app.formats.labels_csv import LabelRow


def match(files: list[str], names: list[str], labels: list[tuple[str, ...]] | None = None) -> Matches:
    given = labels or [("human",)] * len(files)
    return match_files([LabelRow(n, file, given[n - 2]) for n, file in enumerate(files, start=2)], names)


def found(matches: Matches) -> dict[str, str]:
    return {name: row.file for name, row in matches.matched.items()}


def test_the_same_relative_path_matches() -> None:
    matches = match(["1900/a.jpg", "1910/a.jpg"], ["1910/a.jpg", "1900/a.jpg", "b.jpg"])
    assert found(matches) == {"1900/a.jpg": "1900/a.jpg", "1910/a.jpg": "1910/a.jpg"}
    assert matches.unmatched == ["b.jpg"]
    assert not matches.refused
    assert not matches.notes


def test_a_folder_in_front_does_not_matter() -> None:
    assert found(match(["images/a.jpg"], ["a.jpg"])) == {"a.jpg": "images/a.jpg"}
    assert found(match(["a.jpg"], ["images/a.jpg"])) == {"images/a.jpg": "a.jpg"}
    matches = match(["photo_data/images/1900/a.jpg"], ["1900/a.jpg", "1910/a.jpg"])
    assert found(matches) == {"1900/a.jpg": "photo_data/images/1900/a.jpg"}
    assert matches.notes == []


def test_windows_paths_dots_capitals_spaces_and_split_accents_match() -> None:
    split = unicodedata.normalize("NFD", "Zürich.jpg")
    files = ["C:\\Users\\me\\images\\a.jpg", "./b.jpg", "C.JPG", "Zürich.jpg", "d.jpg"]
    names = ["images/a.jpg", "b.jpg", "c.jpg", split, " d.jpg"]
    assert found(match(files, names)) == dict(zip(names, files, strict=True))


def test_another_folder_matches_by_the_name_alone_with_a_note() -> None:
    matches = match(["old/a.jpg"], ["new/a.jpg"])
    assert found(matches) == {"new/a.jpg": "old/a.jpg"}
    assert matches.notes == ["1 row was matched by the name of its file alone; the folder differs."]


def test_a_name_in_several_folders_is_refused() -> None:
    matches = match(["a.jpg"], ["1900/a.jpg", "1910/a.jpg"])
    assert matches.matched == {}
    assert "could be any of: 1900/a.jpg, 1910/a.jpg" in matches.refused[0].reason
    assert matches.unmatched == ["1900/a.jpg", "1910/a.jpg"]


def test_capitals_decide_between_two_names() -> None:
    assert found(match(["A.jpg", "a.jpg"], ["a.jpg", "A.jpg"])) == {"A.jpg": "A.jpg", "a.jpg": "a.jpg"}
    assert found(match(["x/A.jpg"], ["a.jpg", "A.jpg"])) == {"A.jpg": "x/A.jpg"}


def test_a_file_that_is_not_there_is_refused() -> None:
    (refused,) = match(["gone.jpg"], ["a.jpg"]).refused
    assert (refused.row, refused.reason) == (2, "No image is called “gone.jpg”.")


def test_the_surer_of_two_rows_counts() -> None:
    matches = match(["1920/a.jpg", "1910/a.jpg"], ["1910/a.jpg"], [("animal",), ("human",)])
    assert found(matches) == {"1910/a.jpg": "1910/a.jpg"}
    (refused,) = matches.refused
    assert refused.row == 2
    assert "Row 3 means the same image" in refused.reason


def test_two_rows_that_say_the_same_are_no_conflict() -> None:
    assert match(["images/a.jpg", "a.jpg"], ["a.jpg"]).refused == []


def test_odd_names_do_no_harm() -> None:
    matches = match(["/", ".", "..", "a/", "\\"], ["a.jpg", "a"])
    assert found(matches) == {"a": "a/"}
    assert len(matches.refused) == 4
