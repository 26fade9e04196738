"""Imports: gathering files, starting the job that reads them, and what it reports."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.formats.csv_text import MAX_CSV_BYTES
from app.formats.entries import SourceRefused
from app.formats.folder_labels import FOLDERS
from app.formats.folders import walk_folder
from app.i18n import gettext as _
from app.models import Account, Import, ImportRefusal, Job, Project
from app.models.types import now
from app.services import gathering, import_tables, jobs, labels, uploads
from app.services.import_tables import TableOptions, UnknownLabel
from app.storage import get_storage

# Uploads that nobody started an import from take up room; a day later nobody comes back to them.
ABANDONED_AFTER = timedelta(days=1)
REFUSALS_PER_PAGE = 100
RECENT = 10


@dataclass(frozen=True)
class UnknownChoice:
    """What is to become of a table's unknown labels: all made, none, or some; empty while nobody has decided."""

    which: str = ""
    names: tuple[str, ...] = ()


def create_import(session: Session, project: Project, account: Account | None, *, source: str = "upload") -> Import:
    """Begin an import, to which files can then be sent."""
    _forget_abandoned(session, project.id)
    made = Import(project_id=project.id, account_id=account.id if account else None, source=source, options={})
    session.add(made)
    session.flush()  # the files lie in a folder of its number
    # SQLite gives the number of a deleted import again: what waited under it is not this one's.
    get_storage().forget_upload(made.id)
    return made


def get_import(session: Session, project_id: int, import_id: int) -> Import:
    """Load an import of a project."""
    found = session.get(Import, import_id)
    if found is None or found.project_id != project_id:
        raise NotFoundError
    return found


def get_open_import(session: Session, project_id: int, import_id: int) -> Import:
    """Load an import that still takes files."""
    found = get_import(session, project_id, import_id)
    if found.job_id is not None or found.source != "upload":
        raise ConflictError(_("This import has begun already. Start another one for more files."))
    return found


def recent_imports(session: Session, project_id: int) -> list[tuple[Import, Job]]:
    """List the last imports that were started, newest first."""
    query = select(Import, Job).join(Job, Job.id == Import.job_id).where(Import.project_id == project_id)
    return [(row[0], row[1]) for row in session.execute(query.order_by(Import.id.desc()).limit(RECENT))]


def start_import(session: Session, import_: Import, options: TableOptions) -> Job:
    """Start the job of an import whose files have all come."""
    session.flush()  # reading it anew must not undo what has just been set
    session.refresh(import_, with_for_update=True)  # a second click waits here, and is refused
    if import_.job_id is not None:
        raise ConflictError(_("This import has begun already. Start another one for more files."))
    import_.options = import_.options | {"table": options.as_json()}
    return give_job(session, import_, JobKind.IMPORT)


def retry_import(session: Session, import_: Import) -> Job:
    """Start a failed import again; what it has brought in already is not brought in twice."""
    session.refresh(import_, with_for_update=True)
    job = job_of(session, import_)
    if job is None or job.status is not JobStatus.FAILED:
        raise ConflictError(_("Only an import that has failed can be tried again."))
    return give_job(session, import_, job.kind)


def start_upload(session: Session, import_: Import, options: TableOptions, choice: UnknownChoice | None = None) -> Job:
    """Start the import of what a browser sent; somebody must have decided on every unknown label."""
    with ExitStack() as stack:
        source = gathering.source_of(import_, get_storage(), stack)
        if not (source.entries or source.csv_entries or source.refused):
            raise InvalidInputError(_("No file has come yet. Choose images first."))
        data = gathering.table_of(source, options.table) if options.table else None
    if options.table and data is None:
        raise InvalidInputError(_("The table “%(name)s” is not among the files.") % {"name": options.table})
    if data is not None:
        unknown = _unknown(session, import_, data, options)
        options = replace(options, create=_to_create(unknown, choice or UnknownChoice()))
        uploads.keep_table(get_storage(), import_.id, data)
    return start_import(session, import_, options)


