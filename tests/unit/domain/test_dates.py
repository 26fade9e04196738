import pytest

from app.domain.dates import moment_of


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1913", (1913, 0, 0)),
        ("c. 1913", (1913, 0, 0)),
        ("1913-05-02", (1913, 5, 2)),
        ("1913/5", (1913, 5, 0)),
        ("19130502", (1913, 5, 2)),
        ("2.5.1913", (1913, 5, 2)),
        ("2. 5. 1913", (1913, 5, 2)),
        ("May 1913", (1913, 5, 0)),
        ("2 May 1913", (1913, 5, 2)),
        ("Sept. 12, 1913", (1913, 9, 12)),
        ("1908-1912", (1908, 0, 0)),
        ("1913-14", (1913, 0, 0)),
        ("5/2/1913", (1913, 0, 0)),
        ("191-?", (1910, 0, 0)),
        ("undated", None),
        ("", None),
        ("12345", None),
    ],
)
def test_dates_are_read_as_far_as_they_can_be(text: str, moment: tuple[int, int, int] | None) -> None:
    assert moment_of(text) == moment


def test_what_is_known_to_the_year_stands_before_its_months() -> None:
    texts = ["1913-05-02", "May 1913", "1913", "1912-12-31", "1914"]
    assert sorted(texts, key=lambda text: moment_of(text) or (9999, 0, 0)) == [
        "1912-12-31",
        "1913",
        "May 1913",
        "1913-05-02",
        "1914",
    ]
