"""Invitations: links that work once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Role
from app.errors import AppError, ConflictError, ForbiddenError, GoneError, InvalidInputError, NotFoundError
from app.models import Account, Invitation, Member, Project
from app.models.types import now
from app.services import accounts, invitations, members, setup
from tests.factories import PASSWORD, AccountFactory, MemberFactory, ProjectFactory


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


@pytest.fixture
def lead(session: Session) -> Account:
    account: Account = AccountFactory.create(session=session)
    return account


@pytest.fixture
def project(session: Session, lead: Account) -> Project:
    project: Project = ProjectFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=lead.id, role=Role.LEAD)
    return project


def test_a_link_makes_an_account_and_a_member_once(session: Session, lead: Account, project: Project) -> None:
    token = token_of(invitations.invite(session, created_by=lead, project=project, role=Role.REVIEWER))
    account = invitations.accept_as_new(session, token, name="Grace", email="grace@example.org", password=PASSWORD)
    assert members.get_member(session, project.id, account.id).role is Role.REVIEWER
    assert not account.is_owner
    with pytest.raises(GoneError):
        invitations.accept_as_new(session, token, name="Eve", email="eve@example.org", password=PASSWORD)


def test_only_the_hash_of_a_link_is_kept(session: Session, lead: Account, project: Project) -> None:
    token = token_of(invitations.invite(session, created_by=lead, project=project))
    row = session.scalars(select(Invitation)).one()
    assert token not in (row.token_hash, str(row.id))


@pytest.mark.parametrize(
    "spoil", [{"expires_at": now() - timedelta(seconds=1)}, {"revoked_at": now()}, {"accepted_at": now()}]
)
def test_an_expired_withdrawn_or_used_link_is_gone(session: Session, lead: Account, spoil: dict[str, object]) -> None:
    token = token_of(invitations.invite(session, created_by=lead))
    row = session.scalars(select(Invitation)).one()
    for name, value in spoil.items():
        setattr(row, name, value)
    session.flush()
    with pytest.raises(GoneError):
        invitations.open_invitation(session, token)
    with pytest.raises(GoneError):
        invitations.accept_as(session, token, lead)
    assert invitations.open_invitations(session, None) == []


def test_an_unknown_link_is_gone(session: Session) -> None:
    with pytest.raises(GoneError):
        invitations.open_invitation(session, "made-up")


def test_somebody_with_an_account_joins_with_it(session: Session, lead: Account, project: Project) -> None:
    guest = AccountFactory.create(session=session)
    token = token_of(invitations.invite(session, created_by=lead, project=project, role=Role.ANNOTATOR))
    invitations.accept_as(session, token, guest)
    assert members.get_member(session, project.id, guest.id).role is Role.ANNOTATOR


def test_an_invitation_never_takes_a_role_away(session: Session, lead: Account, project: Project) -> None:
    token = token_of(invitations.invite(session, created_by=lead, project=project, role=Role.ANNOTATOR))
    invitations.accept_as(session, token, lead)
    assert members.get_member(session, project.id, lead.id).role is Role.LEAD


def test_an_invitation_to_an_address_is_for_nobody_else(session: Session, lead: Account, project: Project) -> None:
    token = token_of(invitations.invite(session, created_by=lead, project=project, email=" Grace@Example.org"))
    with pytest.raises(ForbiddenError):
        invitations.accept_as(session, token, lead)
    account = invitations.accept_as_new(session, token, name="Eve", email="eve@example.org", password=PASSWORD)
    assert account.email == "grace@example.org"


def test_an_incomplete_address_is_refused(session: Session, lead: Account) -> None:
    with pytest.raises(InvalidInputError):
        invitations.invite(session, created_by=lead, email="grace")


def test_the_first_account_link_makes_an_owner_and_ends_with_the_first_account(loupe: Path) -> None:
    older, link = token_of(setup.first_account_link()), token_of(setup.first_account_link())
    with session_scope() as session:
        with pytest.raises(GoneError):
            invitations.open_invitation(session, older)
        account = invitations.accept_as_new(session, link, name="Ada", email="ada@example.org", password=PASSWORD)
        assert account.is_owner
    assert setup.first_account_link() == ""


def test_the_first_account_link_is_dead_once_there_is_an_account_made_otherwise(loupe: Path) -> None:
    link = token_of(setup.first_account_link())
    with session_scope() as session:
        accounts.create_account(session, email="ada@example.org", name="Ada", password=PASSWORD)
    with session_scope() as session, pytest.raises(GoneError):
        invitations.accept_as_new(session, link, name="Eve", email="eve@example.org", password=PASSWORD)


def test_of_two_browsers_that_accept_at_once_one_wins(loupe: Path) -> None:
    token = token_of(setup.first_account_link())
    together = Barrier(2)

    def accept(name: str) -> type[AppError] | None:
        try:
            with session_scope() as session:
                together.wait()
                invitations.accept_as_new(session, token, name=name, email=f"{name}@example.org", password=PASSWORD)
        except AppError as refusal:
            return type(refusal)
        return None

    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(accept, ["ada", "eve"]))
    assert sorted(outcomes, key=str) == [GoneError, None]
    with session_scope() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_a_refused_password_leaves_the_link_usable(session: Session, lead: Account) -> None:
    token = token_of(invitations.invite(session, created_by=lead))
    with pytest.raises(InvalidInputError), session.begin_nested():
        invitations.accept_as_new(session, token, name="Grace", email="grace@example.org", password="short")
    assert invitations.accept_as_new(session, token, name="Grace", email="grace@example.org", password=PASSWORD)


def test_a_taken_address_is_told(session: Session, lead: Account) -> None:
    token = token_of(invitations.invite(session, created_by=lead))
    with pytest.raises(ConflictError) as refusal:
        invitations.accept_as_new(session, token, name="Grace", email=lead.email, password=PASSWORD)
    assert "email" in refusal.value.fields


def test_a_reset_link_sets_a_password_once_and_signs_out_everywhere(session: Session, lead: Account) -> None:
    signed_in = accounts.start_session(session, lead)
    older = token_of(invitations.invite_to_reset(session, created_by=lead, account=lead))
    token = token_of(invitations.invite_to_reset(session, created_by=lead, account=lead))
    with pytest.raises(GoneError):
        invitations.open_invitation(session, older)
    assert invitations.accept_reset(session, token, password="a new long password").id == lead.id
    assert accounts.account_of_token(session, signed_in) is None
    with pytest.raises(GoneError):
        invitations.accept_reset(session, token, password="yet another password")


def test_links_do_only_what_they_were_made_for(session: Session, lead: Account) -> None:
    reset = token_of(invitations.invite_to_reset(session, created_by=lead, account=lead))
    with pytest.raises(NotFoundError):
        invitations.accept_as(session, reset, lead)
    with pytest.raises(NotFoundError):
        invitations.accept_as_new(session, reset, name="Eve", email="eve@example.org", password=PASSWORD)
    invitation = token_of(invitations.invite(session, created_by=lead))
    with pytest.raises(NotFoundError):
        invitations.accept_reset(session, invitation, password=PASSWORD)


def test_an_account_shut_out_gets_no_new_password(session: Session, lead: Account) -> None:
    token = token_of(invitations.invite_to_reset(session, created_by=lead, account=lead))
    lead.disabled_at = now()
    with pytest.raises(GoneError):
        invitations.accept_reset(session, token, password=PASSWORD)
    with pytest.raises(ConflictError):
        invitations.invite_to_reset(session, created_by=lead, account=lead)


def test_withdrawing_is_for_open_invitations_of_that_project(session: Session, lead: Account, project: Project) -> None:
    invitations.invite(session, created_by=lead, project=project)
    row = invitations.open_invitations(session, project)[0]
    with pytest.raises(NotFoundError):
        invitations.revoke(session, row.id, None)
    invitations.revoke(session, row.id, project)
    session.flush()
    assert invitations.open_invitations(session, project) == []
    assert session.get(Member, (project.id, lead.id)) is not None
