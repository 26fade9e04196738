"""Giving all images of a project new splits: what that would touch, and doing it."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Split
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Image, Job, Project, Run, SnapshotItem
from app.services import runs, truths
from app.services.split_plans import Material
from app.services.split_previews import Preview


@dataclass(frozen=True)
class Impact:
    """What hangs on the splits that images have now."""

    # Images that have a split, and how many of those with an answer would get another one.
    given: int
    moved: int
    # Finished runs, which keep the splits they used; of the latest, how many validation images would stay that.
    finished_runs: int
    latest: Run | None
    validated: int
    still_validating: int
    open_run: Run | None


def impact(session: Session, project: Project, material: Material, anew: Preview) -> Impact:
    """Count what new splits would touch; `anew` is the preview of dividing all images anew."""
    pairs = list(zip(material.splits, anew.planned, strict=True))
    latest = runs.latest_run(session, project.id)
    validated = _validated(session, latest) if latest is not None else []
    will = {
        image_id
        for image_id, split in zip(material.ids.tolist(), anew.planned, strict=True)
        if split is Split.VALIDATION
    }
    finished = select(func.count(Run.id)).join(Job, Job.id == Run.job_id)
    return Impact(
        given=sum(old is not None for old, _new in pairs),
        moved=sum(old is not None and new is not None and old is not new for old, new in pairs),
        finished_runs=session.scalar(finished.where(Run.project_id == project.id, Job.status == JobStatus.SUCCEEDED))
        or 0,
        latest=latest,
        validated=len(validated),
        still_validating=int(np.isin(validated, list(will)).sum()),
        open_run=runs.open_run(session, project.id),
    )


def forget_splits(session: Session, project: Project) -> None:
    """Take the splits of all images back; the next training gives every image with an answer a new one.

    Raises ConflictError while a run is open: it may be giving splits just now.
    """
    # Images first, then the project, as everybody locks them; who starts a run waits for the project.
    truths.lock_all_images(session, project.id)
    session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
    open_run = runs.open_run(session, project.id)
    if open_run is not None:
        told = _("Run %(number)s is under way and uses the splits. Please wait until it is over, or cancel it.")
        raise ConflictError(told % {"number": open_run.number})
    # One statement, however many images there are.
    session.execute(update(Image).where(Image.project_id == project.id, Image.split.is_not(None)).values(split=None))


def _validated(session: Session, run: Run) -> list[int]:
    query = select(SnapshotItem.image_id).where(SnapshotItem.run_id == run.id, SnapshotItem.split == Split.VALIDATION)
    return list(session.scalars(query))
