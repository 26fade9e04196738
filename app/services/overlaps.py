"""How many people shall answer for each image: some for a share of the images, one for each of the others."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.chance import draw
from app.domain.statuses import JobKind
from app.models import Account, Assignment, DeskSettings, Image, Job, Project
from app.services import jobs, label_resolving, truths
from app.services.desk_settings import settings_of

# What a job of resolving has among its parameters where it is about the number of opinions.
PART = "opinions"


def wanted(project: Project, settings: DeskSettings, sha256: str, assigned: int = 0) -> int:
    """Tell how many people shall answer for an image with these bytes; each whom it is assigned to is one of them.

    Which images make up the share follows from the project's seed: a larger share has all the images of a smaller one.
    """
    chosen = draw(project.seed, "opinions", sha256) < settings.opinions_share
    return max(settings.opinions if chosen else 1, assigned)


def settle(session: Session, project: Project, account: Account | None) -> Job | None:
    """Bring all images in line with a project's settings: at once where there are few, else as a job."""
    if label_resolving.is_small(session, project.id):
        apply(session, project)
        return None
    return _in_background(session, project, account)


def settle_some(session: Session, project: Project, image_ids: Sequence[int], account: Account | None) -> Job | None:
    """Bring some images in line: at once where they are few, else as a job, which goes through all."""
    if len(image_ids) <= label_resolving.AT_ONCE:
        recount(session, project, image_ids)
        return None
    return _in_background(session, project, account)


def is_under_way(session: Session, project_id: int) -> bool:
    """Tell whether a job is at it, or will be."""
    return any(PART in job.params for job in jobs.open_jobs(session, project_id, JobKind.RESOLVE))


def apply(session: Session, project: Project) -> int:
    """Bring all images of a project in line with its settings; tells for how many something changed."""
    return sum(recount(session, project, batch) for batch in truths.in_batches(image_ids(session, project.id)))


def image_ids(session: Session, project_id: int) -> Sequence[int]:
    """List all images of a project, those that are left out too: they may come back."""
    return session.scalars(select(Image.id).where(Image.project_id == project_id).order_by(Image.id)).all()


def recount(session: Session, project: Project, image_ids: Sequence[int]) -> int:
    """Bring some images in line: as the settings are now, and with those who are assigned to them."""
    settings = settings_of(session, project)
    batches = truths.in_batches(sorted(set(image_ids)))
    return sum(_bring_in_line(session, project, settings, batch) for batch in batches)


def _in_background(session: Session, project: Project, account: Account | None) -> Job:
    account_id = account.id if account else None
    return jobs.create_job(session, JobKind.RESOLVE, project_id=project.id, account_id=account_id, params={PART: True})


def _bring_in_line(session: Session, project: Project, settings: DeskSettings, ids: Sequence[int]) -> int:
    """Set what differs, and count what is missing still, of images that nobody can answer meanwhile."""
    truths.lock_images(session, ids)
    session.flush()  # people who were just assigned count too
    assigned = dict(
        session.execute(
            select(Assignment.image_id, func.count()).where(Assignment.image_id.in_(ids)).group_by(Assignment.image_id)
        ).all()
    )
    differing: dict[int, list[int]] = defaultdict(list)
    for image_id, sha256, opinions in session.execute(
        select(Image.id, Image.sha256, Image.opinions).where(Image.id.in_(ids), Image.project_id == project.id)
    ):
        number = wanted(project, settings, sha256, assigned.get(image_id, 0))
        if number != opinions:
            differing[number].append(image_id)
    for number, image_ids in differing.items():
        session.execute(
            update(Image).where(Image.id.in_(image_ids)).values(opinions=number),
            execution_options={"synchronize_session": False},
        )
        truths.count_needed(session, Image.id.in_(image_ids))
    return sum(map(len, differing.values()))
