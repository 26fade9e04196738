"""Cutting large images into tiles: one that somebody looks at now, or all of a project ahead of time."""

import logging
from pathlib import Path

from app.config import get_settings
from app.db import session_scope
from app.disk_room import GIGABYTE, make_room, used_bytes
from app.errors import AppError, NotFoundError
from app.i18n import gettext as _
from app.models import Image
from app.services import jobs, tiles
from app.storage import get_storage
from worker.imaging import ImageRefused
from worker.imaging.tiles import Step, write_pyramid
from worker.jobs.image_files import image_limits
from worker.running import GiveWay, Progress

log = logging.getLogger(__name__)


def work(progress: Progress) -> None:
    """Do a job of tiles: of the image that its parameters name, else of all large images of its project."""
    with session_scope(writes=False) as session:
        job = jobs.get_job(session, progress.job_id)
        wanted = job.params.get("image_id")
        image = session.get(Image, wanted) if wanted is not None else None
        images = tiles.large_images(session, job.project_id) if job.project_id is not None and wanted is None else []
    if wanted is None:
        make_ahead(progress, images)
    elif image is None:
        raise NotFoundError(_("The image is no longer there."))
    else:
        make_one(progress, image)


def make_one(progress: Progress, image: Image) -> None:
    """Make the tiles of an image that somebody looks at; what was not looked at for longest makes room."""
    stage = _("Preparing a large image for a close look")

    def step(done: int, total: int) -> None:
        progress.check()
        progress(stage, done, total)

    _make(image, step)


def make_ahead(progress: Progress, images: list[Image]) -> None:
    """Make the tiles of all images that lack them, as long as there is room; whatever people wait for goes first."""
    storage, most = get_storage(), get_settings().tiles_max_gb * GIGABYTE
    for done, image in enumerate(images):
        progress(_("Preparing large images for a close look"), done, len(images))
        _let_others_first(progress)
        if tiles.pyramid_of(storage, image.sha256) is not None:
            continue
        if used_bytes(tiles.files(storage)) >= most:
            log.info("the tiles of large images have filled their room; more are made when somebody looks")
            return
        try:
            _make(image, lambda _done, _total: progress.check())
        except ImageRefused as refusal:
            log.warning("no tiles of image %s could be made: %s", image.id, refusal.sentence)


def _let_others_first(progress: Progress) -> None:
    progress.check()
    with session_scope(writes=False) as session:
        if tiles.others_first(session, progress.job_id):
            raise GiveWay


def _make(image: Image, step: Step) -> None:
    storage, settings = get_storage(), get_settings()
    target = storage.tiles(image.sha256)
    if tiles.pyramid_of(storage, image.sha256) is not None:
        return
    _write(storage.original(image.sha256), target, step)
    make_room(tiles.files(storage), settings.tiles_max_gb * GIGABYTE, keep=target)


def _write(source: Path, target: Path, step: Step) -> None:
    try:
        write_pyramid(source, target, image_limits(get_settings()), step)
    except AppError:
        raise
    except MemoryError as error:
        raise ImageRefused(_("The image needs more memory than this computer has free. Save it smaller.")) from error
