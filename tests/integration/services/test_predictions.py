"""What a run says of images, as matrices and as suggestions."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Image, Label, Project, Run
from app.services import predictions, runs
from app.services.thresholds import set_values
from tests.factories import ImageFactory
from tests.integration.trainable import copying_trainer, make_project
from worker.jobs import training
from worker.running import run_job


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=2)
    run = runs.start_run(session, made, recipe=Recipe.QUICK, account=None)
    session.commit()
    done = run_job(run.job_id, lambda progress: training.work(progress, {Recipe.QUICK: copying_trainer()}))
    assert done is JobStatus.SUCCEEDED
    return made


@pytest.fixture
def run(project: Project, session: Session) -> Run:
    return runs.get_run(session, project.id, 1)


def test_rows_come_in_the_order_asked_for_without_those_unknown(run: Run, session: Session) -> None:
    ids = list(session.scalars(select(Image.id).order_by(Image.id.desc())))
    matrix = predictions.probability_matrix(session, run, [ids[3], 10_000, ids[0]])
    assert matrix.image_ids.tolist() == [ids[3], ids[0]]
    assert np.allclose(matrix.probabilities[1], 0.4)
    assert matrix.rows() == {ids[3]: 0, ids[0]: 1}


def test_all_rows_come_by_image_and_tell_which_the_model_had_not_seen(run: Run, session: Session) -> None:
    matrix = predictions.probability_matrix(session, run)
    assert matrix.image_ids.tolist() == sorted(matrix.image_ids.tolist())
    assert matrix.probabilities.shape == (14, 2)
    trained = set(session.scalars(select(Image.id).where(Image.split == "train")))
    assert {int(image) for image, held in zip(matrix.image_ids, matrix.held_out, strict=True) if not held} == trained


def test_suggestions_are_those_of_live_labels_by_probability_and_threshold(
    project: Project, run: Run, session: Session
) -> None:
    first, second = session.scalars(select(Label).order_by(Label.position)).all()
    image = session.scalars(select(Image).where(Image.name == "001.png")).one()
    said = runs.suggestions(session, project.id, [image.id])[image.id]
    assert [(each.label_id, each.predicted) for each in said] == [(first.id, True), (second.id, False)]
    set_values(session, run, {second.id: 0.05}, None)
    first.removed_at = first.created_at
    session.flush()
    said = runs.suggestions(session, project.id, [image.id])[image.id]
    assert [(each.label_id, each.predicted) for each in said] == [(second.id, True)]


def test_without_an_active_run_there_are_no_suggestions(project: Project, run: Run, session: Session) -> None:
    run.is_active = False
    session.flush()
    assert runs.suggestions(session, project.id, [1, 2]) == {}
    assert runs.request_predictions(session, project.id) is None


def test_predictions_of_late_images_are_asked_for_once(project: Project, session: Session) -> None:
    assert runs.request_predictions(session, project.id) is None
    late = ImageFactory.create(session=session, project_id=project.id)
    job = runs.request_predictions(session, project.id)
    again = runs.request_predictions(session, project.id)
    assert job is not None
    assert again is not None
    assert job.id == again.id
    assert [each.id for each in predictions.unpredicted_images(session, runs.get_run(session, project.id, 1))] == [
        late.id
    ]


def test_predictions_of_images_deleted_meanwhile_are_passed_by(run: Run, session: Session) -> None:
    predictions.forget_predictions(session, run.id)
    alive = session.scalars(select(Image.id)).first()
    assert alive is not None
    predictions.write_predictions(session, run.id, [alive, 10_000], [[0.25, 0.5], [0.1, 0.1]], [True, True])
    session.commit()
    with session_scope(writes=False) as opened:
        assert predictions.probability_matrix(opened, run).probabilities.tolist() == [[0.25, 0.5]]
