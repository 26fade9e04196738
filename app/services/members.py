"""Members: who belongs to a project, and as what."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from app.domain.statuses import Role
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Claim, Invitation, Label, Member, PageClaim, Project
from app.models.types import now
from app.services import assignments


def list_members(session: Session, project_id: int) -> list[Member]:
    """List the members of a project with their accounts, by role and name."""
    query = select(Member).where(Member.project_id == project_id).options(joinedload(Member.account)).join(Account)
    members = session.scalars(query.order_by(func.lower(Account.name), Account.id)).all()
    return sorted(members, key=lambda member: -member.role.rank)


def get_member(session: Session, project_id: int, account_id: int) -> Member:
    """Load a member."""
    member = session.get(Member, (project_id, account_id))
    if member is None:
        raise NotFoundError
    return member


def change_role(session: Session, project: Project, account_id: int, role: Role, *, by: Account) -> Member:
    """Give a member another role; a project keeps a lead, unless an owner decides otherwise."""
    member = get_member(session, project.id, account_id)
    if role is Role.LEAD:
        member.role = role
        return member
    _keep_a_lead(session, member, by)
    if member.role is Role.LEAD:
        _end_invitations(session, member)
    member.role = role
    return member


def remove_member(session: Session, project: Project, account_id: int, *, by: Account) -> None:
    """Take somebody out of a project; the answers given stay, reserved images become free."""
    member = get_member(session, project.id, account_id)
    _keep_a_lead(session, member, by)
    _end_invitations(session, member)
    session.execute(delete(Claim).where(Claim.project_id == project.id, Claim.account_id == account_id))
    asked = PageClaim.label_id.in_(select(Label.id).where(Label.project_id == project.id))
    session.execute(delete(PageClaim).where(PageClaim.account_id == account_id, asked))
    assignments.remove(session, project, account_id, by=by)
    session.delete(member)
    session.flush()  # a list read next is without the member


def _keep_a_lead(session: Session, member: Member, by: Account) -> None:
    if member.role is not Role.LEAD or by.is_owner:
        return
    # Two leads who dismiss each other at the same moment wait for each other here.
    session.execute(select(Project.id).where(Project.id == member.project_id).with_for_update())
    others = (
        select(func.count())
        .select_from(Member)
        .join(Account)
        .where(Member.project_id == member.project_id, Member.role == Role.LEAD)
        .where(Member.account_id != member.account_id, Account.disabled_at.is_(None))
    )
    if not session.scalar(others):
        raise ConflictError(_("This is the only lead of the project. Make somebody else a lead first."))


def _end_invitations(session: Session, member: Member) -> None:
    # Who may no longer invite should not come back by a link prepared before.
    session.execute(
        update(Invitation)
        .where(Invitation.project_id == member.project_id, Invitation.created_by_id == member.account_id)
        .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now())
    )
