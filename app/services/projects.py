"""Projects: making them, reaching them, and what their first page tells."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Role
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Member, Project

NAME_MAX_LENGTH = 120


def create_project(session: Session, *, name: str, description: str = "", account: Account | None = None) -> Project:
    """Make a project; who makes it becomes its lead."""
    project = Project(name=clean_name(session, name), description=description.strip())
    session.add(project)
    session.flush()  # the member needs the id
    if account is not None:
        project.created_by_id = account.id
        session.add(Member(project_id=project.id, account_id=account.id, role=Role.LEAD))
    return project


def update_project(session: Session, project: Project, *, name: str, description: str) -> None:
    """Change a project's name and description."""
    if name.strip() != project.name:
        project.name = clean_name(session, name)
    project.description = description.strip()


def clean_name(session: Session, name: str) -> str:
    """Bring a project's name into form; it must be free."""
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > NAME_MAX_LENGTH:
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
    project = session.get(Project, project_id)
    if project is None:
        return None, None
    if account.is_owner:
        return project, Role.LEAD
    member = session.get(Member, (project_id, account.id))
    return project, member.role if member else None


def projects_of(session: Session, account: Account) -> list[Project]:
    """List the projects an account may reach, by name."""
    query = select(Project).order_by(Project.name)
    if not account.is_owner:
        query = query.join(Member).where(Member.account_id == account.id)
    return list(session.scalars(query))
