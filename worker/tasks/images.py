"""Tasks of the images queue: importing, drawing the sample collection, making renditions anew, tidying."""

from celery import shared_task

from app.domain.statuses import JobKind
from worker.jobs import imports, renditions, samples, tidying
from worker.running import run_job


@shared_task(name="loupe.import")
def import_images(job_id: int) -> None:
    """Bring images in."""
    run_job(job_id, imports.work, JobKind.IMPORT)


@shared_task(name="loupe.sample")
def draw_sample(job_id: int) -> None:
    """Draw the sample collection."""
    run_job(job_id, samples.work, JobKind.SAMPLE)


@shared_task(name="loupe.renditions")
def make_renditions(job_id: int) -> None:
    """Make lost renditions anew."""
    run_job(job_id, renditions.work, JobKind.IMAGES)


@shared_task(name="loupe.tidy")
def tidy(job_id: int) -> None:
    """Remove files that nobody needs any more."""
    run_job(job_id, tidying.work, JobKind.TIDY)
