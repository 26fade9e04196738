"""Tasks of the images queue: importing, drawing the sample collection, making renditions anew."""

from celery import shared_task

from worker.jobs import imports
from worker.running import run_job


@shared_task(name="loupe.import")
def import_images(job_id: int) -> None:
    """Bring images in."""
    run_job(job_id, imports.work)
