"""When and where images come from, as the details tell: to put them in order and to narrow by years."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, Text, cast
from sqlalchemy.orm import Session

from app.domain.dates import Moment, moment_of
from app.domain.slices import are_dates
from app.models import Image

# What people call the column that tells where an image was published or is kept, the most telling first.
SOURCES = ("source", "publication", "newspaper", "journal", "periodical", "collection", "archive", "series")
# What people call the column of the date; any other column of dates does where there is none.
DATES = ("date", "year")


@dataclass(frozen=True)
class Origins:
    """When and where images come from: entry i belongs to `image_ids[i]`; `dated` tells whether there are dates."""

    image_ids: list[int]
    moments: list[Moment | None]
    sources: list[str]
    dated: bool


def origins(session: Session, images: Select[int]) -> Origins:
    """Read when and where the images of a query of ids come from; without a source, its folder tells."""
    query = images.with_only_columns(Image.id, Image.name, cast(Image.details, Text), maintain_column_froms=True)
    rows = session.execute(query.order_by(None)).all()
    # All details are decoded at once, in a fraction of the time that one by one takes.
    details: list[dict[str, str]] = json.loads(f"[{','.join(row[2] for row in rows)}]")
    columns = list(dict.fromkeys(name for each in details for name in each))
    date = _date_column(columns, details)
    source = _named(columns, SOURCES)
    return Origins(
        image_ids=[row[0] for row in rows],
        moments=[moment_of(each.get(date, "")) if date is not None else None for each in details],
        sources=[each.get(source, "") if source is not None else "" for each in details]
        if source is not None
        else [row[1].rpartition("/")[0] for row in rows],
        dated=date is not None,
    )


def _date_column(columns: Sequence[str], details: Sequence[dict[str, str]]) -> str | None:
    named = _named(columns, DATES)
    candidates = ([named] if named is not None else []) + [each for each in columns if each != named]
    return next((name for name in candidates if are_dates([each.get(name, "") for each in details])), None)


def _named(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    found = ((word, name) for word in wanted for name in columns if word in name.casefold())
    return next((name for _word, name in found), None)
