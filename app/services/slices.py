"""Slices of a collection: the images that share a decade, a source, a folder, an annotator, a size ..."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import numpy as np
import numpy.typing as npt
from sqlalchemy import Row, String, null, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.slices import NOT_GIVEN, OTHERS, are_dates, decade_of, says_something, slices_of
from app.domain.statuses import View
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, Image, Import

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
ImageRow = Row[int, str, int | None, int, int, dict[str, str]]

# An address has to stay short enough to be sent and copied; a longer value is told from others by its hash.
LONGEST_NAME, LONGEST_VALUE = 60, 100
# 800 x 600 is about half a megapixel, 1600 x 1200 about two: a thumbnail, a picture for the screen, a scan.
SMALL_BELOW, LARGE_FROM = 500_000, 2_000_000
# A twentieth more in one direction is still seen as square.
SQUARE_UP_TO = 1.05
BY_TABLE = "table"


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
class _Facet:
    """What is known of images in one respect: entry i says that image `image_ids[i]` has the value `values[i]`."""

    key: str
    name: str
    image_ids: list[int]
    values: list[str]
    # What values are called where that is not the value itself.
    names: dict[str, str] = field(default_factory=dict)
    in_order: bool = False


@dataclass(frozen=True)
class Survey:
    """What is known of the images of a project, read once."""

    facets: tuple[_Facet, ...]

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


def survey(session: Session, project_id: int) -> Survey:
    """Read what is known of the images of a project."""
    return Survey(tuple(facet for facet in _facets(session, project_id) if says_something(facet.values)))


def dimensions(session: Session, project_id: int) -> list[Dimension]:
    """List by what the images of a project can be told apart, with the slices and how many images each holds."""
    return survey(session, project_id).dimensions


def member_ids(session: Session, project_id: int, address: str) -> Ids:
    """Find the images of a slice, sorted; none where there is no such slice (any more)."""
    key, colon, value = address.partition(":")
    facet = next((facet for facet in _facets(session, project_id, key) if facet.key == key), None)
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
    return f"detail.{_short(_plain(column), LONGEST_NAME)}:{_short(value, LONGEST_VALUE)}"


def _membership(facet: _Facet, image_ids: Ids) -> Membership:
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


def _dimension(facet: _Facet) -> Dimension:
    counts = Counter(facet.values)
    slices = slices_of(facet.values, in_order=facet.in_order)
    kept = set(slices)
    counts[OTHERS] = sum(count for value, count in counts.items() if value not in kept)
    return Dimension(facet.key, facet.name, tuple(_value(facet, value, counts[value]) for value in slices))


def _value(facet: _Facet, value: str, count: int) -> SliceValue:
    usual = {NOT_GIVEN: _("not given"), OTHERS: _("others")}
    name = facet.names.get(value) or usual.get(value) or value
    return SliceValue(f"{facet.key}:{value}", name, count)


def _facets(session: Session, project_id: int, key: str = "") -> list[_Facet]:
    """Give all facets, or only those of the kind that a key names; some may tell no images apart."""
    kind, _dot, column = key.partition(".")
    table = Image.__table__.c
    # Reading the details takes longer than all the rest.
    details = table.details if kind in {"", "detail", "decade"} else null().label("details")
    columns = (table.id, table.name, table.import_id, table.width, table.height, details)
    rows = session.execute(select(*columns).where(table.project_id == project_id).order_by(table.id)).all()
    found: list[_Facet] = []
    if kind in {"", "detail", "decade"}:
        found += _details(rows, kind, column)
    if kind in {"", "folder"}:
        found.append(_folders(rows))
    if kind in {"", "import"}:
        found.append(_imports(session, project_id, rows))
    if kind in {"", "annotator"}:
        found.append(_annotators(session, project_id, rows))
    if kind in {"", "size"}:
        found.append(_sizes(rows))
    if kind in {"", "shape"}:
        found.append(_shapes(rows))
    return found


def _details(rows: Sequence[ImageRow], kind: str, column: str) -> Iterator[_Facet]:
    """Make a facet of every column of details, and one of the decades where it holds dates, or of one column alone."""
    names = list(dict.fromkeys(name for row in rows for name in row.details))
    ids = [row.id for row in rows]
    for name in names:
        key = _short(_plain(name), LONGEST_NAME)
        if column not in {"", key}:
            continue
        texts = [row.details.get(name, NOT_GIVEN) for row in rows]
        if kind != "detail" and are_dates(texts):
            decades = [decade_of(text) for text in texts]
            values = [NOT_GIVEN if decade is None else f"{decade}s" for decade in decades]
            title = _("Decade (%(name)s)") % {"name": name}
            yield _Facet(f"decade.{key}", title, ids, values, in_order=True)
        shown = {_short(text, LONGEST_VALUE): text for text in texts if len(text) > LONGEST_VALUE}
        yield _Facet(f"detail.{key}", name, ids, [_short(text, LONGEST_VALUE) for text in texts], shown)


def _imports(session: Session, project_id: int, rows: Sequence[ImageRow]) -> _Facet:
    moments = dict(session.execute(select(Import.id, Import.created_at).where(Import.project_id == project_id)).all())
    names = {str(number): _import_name(number, moment) for number, moment in moments.items()}
    values = [NOT_GIVEN if row.import_id is None else str(row.import_id) for row in rows]
    return _Facet("import", _("Import"), [row.id for row in rows], values, names)


def _import_name(number: int, moment: datetime) -> str:
    return _("Import %(number)s of %(date)s") % {"number": number, "date": f"{moment:%Y-%m-%d}"}


def _annotators(session: Session, project_id: int, rows: Sequence[ImageRow]) -> _Facet:
    """Tell who answered for which image; what reviewers decided about it does not count as annotating."""
    voting = [view for view in View if not view.decides]
    # The database compares its own text: making each view an enumeration would take most of the time.
    by_table = type_coerce(Annotation.view, String) == View.IMPORT.value
    query = select(Annotation.image_id, Annotation.account_id, by_table).where(
        Annotation.project_id == project_id, Annotation.superseded_at.is_(None), Annotation.view.in_(voting)
    )
    answered = {
        (image_id, BY_TABLE if imported or account_id is None else str(account_id))
        for image_id, account_id, imported in session.execute(query)
    }
    people = {int(who) for _image_id, who in answered if who != BY_TABLE}
    known = session.execute(select(Account.id, Account.name).where(Account.id.in_(people)))
    names = {str(account_id): name for account_id, name in known}
    names |= {BY_TABLE: _("an imported table"), NOT_GIVEN: _("nobody")}
    silent = {row.id for row in rows}.difference(image_id for image_id, _who in answered)
    pairs = sorted(answered) + [(image_id, NOT_GIVEN) for image_id in sorted(silent)]
    return _Facet("annotator", _("Annotator"), [pair[0] for pair in pairs], [pair[1] for pair in pairs], names)


def _folders(rows: Sequence[ImageRow]) -> _Facet:
    names = {NOT_GIVEN: _("no folder")}
    return _Facet("folder", _("Folder"), [row.id for row in rows], [_folder(row.name) for row in rows], names)


def _sizes(rows: Sequence[ImageRow]) -> _Facet:
    names = {
        "small": _("small (below half a megapixel)"),
        "medium": _("medium"),
        "large": _("large (two megapixels and more)"),
    }
    pixels = [row.width * row.height for row in rows]
    values = ["small" if n < SMALL_BELOW else "large" if n >= LARGE_FROM else "medium" for n in pixels]
    return _Facet("size", _("Image size"), [row.id for row in rows], values, names)


def _shapes(rows: Sequence[ImageRow]) -> _Facet:
    names = {"upright": _("upright"), "wide": _("wide"), "square": _("square")}
    return _Facet("shape", _("Orientation"), [row.id for row in rows], [_shape(row) for row in rows], names)


def _shape(row: ImageRow) -> str:
    if max(row.width, row.height) <= SQUARE_UP_TO * min(row.width, row.height):
        return "square"
    return "wide" if row.width > row.height else "upright"


def _folder(name: str) -> str:
    return _short(name.rpartition("/")[0], LONGEST_VALUE)


def _plain(name: str) -> str:
    """Free the name of a column from the sign that ends it in an address."""
    return name.replace("%", "%25").replace(":", "%3A")


def _short(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    mark = sha256(text.encode()).hexdigest()[:8]
    return f"{text[: longest - len(mark) - 1]}~{mark}"
