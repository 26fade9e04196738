"""Predicting with a finished run: images that came after it, or a folder of images that are in no project."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import Labelling
from app.errors import Cancelled, ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Image, Job, Run
from app.services.predictions import result_file, unpredicted_images, write_predictions
from app.services.thresholds import active_set, set_words, threshold_values
from app.storage import Storage, get_storage, write_atomically
from worker.imaging.recognition import EXTENSIONS
from worker.jobs.pixels import items_of, screen_versions
from worker.jobs.recording import stage_sentence
from worker.ml import callbacks
from worker.ml.dataset import Item
from worker.ml.embeddings import EmbeddingCache
from worker.ml.predict import Probabilities, predict
from worker.running import Progress

# Some hundred images at a time: a cancelled job keeps what it has, and memory and scratch space stay small.
BATCH = 500
SEPARATOR = "|"


@dataclass(frozen=True)
class Limits:
    """The thresholds of a run in the order of its labels, and which set they are."""

    values: Sequence[float]
    followed: str
    labelling: Labelling

    def predicted(self, row: Sequence[float]) -> list[bool]:
        """Say which labels count as predicted in an image."""
        if self.labelling is Labelling.EXCLUSIVE:
            best = row.index(max(row))
            return [place == best for place in range(len(row))]
        return [value >= limit for value, limit in zip(row, self.values, strict=True)]


def work(progress: Progress) -> None:
    """Predict what the job's parameters name."""
    storage = get_storage()
    with session_scope(writes=False) as session:
        job = session.get_one(Job, progress.job_id)
        run = session.get_one(Run, job.params["run_id"])
        followed = set_words(run, active_set(session, run.id))
        limits = Limits(threshold_values(session, run), followed, run.labelling)
        images = [] if "folder" in job.params else unpredicted_images(session, run)
    if not run.checkpoint:
        raise ConflictError(_("Run %(number)s has no checkpoint to use.") % {"number": run.number})
    try:
        if "folder" in job.params:
            _predict_folder(progress, run, limits, Path(job.params["folder"]), result_file(job), storage)
        else:
            _predict_images(progress, run, images, storage)
    except callbacks.Cancelled as error:
        raise Cancelled from error


def _predict_images(progress: Progress, run: Run, images: Sequence[Image], storage: Storage) -> None:
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        said = _say(progress, run, items_of(part, storage, progress), storage, start, len(images))
        with session_scope() as session:
            write_predictions(session, run.id, [image.id for image in part], said, [True] * len(part))


def _predict_folder(progress: Progress, run: Run, limits: Limits, folder: Path, target: Path, storage: Storage) -> None:
    files = images_below(folder)
    if not files:
        raise InvalidInputError(_("There are no images in the folder “%(folder)s”.") % {"folder": folder})
    names = [label["name"] for label in run.labels]
    rows: list[list[str]] = []
    refused: list[tuple[Path, str]] = []
    for start in range(0, len(files), BATCH):
        progress.check()
        with screen_versions(files[start : start + BATCH], storage.root / "predictions") as (items, unusable):
            said = _say(progress, run, items, storage, start, len(files))
            rows += _rows(items, said, names, limits, folder)
            refused += unusable
    rows += [[_relative(file, folder), "", *[""] * len(names), "", reason] for file, reason in refused]
    if len(refused) == len(files):
        raise InvalidInputError(_("None of the files in “%(folder)s” could be read as an image.") % {"folder": folder})
    write_atomically(target, [_csv([["file", "labels", *names, "threshold set", "refused"], *rows])])


def images_below(folder: Path) -> list[Path]:
    """List the files of a folder and its subfolders that are named like images, by name; links are not followed."""
    if not folder.is_dir():
        raise InvalidInputError(_("There is no folder “%(folder)s”.") % {"folder": folder})
    known = {extension.lower() for extensions in EXTENSIONS.values() for extension in extensions}
    found = (path for path in folder.rglob("*") if path.suffix.lower() in known)
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _say(
    progress: Progress, run: Run, items: Sequence[Item], storage: Storage, before: int, total: int
) -> Probabilities:
    def tell(report: callbacks.Progress) -> None:
        progress(stage_sentence(callbacks.Stage.PREDICTING), before + report.done, total)

    return predict(
        storage.checkpoints / str(run.checkpoint),
        items,
        EmbeddingCache(storage.embeddings),
        tell,
        progress.should_stop,
        weights_directory=storage.backbones,
        device=get_settings().device,
    )


def _rows(
    items: Sequence[Item], said: Probabilities, names: Sequence[str], limits: Limits, folder: Path
) -> Iterable[list[str]]:
    for item, row in zip(items, said.tolist(), strict=True):
        predicted = [name for name, is_meant in zip(names, limits.predicted(row), strict=True) if is_meant]
        yield [
            _relative(Path(item.name), folder),
            SEPARATOR.join(predicted),
            *(f"{value:.6f}" for value in row),
            limits.followed,
            "",
        ]


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
