"""The first account: while nobody has one, a one-time link makes an owner."""

from datetime import timedelta

from sqlalchemy import update

from app.config import get_settings
from app.db import session_scope
from app.models import Invitation
from app.models.types import now
from app.security import hash_token, new_token
from app.services import accounts

# Long enough to finish one's tea, short enough that a link in a terminal's history is dead next week.
SETUP_LINK_LIFETIME = timedelta(days=2)


def first_account_link() -> str:
    """Make the link to create the first account, and end older ones; empty when somebody has an account."""
    with session_scope() as session:
        if accounts.any_account(session):
            return ""
        session.execute(
            update(Invitation)
            .where(Invitation.created_by_id.is_(None), Invitation.accepted_at.is_(None))
            .values(revoked_at=now())
        )
        token = new_token()
        session.add(Invitation(token_hash=hash_token(token), makes_owner=True, expires_at=now() + SETUP_LINK_LIFETIME))
    return f"{get_settings().base_url}/invitations/{token}"
