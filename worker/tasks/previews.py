"""Tasks of the previews queue; the training stack is loaded with the first of them, not when the worker starts."""

from celery import shared_task

from app.domain.statuses import JobKind
from worker import idling
from worker.running import Progress, run_job


@shared_task(name="loupe.preview")
def preview(job_id: int) -> None:
    """Show what a network would get."""
    run_job(job_id, _work, JobKind.PREVIEW)


def _work(progress: Progress) -> None:
    idling.wake("worker.jobs.previews").work(progress)
