"""Importing: read every file of a source, keep what is an image, then the labels of the table, then groups.

It can be cut short anywhere and run again: an image is known by the hash of its bytes, and answers that say the same
make nothing.
"""

import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.config import get_settings
from app.db import session_scope
from app.errors import AppError, Cancelled
from app.formats.entries import Entry, EntryRefused, FileRefusal, Source, printable
from app.i18n import gettext as _
from app.i18n import ngettext
from app.services import gathering, import_results, imports, jobs, predictions, similarity, tiles, uploads
from app.services.import_results import Known, NewImage
from app.storage import Storage, get_storage
from worker.imaging import ImageRefused
from worker.jobs.image_files import Prepared, Taken, image_limits, keep, prepare, take
from worker.jobs.import_tables import apply_table
from worker.running import Progress

# Pillow lets go of the interpreter while it decodes; a laptop that is also used for tagging has two cores to spare.
THREADS = 2
# Files in hand at once: enough to keep the threads busy, few enough that large scans do not pile up on the disk.
IN_HAND = 3 * THREADS
# A short transaction: SQLite has one writer, and people are tagging meanwhile.
BATCH = 50
# A report is read by a person; what goes beyond is summed up.
MOST_NOTES = 200
MOST_GROUPS, MOST_TWINS = 30, 6


@dataclass
class Reading:
    """What is known while an import runs."""

    progress: Progress
    storage: Storage
    import_id: int
    project_id: int
    known: dict[str, Known]
    # Which image each file of this import is, by the name that the file came under.
    own: dict[str, int] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    accepted: int = 0
    duplicates: int = 0
    notes: list[str] = field(default_factory=list)
    ready: list[NewImage] = field(default_factory=list)
    refused: list[FileRefusal] = field(default_factory=list)
    done: int = 0
    total: int = 0


def work(progress: Progress) -> None:
    """Do an import's job."""
    with session_scope(writes=False) as session:
        import_ = imports.import_of_job(session, progress.job_id)
    with ExitStack() as stack:
        source = gathering.source_of(import_, get_storage(), stack)
        bring_in(progress, import_.id, source)


def bring_in(progress: Progress, import_id: int, source: Source) -> None:
    """Bring the files of a source and the table that goes with them into the project."""
    reading = _begin(progress, import_id, source)
    try:
        read_files(reading, source)
        apply_table(progress, import_id, reading.own, reading.notes)
        _group(reading)
        _write(reading)
        with session_scope() as session:
            predictions.request_predictions(session, reading.project_id)
            similarity.request(session, reading.project_id)
        # Not before the import is over: making tiles gives way to imports.
        progress.at_success(lambda session: tiles.request(session, reading.project_id, import_id))
    except Cancelled:
        _say_cancelled(reading)
        raise
    uploads.forget_files(reading.storage, import_id)


def read_files(reading: Reading, source: Source) -> None:
    """Keep every image of a source; each file that is none is refused by itself."""
    reading.refused += source.refused
    reading.done = len(source.refused)
    reading.total = reading.done + len(source.entries)
    folder = uploads.work_folder(reading.storage, reading.import_id)
    limits = image_limits(get_settings())
    in_hand: deque[tuple[Taken, Future[Prepared]]] = deque()
    with _quiet_decoders(), ThreadPoolExecutor(THREADS) as threads:
        try:
            for entry in source.entries:
                reading.progress.check()
                taken = _take(reading, entry, folder)
                if taken is not None:
                    in_hand.append((taken, threads.submit(prepare, taken, reading.storage, limits)))
                while len(in_hand) >= IN_HAND:
                    _collect(reading, *in_hand.popleft())
            while in_hand:
                reading.progress.check()
                _collect(reading, *in_hand.popleft())
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
            _write(reading)


def _begin(progress: Progress, import_id: int, source: Source) -> Reading:
    with session_scope() as session:
        import_ = import_results.begin(session, import_id)
        project_id = import_.project_id
        known = import_results.known_images(session, project_id)
        chosen = imports.table_options(import_).table
    reading = Reading(progress, get_storage(), import_id, project_id, known)
    for entry in source.csv_entries:
        if entry.name != chosen and Path(entry.name).name != chosen:
            reading.notes.append(_("The table “%(name)s” was among the files and was not read.") % {"name": entry.name})
    return reading


def _take(reading: Reading, entry: Entry, folder: Path) -> Taken | None:
    """Copy a file; one that cannot be read, or that the project has already, needs nothing more."""
    try:
        taken = take(entry, folder)
    except EntryRefused as refusal:
        _refuse(reading, entry.name, refusal)
        return None
    there = reading.known.get(taken.sha256)
    if there is None:
        return taken
    # Importing it again brings back a file that was lost from the data folder.
    keep(taken, reading.storage)
    taken.path.unlink(missing_ok=True)
    reading.own.setdefault(entry.name, there.image_id)
    # What an earlier attempt of this import brought in is no duplicate.
    if there.import_id == reading.import_id and taken.sha256 not in reading.seen:
        reading.seen.add(taken.sha256)
        reading.accepted += 1
    else:
        _count_duplicate(reading, entry.name, there.name)
    _step(reading)
    return None


