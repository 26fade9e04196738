"""What the training room needs: images of which something is known, and a worker that does what a page asks for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.broker import PREVIEWS_QUEUE, TRAINING_QUEUE
from app.db import session_scope
from app.domain.statuses import JobKind
from app.services import jobs
from tests.browser.conftest import Collection
from tests.integration.trainable import tell
from worker.jobs import learning_curves, previews, training, trials
from worker.running import run_job

WORK = {
    "loupe.preview": (previews.work, JobKind.PREVIEW),
    "loupe.trial": (trials.work, JobKind.TRIAL),
    "loupe.train": (training.work, JobKind.TRAIN),
    "loupe.learning_curve": (learning_curves.work, JobKind.LEARNING_CURVE),
}


def taught(collection: Collection) -> Collection:
    """Tell of all labels of all images whether they are there: the first on every second image, and so on."""
    with session_scope() as session:
        for number, image in enumerate(collection.images):
            known = {label: number % (2 + place) == 0 for place, label in enumerate(collection.labels)}
            tell(session, session.merge(image), known)
    return collection


@contextmanager
def working(sent: list[tuple[str, int]]) -> Iterator[None]:
    """Do what is sent in this process, one after the other, as the real workers do, until the block ends."""
    with session_scope() as session:
        jobs.worker_seen(session, "worker of the test", f"{PREVIEWS_QUEUE},{TRAINING_QUEUE}")
    over = threading.Event()

    def work() -> None:
        done = 0
        while not over.wait(0.05):
            while done < len(sent):
                task, job_id = sent[done]
                done += 1
                if task in WORK:
                    run_job(job_id, *WORK[task])

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=60)
        assert not thread.is_alive(), "the worker did not come to an end"
