"""The page of control images: chosen, counted, for leads alone."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, Role
from app.models import Account
from app.services import annotations, controls
from tests.factories import AccountFactory, MemberFactory
from tests.integration.services.test_agreements import Team

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def team(session: Session) -> Team:
    made = Team(session, people=2)
    made.say("pp", "ap")
    return made


def enter(team: Team, sign_in: SignIn, role: Role) -> TestClient:
    account = AccountFactory.create(session=team.session)
    MemberFactory.create(session=team.session, project_id=team.project.id, account_id=account.id, role=role)
    team.session.commit()
    return sign_in(account)


def chosen(team: Team) -> list[int]:
    with session_scope() as session:
        return [image.id for image in controls.listed(session, team.project)]


def test_a_lead_chooses_decided_images_and_sees_who_was_right(team: Team, sign_in: SignIn) -> None:
    root = f"/projects/{team.project.id}/controls"
    lead = enter(team, sign_in, Role.LEAD)
    assert "No image has been decided yet" in lead.get(root).text
    for image in team.images:
        annotations.decide(
            team.session, project=team.project, image_id=image.id, account=AccountFactory.create(session=team.session),
            label_id=team.labels[0].id, answer=Answer.PRESENT,
        )  # fmt: skip
    team.session.commit()
    ids: dict[str, Any] = {"image_ids": [image.id for image in team.images]}
    assert lead.post(root, data=ids).status_code == 303
    assert chosen(team) == ids["image_ids"]
    text = lead.get(root).text
    assert "1 of 2" in text
    assert "2 of 2" in text
    assert "their share is 0" in text
    assert lead.post(f"{root}/remove", data={"image_ids": ids["image_ids"][:1]}).status_code == 303
    assert chosen(team) == ids["image_ids"][1:]
    assert lead.post(root).status_code == 303


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ANNOTATOR])
def test_nobody_else_sees_them(team: Team, sign_in: SignIn, role: Role) -> None:
    assert enter(team, sign_in, role).get(f"/projects/{team.project.id}/controls").status_code == 403
