"""What is said before a training starts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.domain.statuses import TruthValue
from app.models import Image, Label, Project, Truth
from app.services import jobs, readiness
from tests.factories import ImageFactory, LabelFactory, ProjectFactory


def project_of(session: Session, *columns: str, labels: int = 1) -> Project:
    """Make a project with an image per column: one letter a label, p present, a absent, d disputed, - unknown."""
    project: Project = ProjectFactory.create(session=session)
    made = [
        LabelFactory.create(session=session, project_id=project.id, name=f"label {n}", position=n)
        for n in range(labels)
    ]
    values = {"p": TruthValue.PRESENT, "a": TruthValue.ABSENT, "d": TruthValue.DISPUTED}
    for column in columns:
        image = ImageFactory.create(session=session, project_id=project.id)
        for label, letter in zip(made, column, strict=True):
            if letter in values:
                session.add(Truth(image_id=image.id, label_id=label.id, value=values[letter]))
    session.flush()
    return project


def refusal(session: Session, *columns: str, labels: int = 1) -> str:
    return " ".join(readiness.check(session, project_of(session, *columns, labels=labels)).refusals)


def test_a_project_without_images_is_refused(session: Session) -> None:
    assert "no images" in refusal(session)


def test_a_project_without_labels_is_refused(session: Session) -> None:
    assert "no labels" in refusal(session, "", "", labels=0)


def test_one_image_is_too_few(session: Session) -> None:
    assert "only one image" in refusal(session, "p")


def test_a_project_that_nobody_tagged_is_refused(session: Session) -> None:
    assert "No image is tagged" in refusal(session, "-", "-")
    assert "No image is tagged" in refusal(session, "d", "-")


def test_one_tagged_image_is_too_few(session: Session) -> None:
    assert "Only one image is tagged" in refusal(session, "p", "-", "-")


def test_labels_of_which_only_one_side_was_seen_are_refused_and_named(session: Session) -> None:
    said = refusal(session, "pa", "pa", labels=2)
    assert "“label 0” is present in every image" in said
    assert "“label 1” is present in no image" in said


def test_a_label_that_cannot_be_learned_beside_one_that_can_is_a_warning(session: Session) -> None:
    state = readiness.check(session, project_of(session, "pa", "aa", "p-", labels=2))
    assert state.is_ready
    assert "“label 1” is present in no image" in state.warnings[0]
    assert [(each.present, each.absent) for each in state.labels] == [(2, 1), (0, 2)]


def test_rare_labels_few_images_and_disputes_are_warned_of(session: Session) -> None:
    said = " ".join(readiness.check(session, project_of(session, "p", "a", "d")).warnings)
    assert "label 0 (1)" in said
    assert "Only 2 images" in said
    assert "1 answer is disputed" in said


def test_excluded_images_and_removed_labels_do_not_count(session: Session) -> None:
    project = project_of(session, "pp", "aa", "ap", labels=2)
    for image in session.scalars(select(Image)).all()[:1]:
        image.excluded_at = image.created_at
    label = session.scalars(select(Label).order_by(Label.id)).all()[1]
    label.removed_at = label.created_at
    session.flush()
    state = readiness.check(session, project)
    assert (state.n_images, state.n_annotated, len(state.labels)) == (2, 2, 1)
    assert not state.is_ready


def test_it_is_known_whether_a_training_worker_is_there(session: Session) -> None:
    project = project_of(session, "p", "a")
    assert not readiness.check(session, project).has_worker
    jobs.worker_seen(session, "here:1", TRAINING_QUEUE)
    session.flush()
    assert readiness.check(session, project).has_worker
