"""Putting images into slices."""

import pytest

from app.domain.slices import NOT_GIVEN, OTHERS, are_dates, decade_of, says_something, slices_of


@pytest.mark.parametrize(
    ("text", "decade"),
    [
        ("1913", 1910),
        ("1913-05-02", 1910),
        ("02/05/1913", 1910),
        ("c. 1913", 1910),
        ("May 1913", 1910),
        ("19130502", 1910),
        ("[ca. 1899?]", 1890),
        ("1910s", 1910),
        ("1908-1912", 1900),
        ("191-?", 1910),
        ("[between 1890 and 1910]", 1890),
        ("189\u2013", 1890),
        ("191x", 1910),
        ("2004", 2000),
        ("", None),
        ("undated", None),
        ("box 12", None),
        ("19131", None),
        ("913", None),
        ("2199", None),
        ("120-134", None),
        ("19139902", None),
    ],
)
def test_dates_are_read_in_the_forms_that_catalogues_use(text: str, decade: int | None) -> None:
    assert decade_of(text) == decade


def test_a_column_holds_dates_where_most_of_what_is_given_names_a_year() -> None:
    assert are_dates(["1913", "c. 1914", "", "", "May 1915"])
    assert are_dates(["1913", "1914", "1915", "1916", "undated"])
    assert not are_dates(["1913", "undated", "undated"])
    assert not are_dates([])
    assert not are_dates(["", ""])


def test_frequent_values_come_first_and_rare_ones_share_a_slice() -> None:
    values = ["b"] * 3 + ["a"] * 3 + ["c"] * 5 + ["d", NOT_GIVEN]
    assert slices_of(values) == ["c", "a", "b", "d", NOT_GIVEN]
    assert slices_of(values, most=2) == ["c", "a", OTHERS, NOT_GIVEN]
    assert slices_of(["1910s", "1890s", "1910s", "1900s"], in_order=True) == ["1890s", "1900s", "1910s"]
    assert slices_of([]) == []


def test_twenty_values_at_most_get_a_slice_of_their_own() -> None:
    values = [f"paper {number:02}" for number in range(25) for _copy in range(30 - number)]
    slices = slices_of(values)
    assert slices[:20] == [f"paper {number:02}" for number in range(20)]
    assert slices[20:] == [OTHERS]


def test_values_that_no_two_images_share_tell_nothing_apart() -> None:
    assert not says_something(["a", "b", "c"])
    assert not says_something(["a", "a", "a"])
    assert not says_something([NOT_GIVEN, NOT_GIVEN, "a"])
    assert says_something(["a", "a", NOT_GIVEN])
    assert not says_something([])
