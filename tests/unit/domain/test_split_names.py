import pytest

from app.domain.split_names import names_splits, split_named
from app.domain.statuses import Split


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("train", Split.TRAIN),
        (" Training ", Split.TRAIN),
        ("VAL", Split.VALIDATION),
        ("valid", Split.VALIDATION),
        ("dev", Split.VALIDATION),
        ("test", Split.TEST),
        ("Hold-out", Split.TEST),
        ("", None),
        ("1913", None),
        ("true", None),
    ],
)
def test_the_usual_words_are_read(text: str, split: Split | None) -> None:
    assert split_named(text, "split") is split


@pytest.mark.parametrize(("text", "split"), [("True", Split.VALIDATION), ("0", Split.TRAIN), ("maybe", None)])
def test_a_column_that_asks_whether_an_image_validates_may_say_yes_or_no(text: str, split: Split | None) -> None:
    assert split_named(text, "is_valid") is split


@pytest.mark.parametrize(("column", "names"), [("Split", True), (" is_valid", True), ("date", False), ("", False)])
def test_a_column_that_divides_is_known_by_its_name(column: str, names: bool) -> None:
    assert names_splits(column) is names
