"""What first pages tell."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobKind, JobStatus, Recipe, Role, View
from app.models import Import, Job, Project, Run
from app.models.types import now
from app.services import labels, overview
from app.services.images import ImageCounts
from app.services.overview import Step
from tests.factories import AccountFactory, ImageFactory, MemberFactory, ProjectFactory, annotate


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def counted(total: int, tagged: int) -> ImageCounts:
    return ImageCounts(
        total=total, tagged=tagged, none_apply=0, skipped=0, disputed=0, not_tagged=total - tagged, excluded=0
    )


@pytest.mark.parametrize(
    ("total", "tagged", "n_labels", "can_train", "has_run", "expected"),
    [
        (0, 0, 0, False, False, Step.LABELS),
        (0, 0, 3, False, False, Step.IMAGES),
        (50, 0, 3, False, False, Step.TAG),
        (50, 9, 3, True, False, Step.TAG),
        (50, 10, 3, True, False, Step.TRAIN),
        (10_000, 60, 3, True, False, Step.TRAIN),
        (50, 50, 3, False, False, Step.TAG),
        (50, 50, 3, True, True, Step.REVIEW),
    ],
)
def test_the_next_step_follows_from_what_there_is(
    total: int, tagged: int, n_labels: int, can_train: bool, has_run: bool, expected: Step
) -> None:
    found = overview.next_step(counted(total, tagged), n_labels=n_labels, can_train=can_train, has_run=has_run)
    assert found is expected


def test_after_a_review_that_put_answers_right_the_next_step_is_to_train_again() -> None:
    corrected = overview.next_step(counted(50, 50), n_labels=2, can_train=True, has_run=True, has_been_corrected=True)
    assert corrected is Step.TRAIN


def test_cards_tell_role_counts_and_what_happened_last(session: Session, project: Project) -> None:
    account = AccountFactory.create(session=session)
    label = labels.create_label(session, project, name="human")
    images = [ImageFactory.create(session=session, project_id=project.id) for _number in range(6)]
    images.append(ImageFactory.create(session=session, project_id=project.id, excluded_at=now()))
    annotate(session, images[0], account, {label: Answer.PRESENT})
    annotate(session, images[6], account, {label: Answer.PRESENT})
    quiet = ProjectFactory.create(session=session, created_at=now() - timedelta(days=3))
    ProjectFactory.create(session=session)
    for each, role in ((project, Role.REVIEWER), (quiet, Role.LEAD)):
        MemberFactory.create(session=session, project_id=each.id, account_id=account.id, role=role)
    first, second = overview.cards(session, account)
    assert (first.project, first.role, first.total, first.looked_at) == (project, Role.REVIEWER, 6, 1)
    assert first.thumbnails[0] == f"/projects/{project.id}/images/{images[5].id}/thumbnail"
    assert len(first.thumbnails) == overview.MOSAIC_SIZE
    assert (second.project, second.role, second.total, second.thumbnails) == (quiet, Role.LEAD, 0, [])


def test_activity_folds_one_persons_answers_of_a_day(session: Session, project: Project) -> None:
    ada, bea = (AccountFactory.create(session=session, name=name) for name in ("Ada", "Bea"))
    label = labels.create_label(session, project, name="human", definition="a person")
    labels.update_label(
        session, label, name="human", colour="plum", key="1", definition="a person, or a hand", account=ada
    )
    images = [ImageFactory.create(session=session, project_id=project.id) for _number in range(3)]
    for image in images:
        annotate(session, image, ada, {label: Answer.PRESENT})
    annotate(session, images[0], bea, {label: Answer.ABSENT})
    annotate(session, images[0], bea, {label: Answer.PRESENT}, view=View.REVIEW)
    session.add(Import(project_id=project.id, account_id=ada.id, source="upload", accepted=3))
    job = Job(project_id=project.id, kind=JobKind.TRAIN, status=JobStatus.SUCCEEDED, finished_at=now())
    session.add(job)
    session.flush()
    session.add(Run(project_id=project.id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=1))
    session.flush()
    told = {(entry.what, entry.who, entry.count) for entry in overview.recent_activity(session, project)}
    assert told == {
        ("answers", "Ada", 3),
        ("answers", "Bea", 1),
        ("decisions", "Bea", 1),
        ("images", "Ada", 3),
        ("run", None, 0),
        ("wording", "Ada", 0),
    }


def test_an_empty_project_has_an_overview_and_no_activity(session: Session, project: Project) -> None:
    told = overview.overview(session, project)
    assert (told.counts.total, told.run, told.n_runs, told.next_step) == (0, None, 0, Step.LABELS)
    assert not told.can_train
    assert overview.recent_activity(session, project) == []
    assert overview.open_jobs(session, project) == []