def import_folder(
    session: Session,
    project: Project,
    images: Path | None,
    csv: Path | None = None,
    options: TableOptions | None = None,
    account: Account | None = None,
) -> Import:
    """Start the import of a folder or zip on the server, read where it lies, with or without a table beside it.

    Options whose table is FOLDERS take the names of the folders that images lie in for their labels.
    """
    storage = get_storage()
    if images is not None and not images.is_dir() and not images.is_file():
        walk_folder(images)  # says in words what is missing
    if images is None and csv is None:
        raise InvalidInputError(_("Say where the images are, or which table to read."))
    if csv is not None and not csv.is_file():
        raise SourceRefused(_("There is no file “%(path)s”.") % {"path": csv})
    made = create_import(session, project, account, source="folder" if images is None or images.is_dir() else "zip")
    made.options = {"path": str(images.resolve()) if images else ""}
    chosen = replace(options or TableOptions(), table="")
    if options is not None and options.table == FOLDERS and csv is None:
        _keep_folders(made)
        chosen = replace(chosen, table=FOLDERS)
    if csv is not None:
        if csv.stat().st_size > MAX_CSV_BYTES:
            raise InvalidInputError(
                _("The CSV file has more than %(most)s MB. Split it into several files.")
                % {"most": MAX_CSV_BYTES // 1_000_000}
            )
        uploads.keep_table(storage, made.id, csv.read_bytes())
        chosen = replace(chosen, table=csv.name)
    start_import(session, made, chosen)
    return made


def _keep_folders(import_: Import) -> None:
    with ExitStack() as stack:
        data = gathering.table_of(gathering.source_of(import_, get_storage(), stack), FOLDERS)
    uploads.keep_table(get_storage(), import_.id, data or b"")


def repeat_with_labels(session: Session, import_: Import, names: Sequence[str], account: Account | None) -> Import:
    """Read an import's table once more, making some of the labels it did not know."""
    data = uploads.kept_table(get_storage(), import_.id)
    wanted = tuple(name for name in import_.unknown_labels if name in set(names))
    if data is None or not wanted:
        raise InvalidInputError(_("Please choose at least one of the labels."))
    project = session.get_one(Project, import_.project_id)
    made = create_import(session, project, account, source="folder")
    made.options = {"path": ""}
    uploads.keep_table(get_storage(), made.id, data)
    start_import(session, made, replace(table_options(import_), create=wanted, create_all=False))
    return made


def may_repeat(import_: Import) -> bool:
    """Tell whether an import's table can be read once more."""
    return bool(import_.unknown_labels) and uploads.kept_table(get_storage(), import_.id) is not None


def table_options(import_: Import) -> TableOptions:
    """Give the options with which an import's table is read."""
    return TableOptions.from_json(import_.options.get("table", {}))


def job_of(session: Session, import_: Import) -> Job | None:
    """Load the job of an import, if it has been started."""
    return session.get(Job, import_.job_id) if import_.job_id is not None else None


def import_of_job(session: Session, job_id: int) -> Import:
    """Find the import that a job is to do."""
    found = session.scalar(select(Import).where(Import.job_id == job_id))
    if found is None:
        raise NotFoundError(_("The import is no longer there."))
    return found


def count_refusals(session: Session, import_id: int) -> tuple[int, int]:
    """Count the files and the rows that an import refused."""
    rows = func.count(ImportRefusal.row)
    counted = session.execute(select(func.count(), rows).where(ImportRefusal.import_id == import_id)).one()
    return counted[0] - counted[1], counted[1]


def refusals(session: Session, import_id: int, *, page: int = 1) -> list[ImportRefusal]:
    """List what an import refused, files before rows, a page at a time."""
    query = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    ordered = query.order_by(ImportRefusal.row.is_not(None), ImportRefusal.id)
    return list(session.scalars(ordered.offset((max(page, 1) - 1) * REFUSALS_PER_PAGE).limit(REFUSALS_PER_PAGE)))


def all_refusals(session: Session, import_id: int) -> Iterator[ImportRefusal]:
    """Go over everything an import refused."""
    query = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    yield from session.scalars(query.order_by(ImportRefusal.row.is_not(None), ImportRefusal.id))


def report_dict(session: Session, import_: Import) -> dict[str, Any]:
    """Tell what an import did, in the form of `loupe import --json`."""
    refused = list(all_refusals(session, import_.id))
    return {
        "accepted": import_.accepted,
        "duplicates": import_.duplicates,
        "refused": [{"file": each.file, "reason": each.reason} for each in refused if each.row is None],
        "rows_refused": [{"row": each.row, "reason": each.reason} for each in refused if each.row is not None],
        "unknown_labels": list(import_.unknown_labels),
        "details": kept_details(import_),
    }


def kept_details(import_: Import) -> dict[str, Any]:
    """Tell which columns of its table an import kept as details, and for how many images."""
    return dict(import_.options.get("details", {"columns": [], "images": 0}))


def is_over(job: Job | None) -> bool:
    """Tell whether an import's job has ended, one way or another."""
    return job is not None and job.status in {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}


def give_job(session: Session, import_: Import, kind: JobKind) -> Job:
    """Make the job that does an import."""
    job = jobs.create_job(
        session,
        kind,
        project_id=import_.project_id,
        account_id=import_.account_id,
        params={"import_id": import_.id},
    )
    import_.job_id = job.id
    session.flush()  # the worker looks the import up by its job
    return job


def _to_create(unknown: Sequence[UnknownLabel], choice: UnknownChoice) -> tuple[str, ...]:
    possible = [each.name for each in unknown if not each.problem]
    if not unknown or choice.which == "none":
        return ()
    if choice.which == "all":
        return tuple(possible)
    if choice.which == "some":
        return tuple(name for name in possible if name in choice.names)
    raise InvalidInputError(
        _("The table names labels that the project does not have. Please choose what to do with them.")
    )


def _unknown(session: Session, import_: Import, data: bytes, options: TableOptions) -> list[UnknownLabel]:
    table = import_tables.read_table(data, options)
    return import_tables.unknown_labels(table, labels.live_labels(session, import_.project_id))


def _forget_abandoned(session: Session, project_id: int) -> None:
    """Remove imports of a project that were never started, with their files."""
    old = (Import.project_id == project_id, Import.job_id.is_(None), Import.created_at < now() - ABANDONED_AFTER)
    for import_id in session.scalars(select(Import.id).where(*old)).all():
        get_storage().forget_upload(import_id)
    session.execute(delete(Import).where(*old))