def _collect(reading: Reading, taken: Taken, future: "Future[Prepared]") -> None:
    """Take over what a thread made of a file."""
    try:
        prepared = future.result()
    except (ImageRefused, EntryRefused) as refusal:
        _refuse(reading, taken.name, refusal)
        return
    reading.ready.append(prepared.image)
    reading.notes += [f"{printable(taken.name)}: {note}" for note in prepared.notes]
    if len(reading.ready) >= BATCH:
        _write(reading)
    _step(reading)


def _refuse(reading: Reading, name: str, refusal: AppError) -> None:
    reading.refused.append(FileRefusal(name, refusal.sentence))
    _step(reading)


def _count_duplicate(reading: Reading, name: str, there: str) -> None:
    reading.duplicates += 1
    if name != there:
        note = _("%(file)s: the same picture as “%(name)s”, which is in the project already.")
        reading.notes.append(note % {"file": printable(name), "name": printable(there)})


def _step(reading: Reading) -> None:
    reading.done += 1
    reading.progress(_("Reading images"), reading.done, reading.total)


def _write(reading: Reading) -> None:
    """Write down what has piled up, with the counts so far."""
    batch, refused = reading.ready, reading.refused
    reading.ready, reading.refused = [], []
    with session_scope() as session:
        import_ = imports.get_import(session, reading.project_id, reading.import_id)
        stored = import_results.store_images(session, import_, batch) if batch else []
        for image, result in zip(batch, stored, strict=True):
            reading.own.setdefault(image.name, result.image_id)
            if result.repeats is not None:
                _count_duplicate(reading, image.name, result.repeats)
                continue
            reading.accepted += 1
            reading.seen.add(image.sha256)
            reading.own.setdefault(result.name, result.image_id)
            reading.known[image.sha256] = Known(result.image_id, result.name, reading.import_id)
            if result.name != image.name:
                note = _("%(file)s: another image has this name already; it is now called “%(name)s”.")
                reading.notes.append(note % {"file": printable(image.name), "name": printable(result.name)})
        import_results.add_refusals(session, reading.import_id, refused)
        import_.accepted, import_.duplicates = reading.accepted, reading.duplicates
        import_.notes = _bounded(reading.notes)


def _bounded(notes: list[str]) -> list[str]:
    if len(notes) <= MOST_NOTES:
        return list(notes)
    rest = len(notes) - MOST_NOTES
    return [
        *notes[:MOST_NOTES],
        ngettext("… and %(count)s more note.", "… and %(count)s more notes.", rest) % {"count": rest},
    ]


def _group(reading: Reading) -> None:
    reading.progress.check()
    reading.progress(_("Looking for images that show nearly the same"), 0, 1)
    with session_scope() as session:
        import_ = imports.get_import(session, reading.project_id, reading.import_id)
        groups = import_results.group_near_duplicates(session, import_)
    reading.progress(_("Looking for images that show nearly the same"), 1, 1)
    if groups:
        note = ngettext(
            "%(count)s group of images that show nearly the same; it stays on one side when images are split for"
            " training: %(names)s",
            "%(count)s groups of images that show nearly the same; each stays on one side when images are split for"
            " training: %(names)s",
            len(groups),
        )
        reading.notes.append(note % {"count": len(groups), "names": _listed(groups)})


def _listed(groups: list[list[str]]) -> str:
    """Write groups as one sentence, of long ones the beginning."""
    written = [
        " = ".join(printable(name) for name in names[:MOST_TWINS]) + (" …" if len(names) > MOST_TWINS else "")
        for names in groups[:MOST_GROUPS]
    ]
    return "; ".join(written) + ("; …" if len(groups) > MOST_GROUPS else ".")


def _say_cancelled(reading: Reading) -> None:
    """Say what is in, if it was a person who stopped it; a worker that is shut down goes on later."""
    with session_scope() as session:
        wished = jobs.cancel_wished(session, reading.progress.held)
        if wished:
            import_ = imports.get_import(session, reading.project_id, reading.import_id)
            sentence = _(
                "Cancelled after %(done)s of %(total)s files. What had been read is in the project; import the same"
                " files again for the rest, nothing comes twice."
            )
            import_.notes = [sentence % {"done": reading.done, "total": reading.total}, *_bounded(reading.notes)]
    if wished:
        uploads.forget_files(reading.storage, reading.import_id)


@contextmanager
def _quiet_decoders() -> Iterator[None]:
    # Decoders silence their warnings one by one, which threads would undo for each other.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
