"""Counting anew in a large collection: truths where labels were merged or split, answers wanted of each image."""

from app.db import session_scope
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Project
from app.services import jobs, label_resolving, overlaps, truths
from worker.running import Progress


def work(progress: Progress) -> None:
    """Go through the images that the job is about; each batch is true on its own, and saved before the next one."""
    with session_scope(writes=False) as session:
        job = jobs.get_job(session, progress.job_id)
        if job.project_id is None:
            raise NotFoundError(_("The project is no longer there."))
        project_id, wants_opinions = job.project_id, bool(job.params.get(overlaps.PART))
        if wants_opinions:
            image_ids = overlaps.image_ids(session, project_id)
        else:
            image_ids = label_resolving.images_concerned(session, project_id, job.params["labels"])
    done = 0
    for batch in truths.in_batches(image_ids):
        progress.check()
        with session_scope() as session:
            if wants_opinions:
                # By the settings as they are now: whoever changed them since then asked for a job that comes after.
                overlaps.recount(session, session.get_one(Project, project_id), batch)
            else:
                truths.refresh(session, batch)
        done += len(batch)
        progress(_("Counting answers anew"), done, len(image_ids))
