"""The page of agreement, the images behind its numbers, and the figures as files."""

import csv
import io
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account
from app.services import desk_settings
from tests.factories import AccountFactory, MemberFactory
from tests.integration.services.test_agreements import Team

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


def enter(team: Team, sign_in: SignIn, role: Role) -> TestClient:
    account = AccountFactory.create(session=team.session)
    MemberFactory.create(session=team.session, project_id=team.project.id, account_id=account.id, role=role)
    team.session.commit()
    return sign_in(account)


def say_something(team: Team) -> None:
    team.say("ppaaup", "paappa", ".a...a")


def test_a_project_without_common_images_says_what_is_missing(team: Team, sign_in: SignIn) -> None:
    client = enter(team, sign_in, Role.LEAD)
    page = client.get(f"/projects/{team.project.id}/agreement")
    assert page.status_code == 200
    assert "No two people have answered for the same image yet" in page.text


def test_the_page_tells_of_each_label_and_of_one_who_disagrees_with_whom(team: Team, sign_in: SignIn) -> None:
    say_something(team)
    client = enter(team, sign_in, Role.REVIEWER)
    root = f"/projects/{team.project.id}/agreement"
    text = client.get(root).text
    assert all(label.name in text for label in team.labels)
    assert f"{team.people[0].name} and {team.people[1].name}" in text
    assert f"{root}/images?label={team.labels[0].id}&present=A&absent=B" in text
    assert "No image has two sure answers" in text
    nothing = client.get(f"{root}?label={team.labels[1].id}&pieces=week").text
    assert "No two people have been sure about this label" in nothing


def test_a_number_opens_its_images(team: Team, sign_in: SignIn) -> None:
    say_something(team)
    client = enter(team, sign_in, Role.REVIEWER)
    root = f"/projects/{team.project.id}/agreement/images?label={team.labels[0].id}"
    page = client.get(f"{root}&present=A&absent=B").text
    assert [image.name in page for image in team.images] == [False, True, False, False, False, True]
    assert team.images[3].name in client.get(root).text
    assert client.get(f"{root}&present=Z").status_code == 404
    assert client.get(f"/projects/{team.project.id}/agreement/images?label=999999").status_code == 404


def test_names_are_hidden_from_reviewers_and_not_from_leads(team: Team, sign_in: SignIn) -> None:
    say_something(team)
    desk_settings.change(team.session, team.project, {"names_hidden": True})
    root = f"/projects/{team.project.id}/agreement"
    reviewer = enter(team, sign_in, Role.REVIEWER)
    for address in (root, f"{root}.csv", f"/api/v1{root}", f"{root}/images?label={team.labels[0].id}&present=A"):
        text = reviewer.get(address).text
        assert "Person A" in text
        assert team.people[0].name not in text
    lead = enter(team, sign_in, Role.LEAD)
    assert team.people[0].name in lead.get(root).text


def test_the_figures_are_the_same_in_every_form(team: Team, sign_in: SignIn) -> None:
    say_something(team)
    client = enter(team, sign_in, Role.REVIEWER)
    root = f"/projects/{team.project.id}/agreement"
    figures = client.get(f"/api/v1{root}").json()
    rows = list(csv.DictReader(io.StringIO(client.get(f"{root}.csv").text)))
    assert [row["label"] for row in rows[:2]] == [label.name for label in team.labels]
    first = figures["labels"][0]
    assert float(rows[0]["alpha"]) == first["alpha"]["value"]
    assert (rows[0]["images"], rows[0]["unsure"], rows[1]["alpha"]) == (str(first["images"]), "1", "")
    assert {(row["first"], row["second"]) for row in rows[2:]} == {
        (pair["first"], pair["second"]) for pair in figures["pairs"]
    }
    with session_scope() as session:
        assert session.get_one(Account, team.people[0].id).name == figures["pairs"][0]["first"]


def test_the_course_comes_as_a_table_too(team: Team, sign_in: SignIn) -> None:
    say_something(team)
    client = enter(team, sign_in, Role.REVIEWER)
    address = f"/projects/{team.project.id}/agreement/course.csv?label={team.labels[0].id}"
    rows = list(csv.DictReader(io.StringIO(client.get(address).text)))
    assert [(row["stretch"], row["images"]) for row in rows] == [("1 to 5", "5")]
    assert float(rows[0]["share"]) >= 0
