"""Applying the table of an import: making the labels that were asked for, then keeping what its rows say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from app.db import session_scope
from app.errors import InvalidInputError
from app.formats.entries import FileRefusal
from app.formats.folder_labels import FOLDERS
from app.formats.labels_csv import LabelRow, LabelTable, RowRefusal
from app.i18n import gettext as _
from app.models import Import, Label
from app.services import import_results, import_tables, imports, labels, uploads
from app.services.import_tables import TableOptions
from app.storage import get_storage
from worker.running import Progress

# Rows kept in one transaction: a tenth of a second on a laptop.
BATCH = 500
Item = TypeVar("Item")


def apply_table(progress: Progress, import_id: int, own: Mapping[str, int], notes: list[str]) -> None:
    """Tag the images that a table names; `own` are this import's files, by name. Notes are added to the list."""
    data = uploads.kept_table(get_storage(), import_id)
    with session_scope(writes=False) as session:
        import_ = session.get_one(Import, import_id)
        options = imports.table_options(import_)
    if data is None or not options.table:
        return
    progress.check()
    progress(_("Reading the table of labels"), 0, 1)
    try:
        table = import_tables.read_table(data, options)
    except InvalidInputError as refusal:
        with session_scope() as session:
            import_results.add_refusals(session, import_id, [FileRefusal(options.table, refusal.sentence)])
        return
    notes += table.notes
    known, asked = _labels(import_id, table, options, notes)
    rows, refused = _match(import_id, table, own, notes)
    tagged = [row for row in rows if row[1].tagged]
    with session_scope() as session:
        import_results.add_refusals(session, import_id, refused)
        session.get_one(Import, import_id).labelled = len(tagged) if asked else 0
    _keep_details(progress, import_id, rows, table)
    _tag(progress, import_id, tagged, known, asked, notes)


def _keep_details(progress: Progress, import_id: int, rows: Sequence[tuple[int, LabelRow]], table: LabelTable) -> None:
    if not table.details:
        return
    done = 0
    for batch in _batches(rows):
        progress.check()
        with session_scope() as session:
            import_results.keep_details(session, session.get_one(Import, import_id), batch, table.details)
        done += len(batch)
        progress(_("Keeping the details of images"), done, len(rows))


def _tag(
    progress: Progress,
    import_id: int,
    rows: Sequence[tuple[int, LabelRow]],
    known: Mapping[str, Label],
    asked: Sequence[int],
    notes: list[str],
) -> None:
    if rows and not asked:
        notes.append(_("The table was not applied: the project has no labels yet."))
        return
    done = 0
    for batch in _batches(rows):
        progress.check()
        with session_scope() as session:
            import_results.apply_rows(session, session.get_one(Import, import_id), batch, known, asked)
        done += len(batch)
        progress(_("Tagging images as the table says"), done, len(rows))


def _labels(
    import_id: int, table: LabelTable, options: TableOptions, notes: list[str]
) -> tuple[dict[str, Label], list[int]]:
    """Make the wanted labels; give the label of each name, and the labels that the table answers for."""
    with session_scope() as session:
        import_ = session.get_one(Import, import_id)
        unknown = _unknown(session, import_, table)
        wanted = [name for name in unknown if options.create_all or name in options.create]
        is_first = not labels.live_labels(session, import_.project_id)
        notes += import_results.make_labels(session, import_, wanted)
        if is_first and options.table == FOLDERS:
            notes += import_results.group_folders(session, import_)
    with session_scope() as session:
        import_ = session.get_one(Import, import_id)
        live = labels.live_labels(session, import_.project_id)
        known = import_tables.match_labels(table.label_counts, live)
        import_.unknown_labels = [name for name in table.label_counts if name not in known]
    notes += import_tables.spelling_notes(known)
    mentioned = {label.id for label in known.values()}
    answers_for_all = options.unmentioned == "absent"
    return known, [label.id for label in live if answers_for_all or label.id in mentioned]


def _unknown(session: Session, import_: Import, table: LabelTable) -> list[str]:
    live = labels.live_labels(session, import_.project_id)
    return [unknown.name for unknown in import_tables.unknown_labels(table, live)]


def _match(
    import_id: int, table: LabelTable, own: Mapping[str, int], notes: list[str]
) -> tuple[list[tuple[int, LabelRow]], list[RowRefusal]]:
    with session_scope(writes=False) as session:
        project_id = session.get_one(Import, import_id).project_id
        there = {known.name: known.image_id for known in import_results.known_images(session, project_id).values()}
    others = {name: image_id for name, image_id in there.items() if name not in own}
    matched = import_tables.match_rows(table.rows, own, others)
    rows, refused = import_results.rows_of_images(matched.rows, others | dict(own))
    notes += matched.notes
    return rows, sorted([*table.refused, *matched.refused, *refused], key=lambda refusal: refusal.row)


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
