"""Resolving the ground truth anew where labels were merged or split: at once where that is quick, else as a job."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.lineage import Lineage
from app.domain.statuses import JobKind
from app.models import Account, Annotation, AnnotationAnswer, Image, Job, Project
from app.services import jobs, label_fields, truths

# A collection of this size is resolved within some seconds; nobody is kept waiting in front of a larger one.
AT_ONCE = 5000


def lock(session: Session, project: Project) -> None:
    """Let nobody answer for a small collection, or change its labels, until this transaction ends.

    Images come before the project, as everywhere. In a large collection the job looks at what was answered meanwhile.
    """
    if is_small(session, project.id):
        truths.lock_all_images(session, project.id)
    label_fields.lock(session, project.id)


def is_small(session: Session, project_id: int) -> bool:
    """Tell whether the whole collection may be resolved within a request."""
    return (session.scalar(select(func.count()).where(Image.project_id == project_id)) or 0) <= AT_ONCE


def settle(session: Session, project: Project, label_ids: Collection[int], account: Account | None) -> Job | None:
    """Resolve the images anew in which any of some labels was answered for; gives the job if it takes one."""
    session.flush()  # what became of the labels is read back with the answers
    if is_small(session, project.id):
        truths.refresh(session, images_concerned(session, project.id, label_ids))
        return None
    params = {"labels": sorted(label_ids)}
    account_id = account.id if account else None
    return jobs.create_job(session, JobKind.RESOLVE, project_id=project.id, account_id=account_id, params=params)


def images_concerned(session: Session, project_id: int, label_ids: Collection[int]) -> list[int]:
    """List the images in which somebody has answered for any of some labels, and the answer counts now."""
    query = (
        select(Annotation.image_id)
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(Annotation.project_id == project_id, Annotation.superseded_at.is_(None))
        .where(AnnotationAnswer.label_id.in_(label_ids))
    )
    return list(session.scalars(query.distinct().order_by(Annotation.image_id)))


def origins(lineage: Lineage, label_id: int) -> list[int]:
    """List the labels whose answers may count for a label: itself, those merged into it, and what it was split from."""
    found = [label_id]
    for each in found:
        more = [*lineage.labels_of(each), *([lineage.split[each]] if each in lineage.split else [])]
        found += [one for one in more if one not in found]
    return found
