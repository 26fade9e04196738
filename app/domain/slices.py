"""Put images into slices by what is known of them: one slice a value, the rare values together."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache

# The slice of images of which the value is not known; real values are never empty.
NOT_GIVEN = ""
# The slice of all values that are too rare for one of their own.
OTHERS = "…"
# More rows than this nobody compares by eye.
MOST_SLICES = 20
# Below this share of readable dates a column holds something else that happens to contain numbers.
DATE_SHARE = 0.8

# "1913", "c. 1913", "May 1913", "1913-05-02", and "19130502".
_YEAR = re.compile(r"(?<!\d)(1\d{3}|20\d{2})(?:(?!\d)|(?=(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)))")
# "191-?", "191x" and "191?", as catalogues write a decade.
_OPEN_DECADE = re.compile(r"(?<!\d)(1\d{2}|20\d)(?:[-\u2013\u2014]+\??|[xX?_])(?![\w-])")


# Catalogues repeat their dates; there are fewer of them than images.
@lru_cache(maxsize=20_000)
def decade_of(text: str) -> int | None:
    """Return the first year of the decade that a date names, None where it names no year from 1000 to 2099.

    Of a range such as "1908-1912" the first year counts.
    """
    year = _YEAR.search(text)
    if year:
        return int(year[1]) // 10 * 10
    decade = _OPEN_DECADE.search(text)
    return int(decade[1]) * 10 if decade else None


def are_dates(texts: Collection[str]) -> bool:
    """Tell whether most of the texts that are given name a year."""
    given = [text for text in texts if text]
    return bool(given) and sum(decade_of(text) is not None for text in given) >= DATE_SHARE * len(given)


def slices_of(values: Sequence[str], *, in_order: bool = False, most: int = MOST_SLICES) -> list[str]:
    """List the slices that values fall into: the most frequent first, then OTHERS and NOT_GIVEN where there are any.

    Args:
        values: one for each image, NOT_GIVEN where it is unknown.
        in_order: put the slices in the order of their values instead, as suits decades.
        most: how many values get a slice of their own.

    """
    counts = Counter(value for value in values if value != NOT_GIVEN)
    frequent = sorted(counts, key=lambda value: (-counts[value], value))
    kept = sorted(frequent[:most]) if in_order else frequent[:most]
    rest = [OTHERS] if len(frequent) > most else []
    return [*kept, *rest, *([NOT_GIVEN] if NOT_GIVEN in values else [])]


def says_something(values: Sequence[str]) -> bool:
    """Tell whether comparing slices makes sense: two of them at least, and one that several images share."""
    counts = Counter(values)
    return len(counts) > 1 and any(count > 1 for value, count in counts.items() if value != NOT_GIVEN)
