"""Slices of a collection: the images that share a decade, a source, a folder, an annotator, a size ..."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.domain.slices import NOT_GIVEN, OTHERS, says_something, slices_of
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.services.facets import Facet, detail_key, facets, short

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# The dimension whose slices are people.
ANNOTATOR = "annotator"


@dataclass(frozen=True)
class SliceValue:
    """One slice: its address, such as "decade.date:1910s", what it is called, and how many images are in it."""

    address: str
    name: str
    count: int


@dataclass(frozen=True)
class Dimension:
    """Something by which images are told apart, and the slices it makes."""

    key: str
    name: str
    values: tuple[SliceValue, ...]


@dataclass(frozen=True, eq=False)
class Membership:
    """Which images are in which slices of a dimension: `members` is bool [n, S], a column for each of its values.

    Slices by annotator may overlap, all others do not.
    """

    dimension: Dimension
    members: Flags


@dataclass(frozen=True)
class Survey:
    """What is known of the images of a project, read once."""

    facets: tuple[Facet, ...]

    @property
    def dimensions(self) -> list[Dimension]:
        """List by what the images can be told apart, with the slices and how many images each holds."""
        return [_dimension(facet) for facet in self.facets]

    def membership(self, image_ids: Ids, key: str) -> Membership:
        """Tell in which slices of a dimension images are; slices that hold none of them are left out.

        Raises:
            NotFoundError: when there is no such dimension.

        """
        facet = next((facet for facet in self.facets if facet.key == key), None)
        if facet is None:
            raise NotFoundError
        return _membership(facet, image_ids)


def survey(session: Session, project_id: int, names: Mapping[int, str] | None = None) -> Survey:
    """Read what is known of the images of a project; `names` stand in place of people's, by account."""
    found = [facet for facet in facets(session, project_id) if says_something(facet.values)]
    instead = {str(account_id): name for account_id, name in (names or {}).items() if account_id > 0}
    return Survey(
        tuple(replace(facet, names={**facet.names, **instead}) if facet.key == ANNOTATOR else facet for facet in found)
    )


def dimensions(session: Session, project_id: int, names: Mapping[int, str] | None = None) -> list[Dimension]:
    """List by what the images of a project can be told apart, with the slices and how many images each holds."""
    return survey(session, project_id, names).dimensions


def member_ids(session: Session, project_id: int, address: str) -> Ids:
    """Find the images of a slice, sorted; none where there is no such slice (any more)."""
    key, colon, value = address.partition(":")
    facet = next((facet for facet in facets(session, project_id, key) if facet.key == key), None)
    if facet is None or not colon:
        return np.zeros(0, dtype=np.int64)
    if value == OTHERS:
        kept = set(slices_of(facet.values, in_order=facet.in_order))
        chosen = [image for image, each in zip(facet.image_ids, facet.values, strict=True) if each not in kept]
    else:
        chosen = [image for image, each in zip(facet.image_ids, facet.values, strict=True) if each == value]
    return np.unique(np.array(chosen, dtype=np.int64))


def detail_address(column: str, value: str) -> str:
    """Give the address of the slice of all images with one value of a detail."""
    return f"detail.{detail_key(column)}:{short(value)}"


def _membership(facet: Facet, image_ids: Ids) -> Membership:
    slices = slices_of(facet.values, in_order=facet.in_order)
    column_of = {value: column for column, value in enumerate(slices)}
    columns = np.array([column_of.get(value, column_of.get(OTHERS, -1)) for value in facet.values], dtype=np.intp)
    owners = np.array(facet.image_ids, dtype=np.int64)
    order = np.argsort(image_ids, kind="stable")
    if not len(image_ids):
        return Membership(Dimension(facet.key, facet.name, ()), np.zeros((0, 0), dtype=np.bool_))
    places = np.minimum(np.searchsorted(image_ids, owners, sorter=order), len(image_ids) - 1)
    rows = order[places]
    here = image_ids[rows] == owners
    members = np.zeros((len(image_ids), len(slices)), dtype=np.bool_)
    members[rows[here], columns[here]] = True
    counts = members.sum(axis=0)
    filled = np.flatnonzero(counts)
    values = tuple(_value(facet, slices[column], int(counts[column])) for column in filled.tolist())
    return Membership(Dimension(facet.key, facet.name, values), members[:, filled])


def _dimension(facet: Facet) -> Dimension:
    counts = Counter(facet.values)
    slices = slices_of(facet.values, in_order=facet.in_order)
    kept = set(slices)
    counts[OTHERS] = sum(count for value, count in counts.items() if value not in kept)
    return Dimension(facet.key, facet.name, tuple(_value(facet, value, counts[value]) for value in slices))


def _value(facet: Facet, value: str, count: int) -> SliceValue:
    usual = {NOT_GIVEN: _("not given"), OTHERS: _("others")}
    name = facet.names.get(value) or usual.get(value) or value
    return SliceValue(f"{facet.key}:{value}", name, count)
