"""Accepting an invitation in the browser."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account, Project
from app.services import accounts, invitations, members, setup
from tests.factories import PASSWORD, AccountFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]


def path_of(link: str) -> str:
    return "/invitations/" + link.rpartition("/")[2]


def invited(owner: Account, role: Role = Role.REVIEWER, email: str = "") -> tuple[str, Project]:
    with session_scope() as session:
        project = ProjectFactory.create(session=session, name="Farm")
        link = invitations.invite(session, created_by=owner, project=project, role=role, email=email)
    return path_of(link), project


def test_the_first_account_is_made_by_its_link_and_lands_on_the_first_page(client: TestClient) -> None:
    path = path_of(setup.first_account_link())
    assert "Make the first account" in client.get(path).text
    answer = client.post(path, data={"name": "Ada", "email": "Ada@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = client.get("/").text
    assert "Ada" in page
    assert "sample collection" in page
    assert client.get(path).status_code == 410


def test_what_is_wrong_is_said_beside_the_field_and_the_link_still_works(client: TestClient) -> None:
    path = path_of(setup.first_account_link())
    refused = client.post(path, data={"name": "Ada", "email": "ada", "password": PASSWORD})
    assert refused.status_code == 422
    assert 'id="field-email-error"' in refused.text
    assert 'value="Ada"' in refused.text
    refused = client.post(path, data={"name": "Ada", "email": "ada@example.org", "password": "short"})
    assert 'id="field-password-error"' in refused.text
    assert client.post(path, data={"name": "Ada", "email": "ada@example.org", "password": PASSWORD}).status_code == 303


def test_a_new_colleague_lands_in_the_project(client: TestClient, owner: Account) -> None:
    path, project = invited(owner)
    assert "Join “Farm”" in client.get(path).text
    answer = client.post(path, data={"name": "Grace", "email": "grace@example.org", "password": PASSWORD})
    assert answer.headers["location"] == f"/projects/{project.id}"
    assert client.get(f"/projects/{project.id}").status_code == 200


def test_somebody_signed_in_joins_with_one_click(sign_in: SignIn, owner: Account) -> None:
    path, project = invited(owner, Role.ANNOTATOR)
    with session_scope() as session:
        guest = AccountFactory.create(session=session)
    client = sign_in(guest)
    page = client.get(path).text
    assert 'type="password"' not in page
    assert client.post(f"{path}/join").headers["location"] == f"/projects/{project.id}"
    with session_scope() as session:
        assert members.get_member(session, project.id, guest.id).role is Role.ANNOTATOR


def test_an_invitation_to_somebody_else_cannot_be_taken(sign_in: SignIn, owner: Account) -> None:
    path, _project = invited(owner, email="grace@example.org")
    with session_scope() as session:
        guest = AccountFactory.create(session=session)
    client = sign_in(guest)
    assert "grace@example.org" in client.get(path).text
    assert client.post(f"{path}/join").status_code == 403


def test_an_address_with_an_account_is_told_to_sign_in(client: TestClient, owner: Account) -> None:
    path, _project = invited(owner)
    answer = client.post(path, data={"name": "Me", "email": owner.email, "password": PASSWORD})
    assert answer.status_code == 409
    assert f"/sign-in?next={path}" in answer.text


def test_a_made_up_link_is_a_clear_page(client: TestClient) -> None:
    for answer in (client.get("/invitations/made-up"), client.post("/invitations/made-up", data={"name": "x"})):
        assert answer.status_code == 410
        assert "link" in answer.text


def test_a_new_password_is_chosen_by_a_link_of_an_owner(client: TestClient, owner: Account) -> None:
    with session_scope() as session:
        account = AccountFactory.create(session=session)
        path = path_of(invitations.invite_to_reset(session, created_by=owner, account=account))
    assert account.email in client.get(path).text
    assert client.post(f"{path}/password", data={"password": "short"}).status_code == 422
    assert client.post(f"{path}/password", data={"password": "a new long password"}).status_code == 303
    assert client.get("/account").status_code == 200
    assert accounts.sign_in(email=account.email, password="a new long password", address="10.0.0.1")
    assert client.get(path).status_code == 410
