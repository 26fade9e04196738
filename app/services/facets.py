"""Facets of a collection: in what respects something is known of its images, and what."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import String, Text, cast, null, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.slices import NOT_GIVEN, are_dates, decade_of
from app.domain.statuses import View
from app.i18n import gettext as _
from app.models import Account, Annotation, Image, Import

# An address has to stay short enough to be sent and copied; a longer value is told from others by its hash.
LONGEST_NAME, LONGEST_VALUE = 60, 100
# 800 x 600 is about half a megapixel, 1600 x 1200 about two: a thumbnail, a picture for the screen, a scan.
SMALL_BELOW, LARGE_FROM = 500_000, 2_000_000
# A twentieth more in one direction is still seen as square.
SQUARE_UP_TO = 1.05
BY_TABLE = "table"


@dataclass(frozen=True)
class Facet:
    """What is known of images in one respect: entry i says that image `image_ids[i]` has the value `values[i]`."""

    key: str
    name: str
    image_ids: list[int]
    values: list[str]
    # What values are called where that is not the value itself.
    names: dict[str, str] = field(default_factory=dict)
    in_order: bool = False


@dataclass(frozen=True)
class _Images:
    """The images of a project in columns, which are read several times faster than rows."""

    ids: list[int]
    names: list[str]
    imports: list[int | None]
    sizes: list[tuple[int, int]]
    details: list[dict[str, str]]


def facets(session: Session, project_id: int, key: str = "") -> list[Facet]:
    """Give all facets, or only those of the kind that a key names; some may tell no images apart."""
    kind, _dot, column = key.partition(".")
    images = _read(session, project_id, with_details=kind in {"", "detail", "decade"})
    found: list[Facet] = []
    if kind in {"", "detail", "decade"}:
        found += _details(images, kind, column)
    if kind in {"", "folder"}:
        found.append(_folders(images))
    if kind in {"", "import"}:
        found.append(_imports(session, project_id, images))
    if kind in {"", "annotator"}:
        found.append(_annotators(session, project_id, images))
    if kind in {"", "size"}:
        found.append(_sizes(images))
    if kind in {"", "shape"}:
        found.append(_shapes(images))
    return found


def detail_key(column: str) -> str:
    """Give the name by which a column of details stands in addresses, free of the sign that ends it there."""
    return short(column.replace("%", "%25").replace(":", "%3A"), LONGEST_NAME)


def short(text: str, longest: int = LONGEST_VALUE) -> str:
    """Shorten a text that is too long for an address, so that it still differs from others."""
    if len(text) <= longest:
        return text
    mark = sha256(text.encode()).hexdigest()[:8]
    return f"{text[: longest - len(mark) - 1]}~{mark}"


def _read(session: Session, project_id: int, *, with_details: bool) -> _Images:
    table = Image.__table__.c
    # All details are decoded at once, in a fraction of the time that one by one takes.
    details = cast(table.details, Text) if with_details else null()
    columns = (table.id, table.name, table.import_id, table.width, table.height, details)
    rows = session.execute(select(*columns).where(table.project_id == project_id).order_by(table.id)).all()
    decoded = json.loads(f"[{','.join(row[5] for row in rows)}]") if with_details else []
    return _Images(
        ids=[row[0] for row in rows],
        names=[row[1] for row in rows],
        imports=[row[2] for row in rows],
        sizes=[(row[3], row[4]) for row in rows],
        details=decoded,
    )


def _details(images: _Images, kind: str, column: str) -> Iterator[Facet]:
    """Make a facet of every column of details, and one of the decades where it holds dates, or of one column alone."""
    for name in dict.fromkeys(name for details in images.details for name in details):
        key = detail_key(name)
        if column not in {"", key}:
            continue
        texts = [details.get(name, NOT_GIVEN) for details in images.details]
        if kind != "detail" and are_dates(texts):
            decades = [decade_of(text) for text in texts]
            values = [NOT_GIVEN if decade is None else f"{decade}s" for decade in decades]
            title = _("Decade (%(name)s)") % {"name": name}
            yield Facet(f"decade.{key}", title, images.ids, values, in_order=True)
        shown = {short(text): text for text in texts if len(text) > LONGEST_VALUE}
        values = [short(text) for text in texts] if shown else texts
        yield Facet(f"detail.{key}", name, images.ids, values, shown)


def _imports(session: Session, project_id: int, images: _Images) -> Facet:
    moments = dict(session.execute(select(Import.id, Import.created_at).where(Import.project_id == project_id)).all())
    names = {str(number): _import_name(number, moment) for number, moment in moments.items()}
    values = [NOT_GIVEN if each is None else str(each) for each in images.imports]
    return Facet("import", _("Import"), images.ids, values, names)


def _import_name(number: int, moment: datetime) -> str:
    return _("Import %(number)s of %(date)s") % {"number": number, "date": f"{moment:%Y-%m-%d}"}


def _annotators(session: Session, project_id: int, images: _Images) -> Facet:
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
    silent = set(images.ids).difference(image_id for image_id, _who in answered)
    pairs = sorted(answered) + [(image_id, NOT_GIVEN) for image_id in sorted(silent)]
    return Facet("annotator", _("Annotator"), [pair[0] for pair in pairs], [pair[1] for pair in pairs], names)


def _folders(images: _Images) -> Facet:
    names = {NOT_GIVEN: _("no folder")}
    return Facet("folder", _("Folder"), images.ids, [short(name.rpartition("/")[0]) for name in images.names], names)


def _sizes(images: _Images) -> Facet:
    names = {
        "small": _("small (below half a megapixel)"),
        "medium": _("medium"),
        "large": _("large (two megapixels and more)"),
    }
    pixels = [width * height for width, height in images.sizes]
    values = ["small" if n < SMALL_BELOW else "large" if n >= LARGE_FROM else "medium" for n in pixels]
    return Facet("size", _("Image size"), images.ids, values, names)


def _shapes(images: _Images) -> Facet:
    names = {"upright": _("upright"), "wide": _("wide"), "square": _("square")}
    return Facet(
        "shape", _("Orientation"), images.ids, [_shape(width, height) for width, height in images.sizes], names
    )


def _shape(width: int, height: int) -> str:
    if max(width, height) <= SQUARE_UP_TO * min(width, height):
        return "square"
    return "wide" if width > height else "upright"
