"""The folders of images as a table of labels."""

import pytest

from app.formats.folder_labels import folder_table, has_folders
from app.formats.labels_csv import CsvForm, read_labels_csv


def test_each_image_has_the_name_of_the_folder_it_lies_in() -> None:
    table = read_labels_csv(folder_table(["train/cats/1.png", "dogs/1.png", "top.png", "a|b/ü, 2.png"]), CsvForm())
    told = [(row.file, list(row.labels)) for row in table.rows]
    assert told == [("train/cats/1.png", ["cats"]), ("dogs/1.png", ["dogs"]), ("a|b/ü, 2.png", ["a b"])]
    assert table.refused == []


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], False),
        (["a.png", "b.png"], False),
        (["photos/a.png", "photos/b.png"], False),
        (["photos/a.png", "b.png"], False),
        (["cats/a.png", "dogs/a.png"], True),
    ],
)
def test_only_two_folders_or_more_say_something(names: list[str], says: bool) -> None:
    assert has_folders(names) is says
