"""Previews: what a network would get of a project's images, asked for by a lead who chooses how to train."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.broker import PREVIEWS_QUEUE
from app.domain.statuses import JobKind, JobStatus, Recipe, Split, TruthValue
from app.errors import InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Image, Job, Label, Project, Truth
from app.models.types import now
from app.services import images, jobs, labels
from app.services.run_configs import clean_config

# What was shown an hour ago interests nobody, and each move of a slider leaves one.
FORGOTTEN_AFTER = timedelta(hours=1)
# So many pictures a screen holds beside the sliders.
MOST_PICTURES = 16
# What one batch needs to show how batches are made; a training's own may be larger.
MOST_CHECKED = 32
# As far as a seed of numpy goes.
MOST_SEED = 2**31 - 1


class PreviewKind(StrEnum):
    """Say what is to be shown."""

    # Several images, as one batch of a training.
    BATCH = "batch"
    # One image several times, each time changed at random.
    ONE = "one"
    # One image and one batch, step by step through everything that happens to them.
    CHECK = "check"


@dataclass(frozen=True)
class Wish:
    """What a lead wants to see; equal wishes show the same pictures."""

    kind: PreviewKind
    recipe: Recipe
    config: Mapping[str, Any]
    image_id: int | None = None
    seed: int = 0
    count: int = 9


@dataclass(frozen=True)
class Standing:
    """Say how far a preview is, in a sentence too."""

    job: Job
    sentence: str
    result: Mapping[str, Any] | None

    @property
    def is_waiting(self) -> bool:
        """Tell whether it is still to come."""
        return not self.job.status.is_final


@dataclass(frozen=True)
class Sample:
    """Some images of a project with what is known of them, for a preview."""

    images: Sequence[Image]
    labels: Sequence[Label]
    # By image and label; what is missing is unknown.
    truths: Mapping[int, Mapping[int, TruthValue]]


def ask(session: Session, project: Project, account: Account, wish: Wish) -> Job:
    """Have a preview made; what this person asked for earlier and nobody has begun is dropped.

    Raises:
        InvalidInputError: when the settings are wrong; `fields` says which.
        NotFoundError: when the image is not of this project.

    """
    config = clean_config(wish.recipe, wish.config)
    if not 1 <= wish.count <= MOST_PICTURES or not 0 <= wish.seed <= MOST_SEED:
        raise InvalidInputError(_("Please ask for %(most)s pictures at most.") % {"most": MOST_PICTURES})
    if wish.image_id is not None:
        images.get_image(session, project.id, wish.image_id)
    jobs.cancel_own(session, project.id, JobKind.PREVIEW, account)
    _forget(session, project.id)
    params: dict[str, Any] = {"what": wish.kind.value, "recipe": wish.recipe.value, "config": config}
    params |= {"image_id": wish.image_id, "seed": wish.seed, "count": wish.count}
    return jobs.create_job(session, JobKind.PREVIEW, project_id=project.id, account_id=account.id, params=params)


def standing(session: Session, project_id: int, account: Account, job_id: int) -> Standing:
    """Tell how far a preview is that this person asked for."""
    job = jobs.get_job(session, job_id, project_id=project_id)
    if job.kind is not JobKind.PREVIEW or job.created_by_id != account.id:
        raise NotFoundError
    result = job.params.get("result") if job.status is JobStatus.SUCCEEDED else None
    return Standing(job, _sentence(session, job), result)


def wish_of(job: Job) -> Wish:
    """Read what a preview's job is to show."""
    given = job.params
    return Wish(
        PreviewKind(given["what"]),
        Recipe(given["recipe"]),
        given["config"],
        given["image_id"],
        given["seed"],
        given["count"],
    )


def sample(session: Session, project_id: int, wish: Wish) -> Sample:
    """Draw images that a training would learn from, or take the one asked for; any images where none is tagged yet.

    Raises:
        InvalidInputError: when the project has no image that can be used.

    """
    live = labels.live_labels(session, project_id)
    if wish.image_id is not None:
        drawn = [wish.image_id]
    else:
        ids = _learnable(session, project_id, [label.id for label in live]) or _all(session, project_id)
        if not ids:
            raise InvalidInputError(_("There are no images to show yet. Bring some in first."))
        count = min(len(ids), _count(wish))
        drawn = [ids[row] for row in np.random.default_rng(wish.seed).permutation(len(ids))[:count]]
    found = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(drawn)))}
    # An image may have gone since it was asked for.
    shown = [found[image_id] for image_id in drawn if image_id in found]
    if not shown:
        raise NotFoundError
    return Sample(shown, live, images.resolved_labels(session, drawn))


def keep_result(session: Session, job_id: int, result: Mapping[str, Any]) -> None:
    """Keep with its job what a preview shows."""
    job = session.get_one(Job, job_id)
    job.params = {**job.params, "result": dict(result)}


def has_images(session: Session, project_id: int) -> bool:
    """Tell whether the project has any image that can be used."""
    query = select(Image.id).where(Image.project_id == project_id, Image.excluded_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def files(session: Session, project_id: int) -> list[tuple[int, str, str]]:
    """List the images that can be used: id, name, and the hash by which the file is found."""
    query = select(Image.id, Image.name, Image.sha256).where(
        Image.project_id == project_id, Image.excluded_at.is_(None)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query.order_by(Image.id))]


def _count(wish: Wish) -> int:
    if wish.kind is PreviewKind.ONE:
        return 1
    if wish.kind is PreviewKind.CHECK:
        return min(int(wish.config.get("batch_size", wish.count)), MOST_CHECKED)
    return wish.count


def _learnable(session: Session, project_id: int, label_ids: Sequence[int]) -> list[int]:
    query = (
        select(Image.id)
        .where(Image.project_id == project_id, Image.excluded_at.is_(None))
        .where(or_(Image.split.is_(None), Image.split == Split.TRAIN))
        .where(
            select(Truth.image_id)
            .where(Truth.image_id == Image.id, Truth.label_id.in_(label_ids), Truth.value != TruthValue.DISPUTED)
            .exists()
        )
    )
    return list(session.scalars(query.order_by(Image.id)))


def _all(session: Session, project_id: int) -> list[int]:
    query = select(Image.id).where(Image.project_id == project_id, Image.excluded_at.is_(None))
    return list(session.scalars(query.order_by(Image.id)))


def _forget(session: Session, project_id: int) -> None:
    session.execute(
        delete(Job).where(
            Job.project_id == project_id,
            Job.kind == JobKind.PREVIEW,
            Job.finished_at < now() - FORGOTTEN_AFTER,
        )
    )


def _sentence(session: Session, job: Job) -> str:
    if job.status is JobStatus.FAILED:
        return job.error
    if job.status is JobStatus.CANCELLED:
        return _("Something newer was asked for.")
    if job.status is JobStatus.SUCCEEDED:
        return ""
    if not jobs.worker_alive(session, PREVIEWS_QUEUE):
        return _("No worker for previews answers just now; after a start it takes some seconds.")
    return _("The first picture takes some seconds, the next ones come at once.")
