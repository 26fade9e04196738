"""The sample project, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus
from app.errors import ForbiddenError
from app.models import Account, Project
from app.services import imports, labels, samples
from tests.factories import AccountFactory
from worker.sample import LABELS


@pytest.fixture
def account(session: Session, sent: list[tuple[str, int]]) -> Account:
    made: Account = AccountFactory.create(session=session, is_owner=True)
    return made


def test_a_project_with_the_drawn_labels_is_made_and_its_drawing_asked_for(
    session: Session, account: Account, sent: list[tuple[str, int]]
) -> None:
    made = samples.create_sample(session, account)
    session.commit()
    assert sent == [("loupe.sample", made.job_id)]
    live = labels.live_labels(session, made.project_id)
    assert {label.name for label in live} == set(LABELS)
    assert all(label.definition for label in live)


def test_pressing_twice_gives_the_one_that_is_being_drawn(session: Session, account: Account) -> None:
    assert samples.create_sample(session, account).id == samples.create_sample(session, account).id


def test_a_second_one_gets_a_number(session: Session, account: Account) -> None:
    first = samples.create_sample(session, account)
    job = imports.job_of(session, first)
    assert job is not None
    job.status = JobStatus.SUCCEEDED
    session.flush()
    second = samples.create_sample(session, account)
    assert second.project_id != first.project_id
    assert session.get_one(Project, second.project_id).name == "Sample collection (drawn) 2"


def test_who_may_not_make_projects_gets_no_sample(session: Session, account: Account) -> None:
    with pytest.raises(ForbiddenError):
        samples.create_sample(session, AccountFactory.create(session=session))
