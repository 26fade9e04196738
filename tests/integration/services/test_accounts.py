"""Accounts and signing in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.errors import AppError, ConflictError, InvalidInputError, TooManyAttemptsError
from app.models import Account, Invitation, SignIn, SignInAttempt
from app.models.types import now
from app.services import accounts, invitations
from app.services.accounts import WrongCredentialsError, WrongPasswordError
from tests.factories import PASSWORD, AccountFactory


@pytest.fixture
def ada(loupe: Path) -> Account:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session, email="ada@example.org", name="Ada")
    return account


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Which password hashes were looked at, instead of the slow comparison itself."""
    seen: list[str | None] = []

    def verify(password_hash: str | None, password: str) -> bool:
        seen.append(password_hash)
        return password_hash is not None and password == PASSWORD

    monkeypatch.setattr(accounts, "verify_password", verify)
    return seen


def attempt(email: str, password: str = "wrong", address: str = "10.0.0.1") -> type[AppError] | None:
    try:
        accounts.sign_in(email=email, password=password, address=address)
    except AppError as refusal:
        return type(refusal)
    return None


def count_attempts() -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).select_from(SignInAttempt)) or 0


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.org", "ada@example", "a da@example.org", "a@b@c.org"])
def test_an_incomplete_email_address_is_refused(session: Session, email: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        accounts.create_account(session, email=email, name="Ada", password=PASSWORD)
    assert "email" in refusal.value.fields


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "A\x00da"])
def test_a_name_that_cannot_be_shown_is_refused(session: Session, name: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        accounts.create_account(session, email="ada@example.org", name=name, password=PASSWORD)
    assert "name" in refusal.value.fields


def test_a_short_password_is_refused(session: Session) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        accounts.create_account(session, email="ada@example.org", name="Ada", password="short")
    assert "password" in refusal.value.fields


def test_an_email_address_has_one_account_however_it_is_written(session: Session) -> None:
    accounts.create_account(session, email="Ada@Example.org", name=" Ada   Lovelace ", password=PASSWORD)
    with pytest.raises(ConflictError):
        accounts.create_account(session, email=" ada@example.ORG ", name="Ada", password=PASSWORD)
    assert accounts.list_accounts(session)[0].name == "Ada Lovelace"


def test_a_password_is_the_same_however_its_accents_are_typed(loupe: Path) -> None:
    with session_scope() as session:
        accounts.create_account(
            session, email="ada@example.org", name="Ada", password="caf\u00e9 cr\u00e8me br\u00fbl\u00e9e"
        )
    assert attempt("ada@example.org", "cafe\u0301 cre\u0300me bru\u0302le\u0301e") is None


def test_signing_in_gives_a_session_that_is_found_by_its_token_alone(ada: Account) -> None:
    token = accounts.sign_in(email=" ADA@example.org", password=PASSWORD, address="10.0.0.1", browser="Firefox, Linux")
    with session_scope() as session:
        found = accounts.account_of_token(session, token)
        assert found is not None
        assert found.id == ada.id
        row = session.scalars(select(SignIn)).one()
        assert token not in row.token_hash
        assert row.browser == "Firefox, Linux"
        assert accounts.account_of_token(session, "") is None
        assert accounts.account_of_token(session, token + "x") is None


def test_wrong_and_unknown_are_refused_alike_after_the_same_work(ada: Account, checks: list[str | None]) -> None:
    refusals = []
    for email in ("ada@example.org", "nobody@example.org", "", "not an address", "x" * 5000, "nul\x00@example.org"):
        with pytest.raises(WrongCredentialsError) as refusal:
            accounts.sign_in(email=email, password="wrong", address="10.0.0.1")
        refusals.append(refusal.value.sentence)
    assert len(set(refusals)) == 1
    assert len(checks) == len(refusals)


def test_an_unknown_email_costs_a_password_comparison(ada: Account) -> None:
    assert attempt("nobody@example.org", PASSWORD) is WrongCredentialsError


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", "x" * 400 + "@example.org"])
def test_guessing_at_one_email_is_stopped_whether_or_not_it_exists(
    ada: Account, checks: list[str | None], email: str
) -> None:
    tries = [attempt(email, address=f"10.0.0.{number}") for number in range(accounts.MAX_ATTEMPTS_PER_EMAIL + 2)]
    assert tries == [WrongCredentialsError] * accounts.MAX_ATTEMPTS_PER_EMAIL + [TooManyAttemptsError] * 2
    assert len(checks) == accounts.MAX_ATTEMPTS_PER_EMAIL


def test_even_the_right_password_is_refused_while_an_email_is_barred(ada: Account, checks: list[str | None]) -> None:
    for _try in range(accounts.MAX_ATTEMPTS_PER_EMAIL):
        attempt("ada@example.org")
    assert attempt("ada@example.org", PASSWORD, address="10.9.9.9") is TooManyAttemptsError


def test_guessing_from_one_address_is_stopped_over_all_emails(ada: Account, checks: list[str | None]) -> None:
    tries = [attempt(f"person{number}@example.org") for number in range(accounts.MAX_ATTEMPTS_PER_ADDRESS + 1)]
    assert tries[-2:] == [WrongCredentialsError, TooManyAttemptsError]
    assert attempt("ada@example.org", PASSWORD) is TooManyAttemptsError
    assert attempt("ada@example.org", PASSWORD, address="10.0.0.2") is None


def test_an_ipv6_network_counts_as_one_address(ada: Account, checks: list[str | None]) -> None:
    for number in range(accounts.MAX_ATTEMPTS_PER_ADDRESS):
        attempt(f"person{number}@example.org", address=f"2001:db8:1:2::{number + 1:x}")
    assert attempt("ada@example.org", PASSWORD, address="2001:db8:1:2:ffff::1") is TooManyAttemptsError
    assert attempt("ada@example.org", PASSWORD, address="2001:db8:1:3::1") is None


def test_waiting_helps_and_refused_tries_do_not_prolong_it(ada: Account, checks: list[str | None]) -> None:
    for _try in range(accounts.MAX_ATTEMPTS_PER_EMAIL + 5):
        attempt("ada@example.org")
    assert count_attempts() == accounts.MAX_ATTEMPTS_PER_EMAIL
    with session_scope() as session:
        for row in session.scalars(select(SignInAttempt)):
            row.at = now() - accounts.ATTEMPT_WINDOW - timedelta(seconds=1)
    assert attempt("ada@example.org", PASSWORD) is None
    assert count_attempts() == 0


def test_signing_in_forgets_the_failures_of_that_email_alone(ada: Account, checks: list[str | None]) -> None:
    attempt("ada@example.org")
    attempt("nobody@example.org")
    assert attempt("ada@example.org", PASSWORD) is None
    with session_scope() as session:
        assert session.scalars(select(SignInAttempt.email)).all() == ["nobody@example.org"]


def test_many_guesses_at_once_are_no_way_round_the_limit(ada: Account, checks: list[str | None]) -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(lambda _number: attempt("ada@example.org"), range(24)))
    assert len(checks) <= accounts.MAX_ATTEMPTS_PER_EMAIL


