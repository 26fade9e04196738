"""Invitations: links that work once, for a new account, a place in a project, or a new password."""

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from app.config import get_settings
from app.domain.statuses import Role
from app.errors import ConflictError, ForbiddenError, GoneError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Invitation, Member, Project
from app.models.types import now
from app.security import hash_token, new_token
from app.services import accounts

# Long enough for a colleague on leave, short enough that a forgotten link in a mailbox is dead next month.
INVITATION_LIFETIME = timedelta(days=14)
# A new password is wanted now; whoever finds the link tomorrow should not get one.
RESET_LIFETIME = timedelta(days=1)


def invite(
    session: Session,
    *,
    created_by: Account,
    project: Project | None = None,
    role: Role | None = None,
    email: str = "",
    makes_owner: bool = False,
) -> str:
    """Make an invitation, to a project or to this Loupe alone, and give its link; only now can it be seen."""
    token = new_token()
    session.add(
        Invitation(
            token_hash=hash_token(token),
            email=accounts.normalise_email(email) if email.strip() else None,
            project_id=project.id if project else None,
            role=(role or Role.ANNOTATOR) if project else None,
            makes_owner=makes_owner,
            created_by_id=created_by.id,
            expires_at=now() + INVITATION_LIFETIME,
        )
    )
    session.flush()  # a list read next shows it
    return link_of(token)


def invite_to_reset(session: Session, *, created_by: Account, account: Account) -> str:
    """Make a link with which a person chooses a new password; earlier ones end."""
    if account.disabled_at is not None:
        raise ConflictError(_("This account is shut out. Let it in again first."))
    session.execute(
        update(Invitation)
        .where(Invitation.resets_account_id == account.id, Invitation.accepted_at.is_(None))
        .values(revoked_at=now())
    )
    token = new_token()
    session.add(
        Invitation(
            token_hash=hash_token(token),
            resets_account_id=account.id,
            created_by_id=created_by.id,
            expires_at=now() + RESET_LIFETIME,
        )
    )
    return link_of(token)


def link_of(token: str) -> str:
    """Give the address that a token opens."""
    return f"{get_settings().base_url}/invitations/{token}"


def open_invitation(session: Session, token: str) -> Invitation:
    """Find the invitation of a link, or say why it no longer works."""
    invitation = session.scalar(select(Invitation).where(Invitation.token_hash == hash_token(token)))
    if invitation is None:
        raise GoneError(_("This link is not known here. Was all of it copied? It may also have been withdrawn."))
    if invitation.accepted_at is not None:
        raise GoneError(_("This link has been used already; it works once. If it was you, just sign in."))
    if invitation.revoked_at is not None:
        raise GoneError(_("This link was withdrawn. Ask whoever sent it for another one."))
    if invitation.expires_at <= now():
        raise GoneError(_("This link has expired. Ask whoever sent it for another one."))
    if is_setup(invitation) and accounts.any_account(session):
        raise GoneError(_("This link was for the first account, and there is one now. Please sign in."))
    return invitation


def subjects(session: Session, invitation: Invitation) -> tuple[Account | None, Project | None]:
    """Load whose password an invitation resets, and the project that it leads to."""
    whose = session.get(Account, invitation.resets_account_id) if invitation.resets_account_id else None
    return whose, session.get(Project, invitation.project_id) if invitation.project_id else None


def is_setup(invitation: Invitation) -> bool:
    """Tell whether this is the link to the first account, which no person made."""
    return invitation.makes_owner and invitation.created_by_id is None


def accept_as_new(session: Session, token: str, *, name: str, email: str, password: str) -> Account:
    """Make an account by an invitation, and a member where it says so."""
    invitation = open_invitation(session, token)
    if invitation.resets_account_id is not None:
        raise NotFoundError
    _take(session, invitation)
    account = accounts.create_account(
        session, email=invitation.email or email, name=name, password=password, is_owner=invitation.makes_owner
    )
    invitation.accepted_by_id = account.id
    _join(session, invitation, account)
    return account


def accept_as(session: Session, token: str, account: Account) -> Invitation:
    """Accept an invitation with the account one has."""
    invitation = open_invitation(session, token)
    if invitation.resets_account_id is not None:
        raise NotFoundError
    if invitation.email not in {None, account.email}:
        raise ForbiddenError(
            _("This invitation is for %(email)s, and you are signed in as %(own)s.")
            % {"email": invitation.email, "own": account.email}
        )
    _take(session, invitation)
    invitation.accepted_by_id = account.id
    account.is_owner = account.is_owner or invitation.makes_owner
    _join(session, invitation, account)
    return invitation


def accept_reset(session: Session, token: str, *, password: str) -> Account:
    """Set a new password by a link that an owner made, and sign the account out everywhere."""
    invitation = open_invitation(session, token)
    if invitation.resets_account_id is None:
        raise NotFoundError
    account = accounts.get_account(session, invitation.resets_account_id)
    if account.disabled_at is not None:
        raise GoneError(_("This account is shut out. Ask whoever runs this Loupe."))
    _take(session, invitation)
    accounts.set_password(session, account, password)
    return account


def open_invitations(session: Session, project: Project | None) -> list[Invitation]:
    """List the links to a project, or to this Loupe alone, that can still be used, newest first."""
    query = select(Invitation).where(
        Invitation.project_id == project.id if project else Invitation.project_id.is_(None),
        Invitation.resets_account_id.is_(None),
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
    )
    return list(session.scalars(query.order_by(Invitation.id.desc())))


def revoke(session: Session, invitation_id: int, project: Project | None) -> None:
    """Withdraw an open invitation to a project, or to this Loupe alone."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.project_id != (project.id if project else None):
        raise NotFoundError
    if invitation.accepted_at is not None:
        raise ConflictError(_("This invitation has been accepted meanwhile."))
    invitation.revoked_at = invitation.revoked_at or now()


def _take(session: Session, invitation: Invitation) -> None:
    # Of two browsers that accept at once one changes the row; the other finds it changed and is refused.
    statement = (
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(accepted_at=now())
    )
    if not cast("CursorResult[Any]", session.execute(statement)).rowcount:
        raise GoneError(_("This link has been used already; it works once. If it was you, just sign in."))


def _join(session: Session, invitation: Invitation, account: Account) -> None:
    if invitation.project_id is None or invitation.role is None:
        return
    member = session.get(Member, (invitation.project_id, account.id))
    if member is None:
        session.add(Member(project_id=invitation.project_id, account_id=account.id, role=invitation.role))
    elif not member.role.at_least(invitation.role):
        # An invitation adds to what a member may do; it never takes away.
        member.role = invitation.role
    session.flush()  # the page that follows asks for the role
