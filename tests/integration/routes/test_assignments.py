"""Giving images to people in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Role
from app.models import Account
from app.services import label_resolving
from tests.factories import AccountFactory, MemberFactory
from tests.integration.services.test_assignments import Crew
from worker.jobs import resolving
from worker.running import run_job

SignIn = Callable[[Account], TestClient]


def enter(crew: Crew, sign_in: SignIn) -> TestClient:
    account = AccountFactory.create(session=crew.session)
    MemberFactory.create(session=crew.session, project_id=crew.project.id, account_id=account.id, role=Role.LEAD)
    crew.session.commit()
    return sign_in(account)


def test_a_lead_gives_images_and_takes_them_away(session: Session, sign_in: SignIn) -> None:
    crew = Crew(session)
    root = f"/projects/{crew.project.id}/assignments"
    lead = enter(crew, sign_in)
    assert "10 images that wait for an answer are assigned to nobody" in lead.get(root).text
    form = {"people": [person.id for person in crew.people], "sharing": "evenly", "each": "3", "text": ""}
    answer = lead.post(root, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{root}?given=6")
    assert "6 images were assigned" in lead.get(f"{root}?given=6").text
    crew.session.expire_all()
    assert crew.counts() == [(3, 3), (3, 3)]
    crew.session.commit()
    assert lead.post(f"{root}/{crew.people[0].id}/remove").status_code == 303
    crew.session.expire_all()
    assert crew.counts() == [(0, 0), (3, 3)]


def test_nobody_chosen_is_said_on_the_page(session: Session, sign_in: SignIn) -> None:
    crew = Crew(session)
    answer = enter(crew, sign_in).post(f"/projects/{crew.project.id}/assignments", data={"sharing": "evenly"})
    assert answer.status_code == 422
    assert "Please choose at least one person." in answer.text


def test_a_page_says_that_counting_goes_on(
    session: Session, sign_in: SignIn, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_resolving, "AT_ONCE", 3)
    crew = Crew(session)
    root = f"/projects/{crew.project.id}/assignments"
    lead = enter(crew, sign_in)
    lead.post(root, data={"people": [crew.people[0].id], "each": "4"})
    assert "set in the background" in lead.get(root).text
    ((_task, job_id),) = sent
    assert run_job(job_id, resolving.work) is JobStatus.SUCCEEDED
    assert "set in the background" not in lead.get(root).text
