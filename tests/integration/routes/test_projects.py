"""Projects in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Answer, JobKind, JobStatus, Recipe, Role
from app.models import Account, Job, Project, Run
from app.models.types import now
from app.services import labels, members, projects
from tests.factories import AccountFactory, ImageFactory, MemberFactory, ProjectFactory, annotate

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session, name="Farm", description="Colour photographs")
    return made


def member(project: Project, role: Role) -> Account:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session)
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=role)
    return account


def test_a_project_is_made_with_its_labels(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    answer = client.post("/projects", data={"name": "Farm", "labels": "human, animal\nhuman-structure"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/projects/1")
    with session_scope() as session:
        made = labels.live_labels(session, 1)
        assert [(label.name, label.key) for label in made] == [
            ("human", "1"),
            ("animal", "2"),
            ("human-structure", "3"),
        ]
        assert members.get_member(session, 1, owner.id).role is Role.LEAD


def test_a_refused_project_keeps_what_was_typed_and_makes_nothing(sign_in: SignIn, owner: Account) -> None:
    answer = sign_in(owner).post("/projects", data={"name": "Farm", "labels": "human, a|b", "description": "my words"})
    assert answer.status_code == 422
    assert 'id="field-labels-error"' in answer.text
    assert "my words" in answer.text
    with session_scope() as session:
        assert projects.find_project(session, "Farm") is None


def test_a_taken_name_is_told_beside_the_field(sign_in: SignIn, owner: Account, project: Project) -> None:
    answer = sign_in(owner).post("/projects", data={"name": "Farm"})
    assert answer.status_code == 409
    assert 'id="field-name-error"' in answer.text


def test_an_annotator_makes_no_projects(sign_in: SignIn, project: Project) -> None:
    client = sign_in(member(project, Role.ANNOTATOR))
    assert client.get("/projects/new").status_code == 403
    assert client.post("/projects", data={"name": "Mine"}).status_code == 403


def test_an_empty_project_says_what_to_do_first(sign_in: SignIn, project: Project) -> None:
    page = sign_in(member(project, Role.LEAD)).get(f"/projects/{project.id}").text
    assert "Define labels" in page
    assert page.count('aria-current="step"') == 1


def test_the_first_page_shows_the_loop_the_labels_and_what_happened(sign_in: SignIn, project: Project) -> None:
    lead = member(project, Role.LEAD)
    with session_scope() as session:
        label = labels.create_label(session, session.get_one(Project, project.id), name="human")
        images = [ImageFactory.create(session=session, project_id=project.id) for _number in range(4)]
        annotate(session, images[0], lead, {label: Answer.PRESENT})
        done = Job(project_id=project.id, kind=JobKind.TRAIN, status=JobStatus.SUCCEEDED, finished_at=now())
        going = Job(project_id=project.id, kind=JobKind.IMPORT, stage="Reading images", done=3, total=9)
        session.add_all([done, going])
        session.flush()
        session.add(Run(project_id=project.id, number=7, job_id=done.id, recipe=Recipe.QUICK, seed=1))
    client = sign_in(lead)
    page = client.get(f"/projects/{project.id}").text
    for told in ("4 images are here", "Run 7 finished", f"{lead.name} tagged one image", "Reading images", "human"):
        assert told in page
    fragment = client.get(f"/projects/{project.id}/open-jobs").text
    assert "Reading images" in fragment
    assert "<html" not in fragment
    assert "every 2s" in fragment


def test_an_annotator_is_offered_only_what_annotators_may(sign_in: SignIn, project: Project) -> None:
    page = sign_in(member(project, Role.ANNOTATOR)).get(f"/projects/{project.id}").text
    for path in ("settings", "members", "imports/new", "export", "runs"):
        assert f'href="/projects/{project.id}/{path}' not in page
    assert f'href="/projects/{project.id}/labels"' in page or "No labels yet" in page


def test_settings_are_saved(sign_in: SignIn, project: Project) -> None:
    client = sign_in(member(project, Role.LEAD))
    form = {"name": "Farm II", "description": "More", "valid_percent": "20", "test_percent": "10"}
    assert client.post(f"/projects/{project.id}/settings", data=form).status_code == 303
    page = client.get(f"/projects/{project.id}/settings?done=1").text
    assert 'value="Farm II"' in page
    assert 'value="20"' in page
    assert "have been saved" in page


def test_wrong_settings_change_nothing_at_all(sign_in: SignIn, project: Project) -> None:
    client = sign_in(member(project, Role.LEAD))
    form = {"name": "Farm II", "description": "More", "valid_percent": "90", "test_percent": "10"}
    answer = client.post(f"/projects/{project.id}/settings", data=form)
    assert answer.status_code == 422
    assert 'value="Farm II"' in answer.text
    assert 'value="Farm"' in client.get(f"/projects/{project.id}/settings").text


def test_a_project_is_deleted_when_its_name_is_typed(sign_in: SignIn, project: Project) -> None:
    client = sign_in(member(project, Role.LEAD))
    answer = client.post(f"/projects/{project.id}/delete", data={"confirmation": "farm"})
    assert answer.status_code == 422
    assert 'id="field-confirmation-error"' in answer.text
    assert client.post(f"/projects/{project.id}/delete", data={"confirmation": "Farm"}).headers["location"] == "/"
    assert client.get(f"/projects/{project.id}").status_code == 404
