"""The sample collection: a project with labels, and the job that draws its images."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import OPEN_JOB_STATUSES, JobKind
from app.i18n import gettext as _
from app.models import Account, Import, Job, Project
from app.services import imports, labels, projects

SOURCE = "sample"


def sample_labels() -> dict[str, str]:
    """Give the labels of the sample collection with their definitions."""
    return {
        "human": _("A person, or a part of one that is plainly to be seen; a portrait, a crowd, a figure far off."),
        "animal": _("Any animal, tame or wild, also one that somebody rides or drives."),
        "human-structure": _("Something people have built that stands: a house, a bridge, a mill, a ship."),
        "landscape": _("Open country or water that is more than a backdrop: hills, fields, woods, a shore."),
    }


def create_sample(session: Session, account: Account) -> Import:
    """Make a sample project and ask for its images to be drawn; one that is still being drawn is given again."""
    projects.require_may_create(session, account)
    open_one = session.scalar(
        select(Import)
        .join(Job, Job.id == Import.job_id)
        .where(Import.source == SOURCE, Import.account_id == account.id, Job.status.in_(OPEN_JOB_STATUSES))
        .order_by(Import.id.desc())
    )
    if open_one is not None:
        return open_one
    project = projects.create_project(
        session,
        name=_free_name(session),
        description=_(
            "Newspaper cuts that Loupe has drawn. Two thirds are tagged already, some of them wrongly on purpose."
        ),
        account=account,
    )
    for name, definition in sample_labels().items():
        labels.create_label(session, project, name=name, definition=definition, account=account)
    made = imports.create_import(session, project, account, source=SOURCE)
    imports.give_job(session, made, JobKind.SAMPLE)
    return made


def _free_name(session: Session) -> str:
    wanted = _("Sample collection (drawn)")
    name, number = wanted, 1
    while session.scalar(select(Project.id).where(Project.name == name)) is not None:
        number += 1
        name = f"{wanted} {number}"
    return name
