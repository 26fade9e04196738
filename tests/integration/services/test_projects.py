"""Projects: making, settings, reach, deletion."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobKind, Recipe, Role
from app.errors import ConflictError, ForbiddenError, InvalidInputError
from app.models import Annotation, Image, Job, Label, Member, Project, Run
from app.services import invitations, jobs, labels, projects
from tests.factories import AccountFactory, ImageFactory, MemberFactory, ProjectFactory, annotate


def test_who_makes_a_project_leads_it(session: Session) -> None:
    account = AccountFactory.create(session=session)
    project = projects.create_project(session, name="  Farm   photographs ", account=account)
    assert project.name == "Farm photographs"
    assert projects.project_for(session, account, project.id) == (project, Role.LEAD)


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b"])
def test_a_name_that_cannot_be_shown_is_refused(session: Session, name: str) -> None:
    with pytest.raises(InvalidInputError):
        projects.create_project(session, name=name)


def test_a_name_is_given_once(session: Session) -> None:
    project = projects.create_project(session, name="Farm")
    with pytest.raises(ConflictError):
        projects.create_project(session, name=" Farm ")
    projects.update_project(session, project, name=" Farm ", description="about it")
    assert project.description == "about it"


def test_owners_and_leads_may_make_projects_and_others_not(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    owner = AccountFactory.create(session=session, is_owner=True)
    lead, reviewer = AccountFactory.create(session=session), AccountFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=lead.id, role=Role.LEAD)
    MemberFactory.create(session=session, project_id=project.id, account_id=reviewer.id, role=Role.REVIEWER)
    assert projects.may_create(session, owner)
    assert projects.may_create(session, lead)
    with pytest.raises(ForbiddenError):
        projects.require_may_create(session, reviewer)


@pytest.mark.parametrize(("valid", "test"), [(4, 0), (61, 0), (30, 3), (30, -1), (50, 25), (30, 100)])
def test_shares_that_leave_too_little_are_refused(session: Session, valid: int, test: int) -> None:
    project = ProjectFactory.create(session=session)
    with pytest.raises(InvalidInputError):
        projects.set_shares(project, valid_percent=valid, test_percent=test)


def test_shares_are_set_in_per_cent(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    projects.set_shares(project, valid_percent=20, test_percent=10)
    session.flush()
    assert (project.valid_share, project.test_share) == (0.2, 0.1)


def test_an_account_reaches_its_own_projects_and_an_owner_all(session: Session) -> None:
    first, second = ProjectFactory.create(session=session, name="B"), ProjectFactory.create(session=session, name="A")
    account, owner = AccountFactory.create(session=session), AccountFactory.create(session=session, is_owner=True)
    MemberFactory.create(session=session, project_id=first.id, account_id=account.id)
    assert projects.projects_of(session, account) == [first]
    assert projects.projects_of(session, owner) == [second, first]
    assert projects.project_for(session, account, second.id) == (second, None)
    assert projects.project_for(session, owner, second.id) == (second, Role.LEAD)


def test_deleting_asks_for_the_name(session: Session) -> None:
    project = ProjectFactory.create(session=session, name="Farm")
    with pytest.raises(InvalidInputError):
        projects.delete_project(session, project, confirmation="farm")
    assert projects.find_project(session, "Farm") is project


def test_deleting_takes_along_all_that_belongs_to_the_project_and_nothing_else(
    session: Session, sent: list[tuple[str, int]]
) -> None:
    account = AccountFactory.create(session=session)
    kept, gone = (projects.create_project(session, name=name, account=account) for name in ("kept", "gone"))
    for project in (kept, gone):
        label = labels.create_label(session, project, name="human")
        image = ImageFactory.create(session=session, project_id=project.id)
        annotate(session, image, account, {label: Answer.PRESENT})
        invitations.invite(session, created_by=account, project=project)
        job = jobs.create_job(session, JobKind.TRAIN, project_id=project.id, account_id=account.id)
        session.add(Run(project_id=project.id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=1))
    session.flush()
    kept_id = kept.id
    projects.delete_project(session, gone, confirmation="gone")
    session.commit()
    session.expire_all()
    for table in (Member, Label, Image, Annotation, Run):
        assert session.scalars(select(table.project_id)).all() == [kept_id]
    # The job that removes its files belongs to no project.
    assert {(job.project_id, job.kind) for job in session.scalars(select(Job))} == {
        (kept_id, JobKind.TRAIN),
        (None, JobKind.TIDY),
    }
    assert session.scalars(select(Project.name)).all() == ["kept"]
