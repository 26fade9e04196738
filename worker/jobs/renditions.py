"""Making lost renditions anew."""

import logging

from app.config import get_settings
from app.db import session_scope
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.services import jobs, renditions
from app.storage import get_storage
from worker.imaging import ImageRefused
from worker.jobs.image_files import image_limits, write_missing_renditions
from worker.running import Progress

log = logging.getLogger(__name__)


def work(progress: Progress) -> None:
    """Write every rendition that a project lacks; an image whose own file is lost is passed over."""
    storage, limits = get_storage(), image_limits(get_settings())
    with session_scope(writes=False) as session:
        project_id = jobs.get_job(session, progress.job_id).project_id
        if project_id is None:
            raise NotFoundError(_("The project is no longer there."))
        originals = renditions.originals_of(session, project_id)
    for done, (sha256, name) in enumerate(originals, start=1):
        progress.check()
        if not all(storage.rendition(sha256, kind).is_file() for kind in ("thumbnail", "screen")):
            try:
                write_missing_renditions(storage.original(sha256), sha256, storage, limits)
            except ImageRefused as refusal:
                log.warning("no version of %s could be made: %s", name, refusal.sentence)
        progress(_("Making small versions of images"), done, len(originals))
