"""What owners decide about people."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.models import Account
from app.services import accounts, invitations
from tests.factories import PASSWORD, AccountFactory

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def grace(loupe: object) -> Account:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session, name="Grace Hopper", email="grace@example.org")
    return account


def link_in(text: str) -> str:
    found = re.search(r'data-copy="http://[^/"]+(/invitations/[\w-]+)"', text)
    assert found is not None
    return found[1]


def test_everybody_is_listed(sign_in: SignIn, owner: Account, grace: Account) -> None:
    page = sign_in(owner).get("/people").text
    assert owner.email in page
    assert grace.email in page


def test_an_invitation_link_is_shown_once_and_works(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    link = link_in(client.post("/people/invitations", data={"email": "new@example.org", "makes_owner": "true"}).text)
    later = client.get("/people").text
    assert "new@example.org" in later
    assert link not in later
    client.cookies.delete("loupe_session")
    client.headers["x-csrf-token"] = ""
    page = client.get(link)
    assert "owner" in page.text


def test_a_wrong_address_is_told(sign_in: SignIn, owner: Account) -> None:
    answer = sign_in(owner).post("/people/invitations", data={"email": "new"})
    assert answer.status_code == 422
    assert 'value="new"' in answer.text


def test_an_invitation_is_withdrawn(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    link = link_in(client.post("/people/invitations").text)
    with session_scope() as session:
        (invitation,) = invitations.open_invitations(session, None)
    assert client.post(f"/people/invitations/{invitation.id}/revoke").status_code == 303
    assert client.get(link).status_code == 410


def test_somebody_becomes_an_owner_and_stops_being_one(sign_in: SignIn, owner: Account, grace: Account) -> None:
    client = sign_in(owner)
    for value in (True, False):
        assert client.post(f"/people/{grace.id}/owner", data={"value": str(value).lower()}).status_code == 303
        with session_scope() as session:
            assert accounts.get_account(session, grace.id).is_owner is value


def test_the_only_owner_cannot_go(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    assert client.post(f"/people/{owner.id}/owner", data={"value": "false"}).status_code == 409
    assert client.post(f"/people/{owner.id}/disabled", data={"value": "true"}).status_code == 409
    assert "End ownership" not in client.get("/people").text


def test_somebody_is_shut_out_and_let_in_again(sign_in: SignIn, owner: Account, grace: Account) -> None:
    client = sign_in(owner)
    client.post(f"/people/{grace.id}/disabled", data={"value": "true"})
    assert "Shut out" in client.get("/people").text
    client.post(f"/people/{grace.id}/disabled", data={"value": "false"})
    assert accounts.sign_in(email=grace.email, password=PASSWORD, address="10.0.0.1")


def test_a_link_for_a_new_password_is_made(sign_in: SignIn, owner: Account, grace: Account) -> None:
    client = sign_in(owner)
    page = client.post(f"/people/{grace.id}/reset").text
    assert "Grace Hopper" in page
    assert "Choose a new password" in client.get(link_in(page)).text


def test_nobody_is_not_found(sign_in: SignIn, owner: Account) -> None:
    assert sign_in(owner).post("/people/999/reset").status_code == 404
