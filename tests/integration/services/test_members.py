"""Members of a project."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Role
from app.errors import ConflictError, NotFoundError
from app.models import Account, Claim, PageClaim, Project
from app.models.types import now
from app.services import invitations, members
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def join(session: Session, project: Project, role: Role, **account: object) -> Account:
    made: Account = AccountFactory.create(session=session, **account)
    MemberFactory.create(session=session, project_id=project.id, account_id=made.id, role=role)
    return made


def test_members_are_listed_by_role_and_name(session: Session, project: Project) -> None:
    for name, role in (("zoe", Role.LEAD), ("Bea", Role.ANNOTATOR), ("abe", Role.ANNOTATOR), ("Max", Role.REVIEWER)):
        join(session, project, role, name=name)
    listed = [member.account.name for member in members.list_members(session, project.id)]
    assert listed == ["zoe", "Max", "abe", "Bea"]


def test_the_only_lead_stays_lead(session: Session, project: Project) -> None:
    lead = join(session, project, Role.LEAD)
    join(session, project, Role.LEAD, disabled_at=now())
    with pytest.raises(ConflictError):
        members.change_role(session, project, lead.id, Role.REVIEWER, by=lead)
    with pytest.raises(ConflictError):
        members.remove_member(session, project, lead.id, by=lead)
    assert members.change_role(session, project, lead.id, Role.LEAD, by=lead).role is Role.LEAD


def test_one_of_two_leads_may_go(session: Session, project: Project) -> None:
    lead, other = join(session, project, Role.LEAD), join(session, project, Role.LEAD)
    members.change_role(session, project, lead.id, Role.ANNOTATOR, by=other)
    with pytest.raises(ConflictError):
        members.remove_member(session, project, other.id, by=lead)


def test_an_owner_may_remove_the_last_lead(session: Session, project: Project) -> None:
    lead, owner = join(session, project, Role.LEAD), AccountFactory.create(session=session, is_owner=True)
    members.remove_member(session, project, lead.id, by=owner)
    assert members.list_members(session, project.id) == []


def test_who_goes_lets_go_of_reserved_images_and_open_invitations(session: Session, project: Project) -> None:
    lead, other = join(session, project, Role.LEAD), join(session, project, Role.LEAD)
    image = ImageFactory.create(session=session, project_id=project.id)
    lease = Claim(
        image_id=image.id, account_id=other.id, project_id=project.id, expires_at=now() + timedelta(minutes=5)
    )
    session.add(lease)
    invitations.invite(session, created_by=other, project=project)
    label = LabelFactory.create(session=session, project_id=project.id)
    asked = {"image_id": image.id, "label_id": label.id, "account_id": other.id}
    session.add(PageClaim(**asked, expires_at=now() + timedelta(minutes=5)))
    session.flush()
    members.remove_member(session, project, other.id, by=lead)
    assert session.scalars(select(Claim)).all() == []
    assert session.scalars(select(PageClaim)).all() == []
    assert invitations.open_invitations(session, project) == []


def test_somebody_who_is_no_member_is_not_found(session: Session, project: Project) -> None:
    stranger = AccountFactory.create(session=session)
    with pytest.raises(NotFoundError):
        members.change_role(session, project, stranger.id, Role.LEAD, by=stranger)
