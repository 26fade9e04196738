"""What an import's job writes down, in short transactions: images, labels, answers, refusals, groups."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from operator import itemgetter
from pathlib import PurePosixPath

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.domain.near_duplicates import near_duplicate_groups
from app.errors import AppError
from app.formats.detail_columns import merged
from app.formats.entries import FileRefusal, printable
from app.formats.labels_csv import LabelRow, RowRefusal
from app.i18n import gettext as _
from app.models import Account, Image, Import, ImportRefusal, Label, Project
from app.services import details, imported_annotations, label_grouping, labels, overlaps
from app.services.desk_settings import settings_of
from app.services.uploads import NAME_LENGTH


@dataclass(frozen=True)
class NewImage:
    """An image whose bytes and renditions are in the storage already."""

    name: str
    sha256: str
    size_bytes: int
    format: str
    width: int
    height: int
    perceptual_hash: str  # 64 bits in hexadecimal


@dataclass(frozen=True)
class Stored:
    """What became of an image: its row, and the name of the one it repeats, if it does."""

    image_id: int
    name: str
    repeats: str | None = None


@dataclass(frozen=True)
class Known:
    """An image that the project has already."""

    image_id: int
    name: str
    import_id: int | None


def begin(session: Session, import_id: int) -> Import:
    """Start the report anew: the job may have been cut short and run again."""
    found = session.get_one(Import, import_id)
    session.execute(delete(ImportRefusal).where(ImportRefusal.import_id == import_id))
    found.accepted = found.duplicates = found.labelled = 0
    found.notes, found.unknown_labels = [], []
    found.options = {name: value for name, value in found.options.items() if name != "details"}
    return found


def known_images(session: Session, project_id: int, hashes: Collection[str] | None = None) -> dict[str, Known]:
    """Find a project's images by the hash of their bytes."""
    query = select(Image.sha256, Image.id, Image.name, Image.import_id).where(Image.project_id == project_id)
    if hashes is not None:
        query = query.where(Image.sha256.in_(hashes))
    return {sha256: Known(image_id, name, import_id) for sha256, image_id, name, import_id in session.execute(query)}


def store_images(session: Session, import_: Import, batch: Sequence[NewImage]) -> list[Stored]:
    """Add images to the project; the same bytes are never there twice, nor is a name."""
    # Two imports into one project would each miss what the other is just adding.
    session.execute(select(Project.id).where(Project.id == import_.project_id).with_for_update())
    there = known_images(session, import_.project_id, [image.sha256 for image in batch])
    taken = _taken_names(session, import_.project_id, [image.name for image in batch])
    project = session.get_one(Project, import_.project_id)
    settings = settings_of(session, project)
    made: dict[str, Image] = {}
    stored: list[tuple[Image | Known, bool]] = []
    for image in batch:
        repeated = there.get(image.sha256) or made.get(image.sha256)
        if repeated is not None:
            stored.append((repeated, True))
            continue
        name = _free_name(session, import_.project_id, image.name, taken)
        taken.add(name)
        opinions = overlaps.wanted(project, settings, image.sha256)
        row = Image(
            project_id=project.id,
            import_id=import_.id,
            opinions=opinions,
            needed=opinions,
            **asdict(image) | {"name": name},
        )
        made[image.sha256] = row
        stored.append((row, False))
    session.add_all(made.values())
    session.flush()  # the report needs their ids
    return [
        Stored(row.id if isinstance(row, Image) else row.image_id, row.name, row.name if repeats else None)
        for row, repeats in stored
    ]


def add_refusals(session: Session, import_id: int, refused: Iterable[FileRefusal | RowRefusal]) -> None:
    """Write down what was refused and why."""
    for each in refused:
        if isinstance(each, FileRefusal):
            session.add(ImportRefusal(import_id=import_id, file=printable(each.file), row=None, reason=each.reason))
        else:
            session.add(ImportRefusal(import_id=import_id, file=None, row=each.row, reason=each.reason))


def make_labels(session: Session, import_: Import, names: Sequence[str]) -> list[str]:
    """Make the labels that were asked for; gives sentences about those that could not be made."""
    if not names:
        return []
    project = session.get_one(Project, import_.project_id)
    account = session.get(Account, import_.account_id) if import_.account_id is not None else None
    notes = []
    for name in names:
        try:
            labels.create_label(session, project, name=name, account=account)
        except AppError as refusal:
            notes.append(_("“%(name)s” was not made. %(why)s") % {"name": printable(name), "why": refusal.sentence})
    return notes


