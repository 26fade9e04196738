"""What came for an import that has not begun: opening it, and saying what its table would do."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import get_settings
from app.errors import InvalidInputError
from app.formats.csv_text import MAX_CSV_BYTES
from app.formats.entries import EntryRefused, Source
from app.formats.folder_labels import FOLDERS, folder_table, has_folders
from app.models import Image, Import
from app.services import import_tables, labels, uploads
from app.services.import_tables import TableOptions, TablePreview
from app.storage import Storage


@dataclass(frozen=True)
class Gathered:
    """What came, and what its table would do."""

    import_id: int
    images: int
    archives: int
    refused: list[tuple[str, str]]
    tables: list[str]
    options: TableOptions
    preview: TablePreview | None
    error: str = ""


def gather(session: Session, import_: Import, storage: Storage, options: TableOptions, *, error: str = "") -> Gathered:
    """Look through what came; `error` is what was wrong with trying to begin."""
    with ExitStack() as stack:
        source = source_of(import_, storage, stack)
        options, preview = preview_table(session, import_, source, options)
        return Gathered(
            import_id=import_.id,
            images=len(source.entries),
            archives=sum(upload.is_archive for upload in uploads.list_uploads(storage, import_.id)),
            refused=[(refusal.file, refusal.reason) for refusal in source.refused],
            tables=tables_of(source),
            options=options,
            preview=preview,
            error=error,
        )


def source_of(import_: Import, storage: Storage, stack: ExitStack) -> Source:
    """Open what an import reads: what was uploaded, or a folder or zip on the server."""
    limits = uploads.source_limits(get_settings())
    place = import_.options.get("path")
    if place is None:
        return uploads.open_uploads(storage, import_.id, limits, stack)
    return uploads.open_path(Path(place), limits, stack) if place else Source()


def tables_of(source: Source) -> list[str]:
    """Name the tables of a source; where images lie in folders, the last one is what the folders' names say."""
    named = [entry.name for entry in source.csv_entries]
    return [*named, FOLDERS] if has_folders(entry.name for entry in source.entries) else named


def table_of(source: Source, name: str) -> bytes | None:
    """Read one of the tables of a source."""
    if name == FOLDERS:
        return folder_table(entry.name for entry in source.entries)
    for entry in source.csv_entries:
        if entry.name == name:
            try:
                return uploads.read_entry(entry, MAX_CSV_BYTES)
            except EntryRefused as refusal:
                raise InvalidInputError(refusal.sentence) from refusal
    return None


def preview_table(
    session: Session, import_: Import, source: Source, options: TableOptions
) -> tuple[TableOptions, TablePreview | None]:
    """Show what a table would do; without a choice the first one is taken, as long as there is one."""
    names = tables_of(source)
    # A table that lies on top is meant more often than one somewhere in a folder, and any more often than the folders.
    usual = min(names, key=lambda name: (name == FOLDERS, name.count("/")), default="")
    chosen = options.table if options.table in names else usual
    options = replace(options, table=chosen)
    data = table_of(source, chosen)
    if data is None:
        return options, None
    own = [entry.name for entry in source.entries]
    live = labels.live_labels(session, import_.project_id)
    others = session.scalars(select(Image.name).where(Image.project_id == import_.project_id))
    return options, import_tables.preview(data, options, live, own, list(others))
