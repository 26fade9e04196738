"""The guide in the browser: read by all, written by leads."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account, Project
from app.services import guides
from tests.factories import AccountFactory, MemberFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
    return made


def member(project: Project, role: Role) -> Account:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session)
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=role)
    return account


@pytest.fixture
def lead(project: Project, sign_in: SignIn) -> TestClient:
    return sign_in(member(project, Role.LEAD))


def write(project: Project, text: str) -> None:
    with session_scope() as session:
        guides.save(session, project, text, seen=guides.digest(guides.guide(session, project)))


def test_an_annotator_reads_it_whole_or_beside_an_image(project: Project, sign_in: SignIn) -> None:
    write(project, "# What counts\n\nPloughs <script>")
    annotator = sign_in(member(project, Role.ANNOTATOR))
    page = annotator.get(f"/projects/{project.id}/guide").text
    part = annotator.get(f"/projects/{project.id}/guide", headers=HTMX).text
    for shown in (page, part):
        assert "<h2>What counts</h2>" in shown
        assert "Ploughs &lt;script&gt;" in shown
    assert "<html" not in part
    assert "/guide/edit" not in page


def test_an_empty_guide_says_what_to_write(lead: TestClient, project: Project) -> None:
    assert "Begin with an outline" in lead.get(f"/projects/{project.id}/guide").text
    assert "# What does not count" in lead.get(f"/projects/{project.id}/guide/edit?outline=1").text
    assert "# What does not count" not in lead.get(f"/projects/{project.id}/guide/edit").text


def test_an_outline_never_replaces_a_guide(lead: TestClient, project: Project) -> None:
    write(project, "Mine")
    assert "# What does not count" not in lead.get(f"/projects/{project.id}/guide/edit?outline=1").text


def test_what_is_written_is_kept_and_shown(lead: TestClient, project: Project) -> None:
    sent = {"guide": "**Twice**", "seen": guides.digest("")}
    answer = lead.post(f"/projects/{project.id}/guide", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{project.id}/guide?done=1")
    page = lead.get(answer.headers["location"]).text
    assert "<strong>Twice</strong>" in page
    assert "has been saved" in page


def test_a_conflict_shows_both_and_can_then_be_saved(lead: TestClient, project: Project) -> None:
    write(project, "theirs")
    answer = lead.post(f"/projects/{project.id}/guide", data={"guide": "mine", "seen": guides.digest("")})
    assert answer.status_code == 409
    assert ">theirs</pre>" in answer.text
    assert "mine</textarea>" in answer.text
    assert guides.digest("theirs") in answer.text


def test_a_guide_that_is_too_long_keeps_what_was_typed(lead: TestClient, project: Project) -> None:
    sent = {"guide": "x" * 40_001, "seen": guides.digest("")}
    answer = lead.post(f"/projects/{project.id}/guide", data=sent)
    assert answer.status_code == 422
    assert "under 40000 characters" in answer.text
    assert "x" * 40_001 in answer.text


def test_the_preview_keeps_nothing(lead: TestClient, project: Project) -> None:
    answer = lead.post(f"/projects/{project.id}/guide/preview", data={"guide": "*once*"}, headers=HTMX)
    assert "<em>once</em>" in answer.text
    assert "<html" not in answer.text
    with session_scope() as session:
        assert guides.guide(session, project) == ""
    long = lead.post(f"/projects/{project.id}/guide/preview", data={"guide": "x" * 40_001}, headers=HTMX)
    assert "under 40000 characters" in long.text
