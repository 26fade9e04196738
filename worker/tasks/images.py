"""Tasks of the images queue: importing, drawing the sample collection, renditions, tiles of large images, tidying."""

from celery import shared_task

from app.domain.statuses import JobKind
from worker.jobs import imports, renditions, resolving, samples, tidying, tiles
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


@shared_task(name="loupe.resolve")
def resolve_truths(job_id: int) -> None:
    """Resolve the ground truth anew where labels were merged or split."""
    run_job(job_id, resolving.work, JobKind.RESOLVE)


@shared_task(name="loupe.tidy")
def tidy(job_id: int) -> None:
    """Remove files that nobody needs any more."""
    run_job(job_id, tidying.work, JobKind.TIDY)


@shared_task(name="loupe.tiles")
def make_tiles(job_id: int) -> None:
    """Cut large images into tiles."""
    run_job(job_id, tiles.work, JobKind.TILES)
