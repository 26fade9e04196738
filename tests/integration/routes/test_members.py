"""Members in the browser."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account, Project
from app.services import invitations, members
from tests.factories import AccountFactory, MemberFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
    return made


def member(project: Project, role: Role, name: str = "Grace") -> Account:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session, name=name)
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=role)
    return account


def test_a_link_into_the_project_is_made_and_shown_once(sign_in: SignIn, project: Project) -> None:
    client, root = sign_in(member(project, Role.LEAD)), f"/projects/{project.id}/members"
    page = client.post(f"{root}/invitations", data={"role": "reviewer", "email": "new@example.org"}).text
    found = re.search(r'data-copy="http://[^/"]+(/invitations/[\w-]+)"', page)
    assert found is not None
    later = client.get(root).text
    assert found[1] not in later
    assert "new@example.org" in later
    with session_scope() as session:
        (invitation,) = invitations.open_invitations(session, project)
    assert invitation.role is Role.REVIEWER
    assert client.post(f"{root}/invitations/{invitation.id}/revoke").status_code == 303
    assert client.get(found[1]).status_code == 410


def test_a_wrong_address_is_told_and_the_role_kept(sign_in: SignIn, project: Project) -> None:
    client = sign_in(member(project, Role.LEAD))
    answer = client.post(f"/projects/{project.id}/members/invitations", data={"role": "lead", "email": "x"})
    assert answer.status_code == 422
    assert re.search(r'value="lead"\s+checked', answer.text)


def test_a_role_is_changed_and_a_member_removed(sign_in: SignIn, project: Project) -> None:
    lead, other = member(project, Role.LEAD), member(project, Role.ANNOTATOR, "Ada")
    client, root = sign_in(lead), f"/projects/{project.id}/members/{other.id}"
    assert client.post(f"{root}/role", data={"role": "reviewer"}).status_code == 303
    with session_scope() as session:
        assert members.get_member(session, project.id, other.id).role is Role.REVIEWER
    assert client.post(f"{root}/remove").status_code == 303
    assert "Ada" not in client.get(f"/projects/{project.id}/members").text


def test_the_only_lead_is_kept(sign_in: SignIn, project: Project) -> None:
    lead = member(project, Role.LEAD)
    answer = sign_in(lead).post(f"/projects/{project.id}/members/{lead.id}/remove")
    assert answer.status_code == 409
    assert "only lead" in answer.text


def test_an_unknown_role_is_refused(sign_in: SignIn, project: Project) -> None:
    lead = member(project, Role.LEAD)
    answer = sign_in(lead).post(f"/projects/{project.id}/members/{lead.id}/role", data={"role": "emperor"})
    assert answer.status_code == 422
