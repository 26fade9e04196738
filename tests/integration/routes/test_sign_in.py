"""Signing in and out by the form."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.models import Account
from app.routes.sign_in import own_path
from app.services.accounts import MAX_ATTEMPTS_PER_EMAIL
from tests.factories import PASSWORD


def test_signing_in_leads_to_where_one_wanted(client: TestClient, owner: Account) -> None:
    assert client.get("/people").headers["location"] == "/sign-in?next=/people"
    assert 'name="next" value="/people"' in client.get("/sign-in?next=/people").text
    answer = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD, "next": "/people"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    assert client.get("/people").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "evil",
        "",
        "javascript:alert(1)",
    ],
)
def test_signing_in_never_leads_to_another_site(client: TestClient, owner: Account, target: str) -> None:
    assert own_path(target) == "/"
    answer = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_email_are_answered_alike(client: TestClient, owner: Account) -> None:
    wrong = client.post("/sign-in", data={"email": owner.email, "password": "wrong"})
    unknown = client.post("/sign-in", data={"email": "nobody@example.org", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 422
    assert "do not belong together" in wrong.text
    assert wrong.text.replace(owner.email, "X") == unknown.text.replace("nobody@example.org", "X")


def test_what_was_typed_stays_but_for_the_password(client: TestClient, owner: Account) -> None:
    page = client.post("/sign-in", data={"email": owner.email, "password": "my wrong one", "next": "/people"}).text
    assert owner.email in page
    assert 'name="next" value="/people"' in page
    assert "my wrong one" not in page


def test_too_many_tries_are_told(client: TestClient, owner: Account) -> None:
    for _try in range(MAX_ATTEMPTS_PER_EMAIL):
        client.post("/sign-in", data={"email": owner.email, "password": "wrong"})
    answer = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD})
    assert answer.status_code == 429
    assert "wait" in answer.text


def test_an_old_session_in_the_browser_does_not_stand_in_the_way(
    sign_in: Callable[[Account], TestClient], owner: Account
) -> None:
    answer = sign_in(owner).post("/sign-in", data={"email": owner.email, "password": PASSWORD})
    assert answer.status_code == 303


def test_who_is_signed_in_needs_no_form(sign_in: Callable[[Account], TestClient], owner: Account) -> None:
    assert sign_in(owner).get("/sign-in?next=/people").headers["location"] == "/people"


def test_signing_out_ends_it(sign_in: Callable[[Account], TestClient], owner: Account) -> None:
    client = sign_in(owner)
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert client.get("/account").status_code == 303
