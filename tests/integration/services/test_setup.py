"""The link to the first account."""

from pathlib import Path

from app.db import session_scope
from app.services import invitations, setup
from tests.factories import AccountFactory


def test_a_link_is_made_while_nobody_has_an_account_and_ends_the_one_before(loupe: Path) -> None:
    first, second = setup.first_account_link(), setup.first_account_link()
    assert first != second
    with session_scope() as session:
        (invitation,) = invitations.open_invitations(session, None)
        assert invitation.makes_owner
        assert invitations.is_setup(invitation)


def test_no_link_is_made_once_somebody_has_an_account(loupe: Path) -> None:
    with session_scope() as session:
        AccountFactory.create(session=session)
    assert setup.first_account_link() == ""
