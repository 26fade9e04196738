"""Asking a run's network where it looks in some images, and keeping the pictures."""

import logging
from functools import lru_cache
from pathlib import Path

from app.config import get_settings
from app.db import session_scope
from app.errors import AppError, ConflictError
from app.i18n import gettext as _
from app.models import Image, Job, Run
from app.storage import Storage, get_storage, write_atomically
from worker.jobs.pixels import items_of
from worker.ml.activation import Looker, open_looker
from worker.ml.map_drawing import draw
from worker.running import Progress

log = logging.getLogger(__name__)


def work(progress: Progress) -> None:
    """Make the maps of the places in the job's parameters, the one on somebody's screen first."""
    storage = get_storage()
    with session_scope(writes=False) as session:
        job = session.get_one(Job, progress.job_id)
        run = session.get_one(Run, job.params["run_id"])
        places = [(session.get(Image, image_id), label_id) for image_id, label_id in job.params["places"]]
    if not run.checkpoint:
        raise ConflictError(_("Run %(number)s has no checkpoint to use.") % {"number": run.number})
    looker = _opened(storage.checkpoints / run.checkpoint, storage.backbones, get_settings().device)
    columns = {label["id"]: column for column, label in enumerate(run.labels)}
    for number, (image, label_id) in enumerate(places):
        progress(_("Looking at images"), number, len(places))
        progress.check()
        if image is None:
            continue
        try:
            _make(looker, run, image, label_id, columns[label_id], storage, progress)
        except AppError as refusal:
            if number == 0:
                raise
            # Nobody waits for this one yet: whoever asks for it is told the reason.
            log.warning("no map of image %s: %s", image.id, refusal.sentence)


def _make(
    looker: Looker, run: Run, image: Image, label_id: int, column: int, storage: Storage, progress: Progress
) -> None:
    (item,) = items_of([image], storage, progress)
    picture = draw(looker.look(item, column))
    if picture is None:
        write_atomically(storage.empty_map(run.id, image.id, label_id), [])
    else:
        write_atomically(storage.activation_map(run.id, image.id, label_id), [picture])


@lru_cache(maxsize=1)
def _opened(checkpoint: Path, backbones: Path, device: str) -> Looker:
    """Keep the last network at hand: to load one takes ten times as long as to ask it, and a checkpoint stays."""
    return open_looker(checkpoint, backbones, device)
