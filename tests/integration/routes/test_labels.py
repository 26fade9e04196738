"""Labels in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account, Label, Project
from app.services import label_grouping, labels
from tests.factories import AccountFactory, MemberFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
        for name in ("human", "animal", "landscape"):
            labels.create_label(session, made, name=name)
    return made


@pytest.fixture
def lead(project: Project, sign_in: SignIn) -> TestClient:
    return sign_in(member(project, Role.LEAD))


def member(project: Project, role: Role) -> Account:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session)
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=role)
    return account


def live(project: Project) -> list[Label]:
    with session_scope() as session:
        return labels.live_labels(session, project.id)


def fields(label: Label, **changes: str) -> dict[str, str]:
    kept = {"name": label.name, "colour": label.colour, "key": label.key, "definition": label.definition}
    return kept | changes


def test_htmx_gets_the_list_and_a_browser_the_page(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/labels"
    page, fragment = lead.get(root).text, lead.get(root, headers=HTMX).text
    assert "<html" in page
    assert "<html" not in fragment
    assert fragment.strip().startswith("<div")
    assert fragment.count("label-row__name") == page.count("label-row__name") == 3


def test_a_label_opens_in_its_place(lead: TestClient, project: Project) -> None:
    label = live(project)[1]
    page = lead.get(f"/projects/{project.id}/labels?edit={label.id}", headers=HTMX).text
    assert 'id="label-name"' in page
    assert f'action="/projects/{project.id}/labels/{label.id}"' in page
    assert page.count("label-row__name") == 2


def test_a_label_is_changed_and_its_wording_versioned(lead: TestClient, project: Project) -> None:
    label = live(project)[0]
    form = fields(label, name="people", colour="plum", key="p", definition="Persons")
    answer = lead.post(f"/projects/{project.id}/labels/{label.id}", data=form)
    assert answer.status_code == 303
    changed = live(project)[0]
    assert (changed.name, changed.colour, changed.key, changed.definition_version) == ("people", "plum", "p", 2)
    page = lead.get(f"/projects/{project.id}/labels/{label.id}").text
    assert "Versions of the definition" in page


def test_a_refused_change_stays_open_with_what_was_typed(lead: TestClient, project: Project) -> None:
    label = live(project)[0]
    form = fields(label, name="animal", definition="half a thought")
    answer = lead.post(f"/projects/{project.id}/labels/{label.id}", data=form, headers=HTMX)
    assert answer.status_code == 422
    assert 'id="label-name-error"' in answer.text
    assert "half a thought" in answer.text
    assert live(project)[0].name == "human"


def test_the_same_key_in_two_labels_is_refused(lead: TestClient, project: Project) -> None:
    label = live(project)[0]
    answer = lead.post(f"/projects/{project.id}/labels/{label.id}", data=fields(label, key="2"))
    assert answer.status_code == 422
    assert 'id="label-key-error"' in answer.text


def test_labels_are_added_and_a_refused_list_stays_in_the_field(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/labels"
    assert lead.post(root, data={"names": "house\ntree"}).status_code == 303
    assert [label.name for label in live(project)][3:] == ["house", "tree"]
    answer = lead.post(root, data={"names": "river, house"}, headers=HTMX)
    assert answer.status_code == 422
    assert "river, house" in answer.text
    assert len(live(project)) == 5


def test_labels_are_moved(lead: TestClient, project: Project) -> None:
    last = live(project)[2]
    assert lead.post(f"/projects/{project.id}/labels/{last.id}/move", data={"step": "-1"}).status_code == 303
    assert [label.name for label in live(project)] == ["human", "landscape", "animal"]


def test_a_label_is_removed_and_brought_back(lead: TestClient, project: Project) -> None:
    root, label = f"/projects/{project.id}/labels", live(project)[0]
    assert lead.post(f"{root}/{label.id}/remove").status_code == 303
    page = lead.get(root).text
    assert "Archived labels" in page
    assert "0 answers kept" in page
    assert lead.post(f"{root}/{label.id}/restore").status_code == 303
    assert [each.name for each in live(project)] == ["animal", "landscape", "human"]


def test_labels_stand_by_group_and_are_put_into_one_in_their_form_or_by_dragging(
    lead: TestClient, project: Project
) -> None:
    root, (human, animal, landscape) = f"/projects/{project.id}/labels", live(project)
    with session_scope() as session:
        made = label_grouping.make_group(
            session, session.get_one(Project, project.id), title="Living things", exclusive=False, account=None
        )
    assert lead.post(f"{root}/{human.id}", data=fields(human, group=str(made.id))).status_code == 303
    place = {"label": str(animal.id), "group": str(made.id), "before": str(human.id)}
    assert lead.post(f"{root}/place", data=place).status_code == 303
    page = lead.get(root, headers=HTMX).text
    order = ("Labels of no group", landscape.name, "Living things", "animal", "human")
    positions = [page.index(text) for text in order]
    assert positions == sorted(positions)
    assert lead.post(f"{root}/place", data={"label": str(animal.id)}).status_code == 303
    assert next(each for each in live(project) if each.id == animal.id).group_id is None


def test_what_became_of_a_merged_label_is_told_in_the_archive(lead: TestClient, project: Project) -> None:
    human, animal, _landscape = live(project)
    with session_scope() as session:
        session.get_one(Label, human.id).merged_into_id = animal.id
        labels.remove_label(session, session.get_one(Label, human.id))
    page = lead.get(f"/projects/{project.id}/labels").text
    assert "merged into “animal”" in page
    assert "Bring back" not in page


def test_an_annotator_reads_and_changes_nothing(sign_in: SignIn, project: Project) -> None:
    client = sign_in(member(project, Role.ANNOTATOR))
    page = client.get(f"/projects/{project.id}/labels?edit={live(project)[0].id}").text
    assert "human" in page
    assert "<form" not in page.partition("<main")[2]
