"""Resolving the ground truth anew after labels were merged, split, or parted again."""

from app.db import session_scope
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.services import jobs, label_resolving, truths
from worker.running import Progress


def work(progress: Progress) -> None:
    """Go through the images in which the labels of the job were answered for; each batch is true on its own."""
    with session_scope(writes=False) as session:
        job = jobs.get_job(session, progress.job_id)
        if job.project_id is None:
            raise NotFoundError(_("The project is no longer there."))
        image_ids = label_resolving.images_concerned(session, job.project_id, job.params["labels"])
    done = 0
    for batch in truths.in_batches(image_ids):
        progress.check()
        with session_scope() as session:
            truths.refresh(session, batch)
        done += len(batch)
        progress(_("Counting answers anew"), done, len(image_ids))