def group_folders(session: Session, import_: Import) -> list[str]:
    """Let the labels that came from folders exclude each other: an image lies in one folder only."""
    project = session.get_one(Project, import_.project_id)
    account = session.get(Account, import_.account_id) if import_.account_id is not None else None
    live = labels.live_labels(session, project.id)
    if len(live) < 2:
        return []
    group = label_grouping.make_group(session, project, title=_("Folders"), exclusive=True, account=account)
    for label in live:
        label_grouping.place_label(session, project, label, group_id=group.id, account=account)
    return [_("The labels exclude each other, as an image lies in one folder. The page of labels can change that.")]


def rows_of_images(
    rows: Mapping[str, LabelRow], ids: Mapping[str, int]
) -> tuple[list[tuple[int, LabelRow]], list[RowRefusal]]:
    """Give each image its row; of two rows that mean the same picture with other labels the first one counts."""
    taken: dict[int, LabelRow] = {}
    refused = []
    for name, row in sorted(rows.items(), key=lambda item: item[1].line):
        earlier = taken.setdefault(ids[name], row)
        if (set(earlier.labels), earlier.tagged) == (set(row.labels), row.tagged):
            taken[ids[name]] = replace(earlier, details=merged(earlier.details, row.details))
        else:
            reason = _("The picture is the same as that of row %(row)s, which has other labels; that row counts.")
            refused.append(RowRefusal(row.line, reason % {"row": earlier.line}))
    return list(taken.items()), refused


def keep_details(session: Session, import_: Import, rows: Sequence[tuple[int, LabelRow]], columns: list[str]) -> None:
    """Keep the details of rows with their images, and how many images got some with the import."""
    details.keep(session, [(image_id, row.details) for image_id, row in rows])
    there = import_.options.get("details", {}).get("images", 0)
    told = {"columns": columns, "images": there + sum(bool(row.details) for _image_id, row in rows)}
    import_.options = import_.options | {"details": told}


def apply_rows(
    session: Session,
    import_: Import,
    rows: Sequence[tuple[int, LabelRow]],
    known: Mapping[str, Label],
    asked: Sequence[int],
) -> None:
    """Keep what rows say as imported answers; labels that are not known say nothing."""
    imported_annotations.import_annotations(
        session,
        project=session.get_one(Project, import_.project_id),
        import_id=import_.id,
        account_id=import_.account_id,
        rows=[(image_id, frozenset(known[name].id for name in row.labels if name in known)) for image_id, row in rows],
        label_ids=asked,
    )


def group_near_duplicates(session: Session, import_: Import) -> list[list[str]]:
    """Put images that show nearly the same into one group each; gives the names of groups with something new in them.

    The training never splits a group, so that no image is judged by its own twin.
    """
    query = select(Image.id, Image.name, Image.perceptual_hash, Image.group_key, Image.import_id)
    found = session.execute(
        query.where(Image.project_id == import_.project_id, Image.perceptual_hash.is_not(None)).order_by(Image.id)
    ).all()
    changes: list[dict[str, object]] = []
    told = []
    for members in near_duplicate_groups([int(row.perceptual_hash, 16) for row in found]):
        rows = [found[index] for index in members]
        # The oldest key stays, so that groups keep their names as they grow.
        key = next((row.group_key for row in rows if row.group_key), f"near-{rows[0].id}")
        changes += [{"row": row.id, "key": key} for row in rows if row.group_key != key]
        if any(row.import_id == import_.id for row in rows):
            told.append([row.name for row in rows])
    if changes:
        # In the order in which everybody locks images: group by group it could wait for whoever waits for it.
        changes.sort(key=itemgetter("row"))
        table = Image.__table__
        statement = update(Image).where(table.c.id == bindparam("row")).values(group_key=bindparam("key"))
        session.connection().execute(statement, changes)
    return told


def _taken_names(session: Session, project_id: int, names: Collection[str]) -> set[str]:
    return set(session.scalars(select(Image.name).where(Image.project_id == project_id, Image.name.in_(names))))


def _free_name(session: Session, project_id: int, wanted: str, taken: set[str]) -> str:
    """Find a name that no other image has: "a.jpg", "a (2).jpg", ..."""
    suffix = PurePosixPath(wanted).suffix
    stem = wanted[: len(wanted) - len(suffix)]
    name, number = wanted, 1
    while name in taken:
        number += 1
        ending = f" ({number}){suffix}"
        name = stem[: NAME_LENGTH - len(ending)] + ending
        taken |= _taken_names(session, project_id, [name])
    return name
