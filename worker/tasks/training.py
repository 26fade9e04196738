"""Tasks of the training queue; importing this module loads the training stack, once, when the worker starts."""

from celery import shared_task

from app.domain.statuses import JobKind
from worker.jobs import (
    activation,
    evaluation,
    inspection,
    learning_curves,
    model_files,
    prediction,
    similarity,
    training,
    trials,
)
from worker.running import run_job


@shared_task(name="loupe.train")
def train(job_id: int) -> None:
    """Train a run."""
    run_job(job_id, training.work, JobKind.TRAIN)


@shared_task(name="loupe.evaluate")
def evaluate(job_id: int) -> None:
    """Tune the thresholds of a run and measure it anew."""
    run_job(job_id, evaluation.work, JobKind.EVALUATE)


@shared_task(name="loupe.predict")
def predict(job_id: int) -> None:
    """Predict images that came later, or a folder of images that are in no project."""
    run_job(job_id, prediction.work, JobKind.PREDICT)


@shared_task(name="loupe.activation")
def look(job_id: int) -> None:
    """Ask a run's network where it looks."""
    run_job(job_id, activation.work, JobKind.ACTIVATION)


@shared_task(name="loupe.inspect")
def inspect(job_id: int) -> None:
    """Look through a run's images for doubtful answers, twins and outliers."""
    run_job(job_id, inspection.work, JobKind.INSPECT)


@shared_task(name="loupe.model_file")
def make_model_file(job_id: int) -> None:
    """Write a run's model for another program."""
    run_job(job_id, model_files.work, JobKind.MODEL_FILE)


@shared_task(name="loupe.similarity")
def compare(job_id: int) -> None:
    """Make the vectors that say which images of a project are alike."""
    run_job(job_id, similarity.work, JobKind.SIMILARITY)


@shared_task(name="loupe.learning_curve")
def draw_learning_curve(job_id: int) -> None:
    """Find out whether more images would help a run."""
    run_job(job_id, learning_curves.work, JobKind.LEARNING_CURVE)


@shared_task(name="loupe.trial")
def try_out(job_id: int) -> None:
    """Try something of a training before it is started."""
    run_job(job_id, trials.work, JobKind.TRIAL)
