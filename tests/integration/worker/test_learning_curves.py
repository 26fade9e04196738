"""Making a learning curve as a job, on both databases."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe, Split, SplitMethod
from app.models import Image, Job, Project, Run, SnapshotItem
from app.services import learning_curves, runs, snapshots
from tests.integration.trainable import copying_trainer, make_project
from worker.jobs import learning_curves as job
from worker.jobs import training
from worker.ml.learning_curve import CurveData, learning_curve
from worker.running import run_job


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures")
    session.commit()
    return made


def trained(project: Project, recipe: Recipe = Recipe.QUICK, *, really: bool = False) -> Run:
    with session_scope() as opened:
        run = runs.start_run(opened, opened.get_one(Project, project.id), recipe=recipe, account=None)
    trainers = training.TRAINERS if really else {recipe: copying_trainer()}
    assert run_job(run.job_id, lambda progress: training.work(progress, trainers)) is JobStatus.SUCCEEDED
    return run


def made(run: Run) -> JobStatus | None:
    with session_scope() as opened:
        asked = learning_curves.request(opened, opened.get_one(Run, run.id), None)
    return run_job(asked.id, job.work)


def kept(run: Run) -> dict[str, Any]:
    with session_scope(writes=False) as opened:
        return opened.get_one(Run, run.id).learning_curve


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features by chance, so that no network has to be loaded."""

    def look(_progress: object, _run: Run, images: list[object]) -> tuple[np.ndarray, str]:
        return np.random.default_rng(0).random((len(images), 16), dtype=np.float32), "none"

    monkeypatch.setattr(job, "look", look)


@pytest.mark.parametrize("recipe", list(Recipe))
def test_a_curve_is_kept_with_its_run(project: Project, no_network: None, recipe: Recipe) -> None:
    run = trained(project, recipe)
    assert made(run) is JobStatus.SUCCEEDED
    found = kept(run)
    assert (found["own_features"], found["backbone"]) == (recipe is Recipe.QUICK, "none")
    assert found["n_train"] + found["n_validation"] == 24
    with session_scope(writes=False) as opened:
        read = learning_curves.curve_of(opened.get_one(Run, run.id))
    assert read is not None
    assert len(read.labels) == 2


def test_parts_are_drawn_as_the_project_divides_its_images(
    project: Project, no_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_scope() as opened:
        here = opened.get_one(Project, project.id)
        here.split_method, here.split_detail = SplitMethod.GROUPED, "source"
        for place, image in enumerate(opened.query(Image).filter(Image.project_id == project.id).order_by(Image.id)):
            image.details = {"source": f"box {place // 4}"}
    run, given = trained(project), []

    def curve(data: CurveData, **more: Any) -> Any:
        given.append(data.groups)
        return learning_curve(data, **more)

    monkeypatch.setattr(job, "learning_curve", curve)
    assert made(run) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        known = snapshots.truth_matrix(opened, opened.get_one(Run, run.id))
        wanted = [split is Split.TRAIN for split in known.splits]
        sources = [opened.get_one(Image, each).details["source"] for each in known.image_ids[wanted].tolist()]
    groups = np.array(given[0])
    assert np.array_equal(np.equal.outer(groups, groups), np.equal.outer(np.array(sources), np.array(sources)))
    # Boxes are whole: every size is a sum of sizes of boxes.
    assert {draw["images"] % 4 for draw in kept(run)["draws"]} == {0}


def test_a_cancelled_curve_leaves_the_earlier_one(
    project: Project, no_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(project)
    assert made(run) is JobStatus.SUCCEEDED
    before = kept(run)
    monkeypatch.setattr("worker.running.Progress.should_stop", lambda _self: True)
    assert made(run) is JobStatus.CANCELLED
    assert kept(run) == before


def test_a_run_whose_images_have_gone_is_told_so(project: Project, no_network: None, session: Session) -> None:
    run = trained(project)
    with session_scope() as opened:
        asked = learning_curves.request(opened, opened.get_one(Run, run.id), None)
        opened.execute(delete(SnapshotItem).where(SnapshotItem.run_id == run.id))
    assert run_job(asked.id, job.work) is JobStatus.FAILED
    with session_scope(writes=False) as opened:
        assert "no training or no validation images" in opened.get_one(Job, asked.id).error


@pytest.mark.slow
def test_a_real_network_makes_a_curve_from_the_cache(project: Project) -> None:
    run = trained(project, really=True)
    assert made(run) is JobStatus.SUCCEEDED
    assert kept(run)["backbone"] == "tf_efficientnet_lite0"
