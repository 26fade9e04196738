"""How people tag, decided by a lead in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import session_scope
from app.domain.sampling import Order
from app.domain.statuses import Role, Suggestions
from app.models import Account, DeskSettings, Image, Label, Project
from app.services import desk_settings, label_resolving
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]
HTMX = {"HX-Request": "true"}
FORM = {
    "suggestions": "after",
    "order": "sequential",
    "opinions": "2",
    "opinions_percent": "25",
    "names_hidden": "1",
    "control_percent": "5",
    "train_after": "",
}


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
        for _ in range(4):
            ImageFactory.create(session=session, project_id=made.id)
    return made


@pytest.fixture
def lead(project: Project, sign_in: SignIn) -> TestClient:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session)
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=Role.LEAD)
    return sign_in(account)


def kept(project: Project) -> DeskSettings:
    with session_scope() as session:
        return desk_settings.settings_of(session, project)


def label_of(project: Project, **more: object) -> Label:
    with session_scope() as session:
        made: Label = LabelFactory.create(session=session, project_id=project.id, **more)
    return made


def test_the_page_shows_the_defaults(lead: TestClient, project: Project) -> None:
    page = lead.get(f"/projects/{project.id}/tagging").text
    assert 'value="shown" checked' in page
    assert 'name="blind" value="1" checked' in page
    assert "Choose control images" in page
    assert 'aria-current="page"' in page


def test_what_is_sent_is_kept_and_the_form_alone_comes_back(lead: TestClient, project: Project) -> None:
    answer = lead.post(f"/projects/{project.id}/tagging", data=FORM, headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.strip().startswith("<form")
    assert "Saved." in answer.text
    found = kept(project)
    assert (found.suggestions, found.opinions, found.opinions_share) == (Suggestions.AFTER, 2, 0.25)
    assert (found.blind, found.names_hidden, found.control_share, found.train_after) == (False, True, 0.05, None)


def test_images_then_want_so_many_opinions(lead: TestClient, project: Project) -> None:
    lead.post(f"/projects/{project.id}/tagging", data=FORM | {"opinions": "3", "opinions_percent": "100"})
    with session_scope() as session:
        wanted = session.scalars(select(Image.needed).where(Image.project_id == project.id)).all()
    assert wanted == [3, 3, 3, 3]


def test_a_large_collection_is_brought_in_line_in_the_background(
    lead: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_resolving, "AT_ONCE", -1)
    told = lead.post(f"/projects/{project.id}/tagging", data=FORM | {"opinions": "3", "opinions_percent": "100"})
    assert "done=later" in told.headers["location"]
    assert "in the background" in lead.get(told.headers["location"]).text


def test_without_scripts_the_page_comes_again(lead: TestClient, project: Project) -> None:
    answer = lead.post(f"/projects/{project.id}/tagging", data=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{project.id}/tagging?done=1")
    assert "Saved." in lead.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("field", "typed", "id_"),
    [
        ("opinions", "three", "opinions"),
        ("opinions", "99", "opinions"),
        ("opinions_percent", "half", "opinions_share"),
        ("opinions_percent", "nan", "opinions_share"),
        ("control_percent", "80", "control_share"),
        ("train_after", "3", "train_after"),
        ("train_after", "9" * 40, "train_after"),
        ("order", "backwards", "order"),
        ("suggestions", "maybe", "suggestions"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_is_kept(
    lead: TestClient, project: Project, field: str, typed: str, id_: str
) -> None:
    answer = lead.post(f"/projects/{project.id}/tagging", data=FORM | {field: typed}, headers=HTMX)
    assert answer.status_code == 422
    assert f'id="field-{id_}-error"' in answer.text
    assert kept(project).suggestions is Suggestions.SHOWN


def test_an_order_that_needs_a_label_says_so(lead: TestClient, project: Project) -> None:
    answer = lead.post(f"/projects/{project.id}/tagging", data=FORM | {"order": "most_likely"}, headers=HTMX)
    assert answer.status_code == 422
    assert "Please say which label is meant." in answer.text
    label = label_of(project)
    sent = FORM | {"order": "most_likely", "order_label_id": str(label.id)}
    assert lead.post(f"/projects/{project.id}/tagging", data=sent, headers=HTMX).status_code == 200
    assert (kept(project).order, kept(project).order_label_id) == (Order.MOST_LIKELY, label.id)
    # An order that is about no label keeps none.
    assert lead.post(f"/projects/{project.id}/tagging", data=sent | {"order": "random"}).status_code == 303
    assert kept(project).order_label_id is None


def test_a_label_of_another_project_is_refused(lead: TestClient, project: Project) -> None:
    with session_scope() as session:
        other = ProjectFactory.create(session=session)
    sent = FORM | {"order": "least_certain", "order_label_id": str(label_of(other).id)}
    answer = lead.post(f"/projects/{project.id}/tagging", data=sent, headers=HTMX)
    assert answer.status_code == 422
    assert 'id="field-order_label_id-error"' in answer.text


@pytest.mark.parametrize(
    ("opinions", "percent", "said"),
    [
        ("2", "100", "That is 4 more"),
        ("1", "100", "as many as with what is kept now"),
        ("x", "100", "Give a number of people"),
        ("2", "", "as many as"),
        ("2", "nan", "Give a number of people"),
    ],
)
def test_what_it_would_mean_is_said_beforehand(
    lead: TestClient, project: Project, opinions: str, percent: str, said: str
) -> None:
    asked = {"opinions": opinions, "opinions_percent": percent}
    answer = lead.get(f"/projects/{project.id}/tagging/plan", params=asked, headers=HTMX)
    assert said in answer.text
    assert "<p" not in answer.text
