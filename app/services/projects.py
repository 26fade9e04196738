"""Projects: making, changing, reaching and deleting them."""

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from app.domain.statuses import Role
from app.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Job, Member, Project, Run
from app.services import jobs, tidying, truths

NAME_MAX_LENGTH = 120
DESCRIPTION_MAX_LENGTH = 4000
# With less there is nothing to judge a model by, with more there is little left to learn from.
SHARE_MIN_PERCENT, SHARE_MAX_PERCENT = 5, 60
TRAIN_MIN_PERCENT = 30


def create_project(session: Session, *, name: str, description: str = "", account: Account | None = None) -> Project:
    """Make a project; who makes it becomes its lead."""
    project = Project(name=clean_name(session, name), description=_clean_description(description))
    session.add(project)
    session.flush()  # the member needs the id
    if account is not None:
        project.created_by_id = account.id
        session.add(Member(project_id=project.id, account_id=account.id, role=Role.LEAD))
        session.flush()  # the page that follows asks for the role
    return project


def may_create(session: Session, account: Account) -> bool:
    """Tell whether an account may make projects: owners, and whoever leads one already."""
    if account.is_owner:
        return True
    leads = select(Member.project_id).where(Member.account_id == account.id, Member.role == Role.LEAD)
    return session.scalar(leads.limit(1)) is not None


def require_may_create(session: Session, account: Account) -> None:
    """Refuse an account that may not make projects."""
    if not may_create(session, account):
        raise ForbiddenError(_("Only an owner of this Loupe, or a lead of a project, can make new projects."))


def update_project(session: Session, project: Project, *, name: str, description: str) -> None:
    """Change a project's name and description."""
    if " ".join(name.split()) != project.name:
        project.name = clean_name(session, name)
    project.description = _clean_description(description)


def set_shares(project: Project, *, valid_percent: int, test_percent: int) -> None:
    """Set how images brought in from now on are split, in per cent; a split already given stays."""
    fields = share_problems(valid_percent=valid_percent, test_percent=test_percent)
    if fields:
        raise InvalidInputError(next(iter(fields.values())), fields=fields)
    project.valid_share, project.test_share = valid_percent / 100, test_percent / 100


def share_problems(*, valid_percent: int, test_percent: int) -> dict[str, str]:
    """Say by field what is wrong with the shares of splits, in per cent; nothing where they can be used."""
    sentence = _("Please choose %(least)s to %(most)s per cent.") % {
        "least": SHARE_MIN_PERCENT,
        "most": SHARE_MAX_PERCENT,
    }
    fields = {}
    if not SHARE_MIN_PERCENT <= valid_percent <= SHARE_MAX_PERCENT:
        fields["valid_percent"] = sentence
    if test_percent and not SHARE_MIN_PERCENT <= test_percent <= SHARE_MAX_PERCENT:
        fields["test_percent"] = _("Please choose none (0), or %(least)s to %(most)s per cent.") % {
            "least": SHARE_MIN_PERCENT,
            "most": SHARE_MAX_PERCENT,
        }
    if not fields and valid_percent + test_percent > 100 - TRAIN_MIN_PERCENT:
        fields["test_percent"] = _("At least %(least)s per cent must be left to learn from.") % {
            "least": TRAIN_MIN_PERCENT
        }
    return fields


def delete_project(session: Session, project: Project, *, confirmation: str) -> None:
    """Delete a project with all that people did in it; its name must have been typed.

    Files that no other project needs go an hour later.
    """
    if " ".join(confirmation.split()) != project.name:
        sentence = _("This is not the name of the project, so nothing was deleted.")
        raise InvalidInputError(sentence, fields={"confirmation": sentence})
    # First of all: whoever saves an answer holds its image and then needs the project.
    truths.lock_all_images(session, project.id)
    for job in jobs.open_jobs(session, project.id):
        jobs.request_cancel(session, job)
    # Runs point at their jobs: first the one, then the other; the database takes along all the rest.
    session.execute(delete(Run).where(Run.project_id == project.id))
    session.execute(delete(Job).where(Job.project_id == project.id))
    session.delete(project)
    session.flush()  # a fault shows here, not after the answer
    tidying.request(session)


def clean_name(session: Session, name: str) -> str:
    """Bring a project's name into form; it must be free."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME_MAX_LENGTH or not cleaned.isprintable():
        sentence = _("Please give the project a name of at most %(count)s characters.") % {"count": NAME_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"name": sentence})
    if find_project(session, cleaned) is not None:
        sentence = _("There is already a project of this name.")
        raise ConflictError(sentence, fields={"name": sentence})
    return cleaned


def find_project(session: Session, name: str) -> Project | None:
    """Find a project by its name."""
    return session.scalar(select(Project).where(Project.name == name))


def get_project(session: Session, name_or_id: str) -> Project:
    """Find a project by name or number, as the command line gives it."""
    project = find_project(session, name_or_id)
    if project is None and name_or_id.isdecimal():
        project = session.get(Project, int(name_or_id))
    if project is None:
        raise NotFoundError(_("There is no project “%(name)s”.") % {"name": name_or_id})
    return project


def project_for(session: Session, account: Account, project_id: int) -> tuple[Project | None, Role | None]:
    """Load a project and the account's role in it; an owner leads every project."""
    mine = and_(Member.project_id == Project.id, Member.account_id == account.id)
    row = session.execute(select(Project, Member.role).outerjoin(Member, mine).where(Project.id == project_id)).first()
    if row is None:
        return None, None
    project, role = row
    return project, Role.LEAD if account.is_owner else role


def projects_of(session: Session, account: Account) -> list[Project]:
    """List the projects an account may reach, by name."""
    query = select(Project).order_by(Project.name)
    if not account.is_owner:
        query = query.join(Member).where(Member.account_id == account.id)
    return list(session.scalars(query))


def _clean_description(description: str) -> str:
    cleaned = "\n".join(line.rstrip() for line in description.strip().splitlines())
    if len(cleaned) > DESCRIPTION_MAX_LENGTH:
        sentence = _("Please keep the description under %(count)s characters.") % {"count": DESCRIPTION_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"description": sentence})
    return cleaned
