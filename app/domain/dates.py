"""Read the dates that catalogues write, as far as they can be read."""

import re
from functools import lru_cache

from app.domain.slices import decade_of

# Before any month and any day: what is known to the year alone stands in front of its months.
UNKNOWN = 0
# "1913-05-02", "1913/5", "19130502".
_YEAR_FIRST = re.compile(r"(?<!\d)(1\d{3}|20\d{2})[-./](\d{1,2})(?:[-./](\d{1,2}))?(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(1\d{3}|20\d{2})(\d{2})(\d{2})(?!\d)")
# "2.5.1913"; with other signs between them, day and month cannot be told apart.
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(1\d{3}|20\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1\d{3}|20\d{2})(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# "May 1913", "2 May 1913", "May 2, 1913".
_MONTH = re.compile(rf"(?:(\d{{1,2}})\.?\s+)?\b({'|'.join(_MONTHS)})[a-z]*\.?(?:\s+(\d{{1,2}})(?!\d))?", re.IGNORECASE)

Moment = tuple[int, int, int]


# Catalogues repeat their dates; there are fewer of them than images.
@lru_cache(maxsize=20_000)
def moment_of(text: str) -> Moment | None:
    """Return year, month and day that a date names, 0 for what it leaves open; None where it names no year.

    Of a range the first year counts, of a decade ("191-?") its first year. Years run from 1000 to 2099.
    """
    for pattern, order in ((_YEAR_FIRST, (0, 1, 2)), (_COMPACT, (0, 1, 2)), (_DAY_FIRST, (2, 1, 0))):
        found = pattern.search(text)
        parts = [found.groups()[place] for place in order] if found else []
        if parts and (moment := _checked(*(int(part or UNKNOWN) for part in parts))):
            return moment
    year = _YEAR.search(text)
    if year is None:
        decade = decade_of(text)
        return None if decade is None else (decade, UNKNOWN, UNKNOWN)
    named = _MONTH.search(text)
    if named is None:
        return int(year[1]), UNKNOWN, UNKNOWN
    month = _MONTHS.index(named[2].lower()) + 1
    return _checked(int(year[1]), month, int(named[1] or named[3] or UNKNOWN)) or (int(year[1]), month, UNKNOWN)


def _checked(year: int, month: int, day: int) -> Moment | None:
    # "1913-14" is a span of years, not a month.
    return (year, month, day) if 1 <= month <= 12 and day <= 31 else None
