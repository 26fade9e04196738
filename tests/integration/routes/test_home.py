"""The first page."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account
from tests.factories import AccountFactory, ImageFactory, MemberFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]


def test_a_new_loupe_says_where_the_first_link_is(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "terminal" in page.text


def test_a_stranger_is_led_to_sign_in(client: TestClient, owner: Account) -> None:
    assert client.get("/").headers["location"] == "/sign-in"


def test_an_owner_without_projects_is_shown_how_to_begin(sign_in: SignIn, owner: Account) -> None:
    page = sign_in(owner).get("/").text
    assert "Try it with a sample collection" in page
    assert 'action="/samples"' in page
    assert "Bring your own images" in page
    assert "10.5281/zenodo.4487141" in page
    assert "loupe import" in page


def test_somebody_who_may_make_no_project_is_offered_none(sign_in: SignIn, owner: Account) -> None:
    with session_scope() as session:
        account = AccountFactory.create(session=session)
    page = sign_in(account).get("/").text
    assert "in no project yet" in page
    assert "/projects/new" not in page
    assert "/samples" not in page


def test_projects_stand_as_cards_with_thumbnails(sign_in: SignIn, owner: Account) -> None:
    with session_scope() as session:
        account = AccountFactory.create(session=session)
        project, other = (ProjectFactory.create(session=session, name=name) for name in ("Farm", "Not mine"))
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=Role.REVIEWER)
        image = ImageFactory.create(session=session, project_id=project.id)
    page = sign_in(account).get("/").text
    assert "Farm" in page
    assert "Reviewer" in page
    assert f"/projects/{project.id}/images/{image.id}/thumbnail" in page
    assert other.name not in page
