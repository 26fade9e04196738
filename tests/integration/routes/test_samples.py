"""Asking for the sample collection over HTTP, on both databases."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account
from tests.factories import AccountFactory


def test_an_owner_is_led_to_the_drawing_and_others_are_refused(
    session: Session, owner: Account, sign_in: Callable[[Account], TestClient]
) -> None:
    other = AccountFactory.create(session=session)
    session.commit()
    answer = sign_in(owner).post("/samples")
    assert answer.status_code == 303
    page = sign_in(owner).get(answer.headers["location"])
    assert "Drawing the sample collection" in page.text
    assert sign_in(other).post("/samples").status_code == 403
