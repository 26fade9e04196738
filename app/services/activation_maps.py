"""Maps of where a run's network looks in an image: finding one, and having it made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.broker import QUEUE_OF_TASK, TRAINING_QUEUE
from app.domain.statuses import JobKind, JobStatus
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Image, Job, Run
from app.models.types import now
from app.services import images, jobs
from app.services.jobs import TASK_OF_KIND
from app.storage import Storage

# An image and a label: what one map is of.
Pair = tuple[int, int]

# The place shown and the next four: enough to be ahead of somebody who judges one in two seconds.
PLACES_A_JOB = 5
# What somebody asked for and did not wait for is not worth making before what is on the screen now.
MOST_WAITING = 2
# What has been done for a day interests nobody.
FORGOTTEN_AFTER = timedelta(days=1)
_DONE = (JobStatus.SUCCEEDED, JobStatus.CANCELLED)


class MapStatus(StrEnum):
    """Say how far a map is."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"
    # It was made, and nothing in the image speaks for the label.
    NOTHING = "nothing"
    # Nobody has asked for it.
    NONE = "none"


@dataclass(frozen=True)
class Standing:
    """Say how far a map is, in a sentence too."""

    status: MapStatus
    sentence: str = ""
    path: Path | None = None

    def to_dict(self) -> dict[str, str]:
        """Return what a script needs to know."""
        return {"status": self.status.value, "sentence": self.sentence}


def standing(session: Session, storage: Storage, run: Run, image_id: int, label_id: int) -> Standing:
    """Tell how far the map of one label in one image is.

    Raises:
        NotFoundError: when the image is not of this project, or the run does not know the label.

    """
    _check(session, run, image_id, label_id)
    picture = storage.activation_map(run.id, image_id, label_id)
    if picture.is_file():
        return Standing(MapStatus.READY, path=picture)
    if storage.empty_map(run.id, image_id, label_id).is_file():
        return Standing(MapStatus.NOTHING, _("Nothing in this image speaks for the label."))
    job = _latest_job(session, run, (image_id, label_id))
    if job is None or job.status in _DONE:
        return Standing(MapStatus.NONE, _("Nobody has asked yet where the network looks here."))
    if job.status is JobStatus.FAILED:
        return Standing(MapStatus.FAILED, job.error)
    return Standing(MapStatus.WAITING, _why_it_waits(session, job))


def ask(
    session: Session,
    storage: Storage,
    run: Run,
    account: Account,
    pair: Pair,
    following: Sequence[Pair] = (),
) -> Job | None:
    """Have the map of an image and a label made, and those of the places that follow; None where it is there.

    An open job that makes the map already is given instead of a second. What this person asked for earlier and no
    worker has begun is dropped, but for the last.

    Raises:
        NotFoundError: when the image is not of this project, or the run does not know the label.
        ConflictError: when the run has no checkpoint.

    """
    _check(session, run, *pair)
    if not run.checkpoint:
        raise ConflictError(_("Run %(number)s has no checkpoint to use.") % {"number": run.number})
    if _is_made(storage, run, pair):
        return None
    waiting = jobs.open_jobs(session, run.project_id, JobKind.ACTIVATION)
    under_way = {place: job for job in waiting for place in _places(job) if job.params["run_id"] == run.id}
    if pair in under_way:
        return under_way[pair]
    ahead = [each for each in _known(session, run, following) if each not in under_way and each != pair]
    places = [pair, *(each for each in ahead if not _is_made(storage, run, each))][:PLACES_A_JOB]
    _drop(session, [job for job in waiting if job.created_by_id == account.id])
    _forget(session, run)
    return jobs.create_job(
        session,
        JobKind.ACTIVATION,
        project_id=run.project_id,
        account_id=account.id,
        params={"run_id": run.id, "places": [list(place) for place in places]},
    )


def _check(session: Session, run: Run, image_id: int, label_id: int) -> None:
    images.get_image(session, run.project_id, image_id)
    if label_id not in {label["id"] for label in run.labels}:
        raise NotFoundError(_("Run %(number)s does not know this image or this label.") % {"number": run.number})


def _known(session: Session, run: Run, pairs: Sequence[Pair]) -> list[Pair]:
    """Keep the pairs whose image is of this project and whose label the run knows."""
    wanted = {image_id for image_id, _label in pairs}
    query = select(Image.id).where(Image.project_id == run.project_id, Image.id.in_(wanted))
    there, labels = set(session.scalars(query)), {label["id"] for label in run.labels}
    return [pair for pair in dict.fromkeys(pairs) if pair[0] in there and pair[1] in labels]


def _is_made(storage: Storage, run: Run, pair: Pair) -> bool:
    return storage.activation_map(run.id, *pair).is_file() or storage.empty_map(run.id, *pair).is_file()


def _places(job: Job) -> list[Pair]:
    return [(image_id, label_id) for image_id, label_id in job.params["places"]]


def _latest_job(session: Session, run: Run, pair: Pair) -> Job | None:
    query = select(Job).where(Job.project_id == run.project_id, Job.kind == JobKind.ACTIVATION)
    found = session.scalars(query.order_by(Job.id.desc()))
    return next((job for job in found if job.params["run_id"] == run.id and pair in _places(job)), None)


def _drop(session: Session, waiting: Sequence[Job]) -> None:
    """Cancel what a person asked for and nobody has begun, but for what they asked for last."""
    unstarted = [job for job in waiting if job.status is JobStatus.QUEUED]
    for job in unstarted[: max(0, len(unstarted) - MOST_WAITING + 1)]:
        jobs.request_cancel(session, job)


def _forget(session: Session, run: Run) -> None:
    """Remove the jobs of maps made long ago: each look at an image leaves one."""
    session.execute(
        delete(Job).where(
            Job.project_id == run.project_id,
            Job.kind == JobKind.ACTIVATION,
            Job.status.in_(_DONE),
            Job.finished_at < now() - FORGOTTEN_AFTER,
        )
    )


def _why_it_waits(session: Session, job: Job) -> str:
    if job.status is JobStatus.RUNNING:
        return _("The network is looking at the image.")
    kinds = [kind for kind, task in TASK_OF_KIND.items() if QUEUE_OF_TASK[task] == TRAINING_QUEUE]
    running = set(session.scalars(select(Job.kind).where(Job.status == JobStatus.RUNNING, Job.kind.in_(kinds))))
    if JobKind.TRAIN in running:
        return _("A training is running. The network looks at the image as soon as that has ended.")
    if running - {JobKind.ACTIVATION}:
        return _("Other background work is running. The network looks at the image as soon as that has ended.")
    if not jobs.worker_alive(session, TRAINING_QUEUE):
        return _("No worker is running that could ask the network. It is asked as soon as one starts.")
    return _("Waiting for the network.")
