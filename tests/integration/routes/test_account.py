"""One's own account."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from app.db import session_scope
from app.models import Account
from app.services import accounts
from app.services.accounts import MAX_ATTEMPTS_PER_EMAIL
from tests.factories import PASSWORD

SignIn = Callable[[Account], TestClient]
NEW = "another long password"


def test_the_name_is_changed(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    assert client.post("/account/name", data={"name": "  Ada   Lovelace "}).headers["location"] == "/account?done=name"
    page = client.get("/account?done=name").text
    assert "Ada Lovelace" in page
    assert "has been changed" in page


def test_an_empty_name_is_refused(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    assert client.post("/account/name", data={"name": " "}).status_code == 422
    assert owner.name in client.get("/account").text


def test_the_password_is_changed_and_this_browser_stays_signed_in(sign_in: SignIn, owner: Account) -> None:
    elsewhere = accounts.sign_in(email=owner.email, password=PASSWORD, address="10.0.0.1")
    client = sign_in(owner)
    assert client.post("/account/password", data={"current": PASSWORD, "password": NEW}).status_code == 303
    assert client.get("/account").status_code == 200
    with session_scope() as session:
        assert accounts.account_of_token(session, elsewhere) is None
    assert accounts.sign_in(email=owner.email, password=NEW, address="10.0.0.1")


def test_the_present_password_is_asked_for(sign_in: SignIn, owner: Account) -> None:
    answer = sign_in(owner).post("/account/password", data={"current": "wrong", "password": NEW})
    assert answer.status_code == 422
    assert 'id="field-current-error"' in answer.text
    assert accounts.sign_in(email=owner.email, password=PASSWORD, address="10.0.0.1")


def test_a_short_new_password_is_refused(sign_in: SignIn, owner: Account) -> None:
    answer = sign_in(owner).post("/account/password", data={"current": PASSWORD, "password": "short"})
    assert answer.status_code == 422
    assert 'id="field-password-error"' in answer.text


def test_guessing_the_present_password_is_stopped(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    for _try in range(MAX_ATTEMPTS_PER_EMAIL):
        client.post("/account/password", data={"current": "wrong", "password": NEW})
    assert client.post("/account/password", data={"current": PASSWORD, "password": NEW}).status_code == 429


def test_other_browsers_are_listed_and_signed_out(sign_in: SignIn, owner: Account) -> None:
    elsewhere = accounts.sign_in(email=owner.email, password=PASSWORD, address="10.0.0.1", browser="Safari, iPad")
    client = sign_in(owner)
    assert "Safari, iPad" in client.get("/account").text
    assert client.post("/account/browsers/end").status_code == 303
    page = client.get("/account?done=browsers").text
    assert "Safari, iPad" not in page
    with session_scope() as session:
        assert accounts.account_of_token(session, elsewhere) is None