def test_an_unused_session_ends_and_a_used_one_goes_on(ada: Account) -> None:
    token = accounts.sign_in(email="ada@example.org", password=PASSWORD, address="10.0.0.1")
    with session_scope() as session:
        session.scalars(select(SignIn)).one().last_seen_at = now() - timedelta(days=29)
    with session_scope(writes=False) as session:
        assert accounts.account_of_token(session, token) is not None
    with session_scope() as session:
        row = session.scalars(select(SignIn)).one()
        assert row.last_seen_at > now() - timedelta(minutes=1)
        row.last_seen_at = now() - timedelta(days=31)
    with session_scope() as session:
        assert accounts.account_of_token(session, token) is None


def test_changing_the_password_ends_every_other_session_and_reset_link(ada: Account, owner: Account) -> None:
    here = accounts.sign_in(email="ada@example.org", password=PASSWORD, address="10.0.0.1")
    there = accounts.sign_in(email="ada@example.org", password=PASSWORD, address="10.0.0.2")
    with session_scope() as session:
        account = accounts.get_account(session, ada.id)
        invitations.invite_to_reset(session, created_by=accounts.get_account(session, owner.id), account=account)
        accounts.set_password(session, account, "another long password", keep=here)
    with session_scope() as session:
        assert accounts.account_of_token(session, here) is not None
        assert accounts.account_of_token(session, there) is None
        assert session.scalars(select(Invitation)).one().revoked_at is not None
    assert attempt("ada@example.org", PASSWORD) is WrongCredentialsError
    assert attempt("ada@example.org", "another long password") is None


def test_confirming_a_change_asks_for_the_present_password(ada: Account) -> None:
    accounts.confirm_password(email=ada.email, password=PASSWORD, address="10.0.0.1")
    with pytest.raises(WrongPasswordError):
        accounts.confirm_password(email=ada.email, password="wrong", address="10.0.0.1")


def test_shutting_an_account_out_ends_its_sessions_and_invitations(ada: Account, owner: Account) -> None:
    token = accounts.sign_in(email="ada@example.org", password=PASSWORD, address="10.0.0.1")
    with session_scope() as session:
        account = accounts.get_account(session, ada.id)
        invitations.invite(session, created_by=account)
        accounts.set_disabled(session, account, disabled=True)
    with session_scope() as session:
        assert accounts.account_of_token(session, token) is None
        assert invitations.open_invitations(session, None) == []
    assert attempt("ada@example.org", PASSWORD) is WrongCredentialsError
    with session_scope() as session:
        accounts.set_disabled(session, accounts.get_account(session, ada.id), disabled=False)
    assert attempt("ada@example.org", PASSWORD) is None


def test_one_owner_always_stays(session: Session) -> None:
    first = AccountFactory.create(session=session, is_owner=True)
    second = AccountFactory.create(session=session, is_owner=True)
    accounts.set_owner(session, first, is_owner=False)
    session.flush()
    with pytest.raises(ConflictError):
        accounts.set_owner(session, second, is_owner=False)
    with pytest.raises(ConflictError):
        accounts.set_disabled(session, second, disabled=True)


def test_a_disabled_owner_does_not_count_as_the_one_that_stays(session: Session) -> None:
    first = AccountFactory.create(session=session, is_owner=True)
    AccountFactory.create(session=session, is_owner=True, disabled_at=now())
    with pytest.raises(ConflictError):
        accounts.set_owner(session, first, is_owner=False)


def test_browsers_are_listed_with_the_present_one_marked(ada: Account) -> None:
    here = accounts.sign_in(email="ada@example.org", password=PASSWORD, address="10.0.0.1", browser="Firefox, Linux")
    accounts.sign_in(email="ada@example.org", password=PASSWORD, address="10.0.0.1", browser="Safari, iPad")
    with session_scope() as session:
        listed = accounts.browsers_of(session, accounts.get_account(session, ada.id), here)
    assert {(row.sign_in.browser, row.is_this) for row in listed} == {("Firefox, Linux", True), ("Safari, iPad", False)}
