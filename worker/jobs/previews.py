"""Making the pictures that show what a network would get, for whoever chooses how to train."""

import shutil
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from app.db import session_scope
from app.models import Job
from app.services import previews
from app.services.previews import PreviewKind, Sample, Wish
from app.storage import Storage, get_storage
from worker.jobs import pipeline_checks
from worker.jobs.pixels import items_of
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.previews import show_batch, show_one
from worker.running import Progress

# Fine enough that nobody sees the difference from what the network gets; a tenth of the bytes.
QUALITY = 95


def work(progress: Progress) -> None:
    """Make the preview that the job asks for; nothing of the database is held meanwhile."""
    storage = get_storage()
    with session_scope(writes=False) as session:
        job = session.get_one(Job, progress.job_id)
        wish = previews.wish_of(job)
        sample = previews.sample(session, job.project_id or 0, wish)
        everything = previews.files(session, job.project_id or 0) if wish.kind is PreviewKind.CHECK else []
    clear_old(storage)
    if wish.kind is PreviewKind.CHECK:
        result = pipeline_checks.check(progress, storage, wish, sample, everything)
    else:
        result = _make(progress, storage, wish, sample)
    progress.check()
    progress.at_success(lambda session: previews.keep_result(session, progress.job_id, result))


def _make(progress: Progress, storage: Storage, wish: Wish, sample: Sample) -> dict[str, Any]:
    config = FinetuneConfig(**wish.config, seed=wish.seed)
    items = items_of(sample.images, storage, progress)
    if wish.kind is PreviewKind.ONE:
        pixels = show_one(items[0], config, wish.count, wish.seed)
    else:
        pixels = show_batch(items, config, wish.seed)
    progress.check()
    _keep(pixels, storage, progress.job_id)
    labels = {label.id: label for label in sample.labels}
    shown = [
        {
            "image_id": image.id,
            "name": image.name,
            "labels": {
                str(label): value for label, value in sample.truths.get(image.id, {}).items() if label in labels
            },
        }
        for image in sample.images
    ]
    return {"images": shown, "pictures": len(pixels), "height": pixels.shape[1], "width": pixels.shape[2]}


def _keep(pixels: npt.NDArray[np.uint8], storage: Storage, job_id: int) -> None:
    folder = storage.previews / str(job_id)
    # SQLite gives the number of a deleted job again.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Nobody is told of them before the job has succeeded, so that no reader meets half a file.
    for number, each in enumerate(pixels):
        Picture.fromarray(each).save(folder / f"{number}.jpg", quality=QUALITY, subsampling=0)


def clear_old(storage: Storage) -> None:
    """Remove the pictures of previews that are forgotten."""
    limit = time.time() - previews.FORGOTTEN_AFTER.total_seconds()
    for folder in storage.previews.glob("*"):
        if folder.stat().st_mtime < limit:
            shutil.rmtree(folder, ignore_errors=True)
