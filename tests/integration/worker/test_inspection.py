"""Looking through a run's images: what is found, and how the job lives and dies, on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus, Labelling, Recipe, SplitMethod, TruthValue
from app.models import Image, Inspection, Job, Project, Run, Truth
from app.services import inspections, jobs, predictions, runs, snapshots
from app.storage import get_storage
from tests.integration.trainable import copying_trainer, make_project
from worker.jobs import inspection, training
from worker.jobs.inspection import Seen, judge_anew, look_up
from worker.ml.callbacks import Monitor
from worker.running import Progress, run_job

KNOWN = 24


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


def open_job(project: Project) -> Job:
    with session_scope(writes=False) as opened:
        (job,) = jobs.open_jobs(opened, project.id, JobKind.INSPECT)
    return job


def inspect(project: Project) -> JobStatus | None:
    return run_job(open_job(project).id, inspection.work)


def again(run: Run) -> Job:
    with session_scope() as opened:
        return inspections.request(opened, opened.get_one(Run, run.id))


def kept(run: Run) -> tuple[int, dict[str, Any] | None]:
    with session_scope(writes=False) as opened:
        rows = opened.scalars(select(Inspection.image_id).where(Inspection.run_id == run.id)).all()
        return len(rows), inspections.figures(opened, run)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the network would see follows from the labels, so that no network has to be loaded."""

    def features(_progress: Progress, seen: Seen) -> Any:
        chance = np.random.default_rng(0)
        return (np.repeat(seen.truth, 8, axis=1) + chance.random((len(seen.images), 16))).astype(np.float32)

    monkeypatch.setattr(inspection, "_features", features)


@pytest.mark.slow
def test_a_planted_error_is_found_at_the_top(project: Project, session: Session) -> None:
    row = session.scalars(select(Truth).order_by(Truth.image_id, Truth.label_id).offset(9)).first()
    assert row is not None
    row.value = TruthValue.ABSENT if row.value is TruthValue.PRESENT else TruthValue.PRESENT
    planted = (row.image_id, row.label_id)
    session.commit()
    run = trained(project, really=True)
    assert inspect(project) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        kept_run = opened.get_one(Run, run.id)
        known = snapshots.truth_matrix(opened, kept_run)
        found = inspections.findings(opened, kept_run, known.image_ids)
        first = opened.get_one(Inspection, (run.id, int(known.image_ids[0])))
    row_, column = np.unravel_index(np.argmin(found.quality), found.quality.shape)
    assert (known.image_ids[row_], kept_run.labels[column]["id"]) == planted
    assert not np.isnan(found.outlier).any()
    near = np.frombuffer(first.neighbours, inspections.STORED_IDS)
    assert len(set(near)) == inspection.SHOWN
    assert first.image_id not in near
    assert (np.diff(np.frombuffer(first.similarities, predictions.STORED)) <= 0).all()


@pytest.mark.usefixtures("no_network")
def test_every_training_is_followed_by_one_inspection(project: Project, sent: list[tuple[str, int]]) -> None:
    run = trained(project)
    job = open_job(project)
    assert sent[-1] == ("loupe.inspect", job.id)
    assert again(run).id == job.id
    assert inspect(project) is JobStatus.SUCCEEDED
    count, figures = kept(run)
    assert count == KNOWN
    assert figures == {"estimated": {str(label): 0 for label in label_ids(run)}, "n_images": KNOWN, "judged_anew": 17}


def label_ids(run: Run) -> list[int]:
    with session_scope(writes=False) as opened:
        return [label["id"] for label in opened.get_one(Run, run.id).labels]


@pytest.mark.usefixtures("no_network")
def test_without_votes_the_quality_is_cleanlabs_on_the_runs_own_probabilities(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(project)
    monkeypatch.setattr(inspection, "neighbour_shares", lambda truth, *_near: np.full(truth.shape, np.nan))
    monkeypatch.setattr(inspection, "judge_anew", lambda seen, *_rest: seen.probabilities)
    assert inspect(project) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        kept_run = opened.get_one(Run, run.id)
        known = snapshots.truth_matrix(opened, kept_run)
        said = predictions.probability_matrix(opened, kept_run, known.image_ids.tolist())
        found = inspections.findings(opened, kept_run, known.image_ids)
    # The stand-in for a training learned from its training images and says so.
    assert (np.isnan(found.quality).all(axis=1) == ~said.held_out).all()
    own = said.held_out
    lists = [np.flatnonzero(row).tolist() for row in known.truth[own]]
    expected = get_label_quality_scores_per_class(lists, said.probabilities[own])
    assert np.allclose(found.quality[own], expected, atol=1e-7)


def test_images_the_model_learned_from_are_judged_by_another_that_did_not() -> None:
    chance = np.random.default_rng(3)
    truth = (chance.random((60, 2)) < 0.5).astype(np.int8)
    features = (np.repeat(truth, 4, axis=1) * 2 + chance.random((60, 8))).astype(np.float32)
    images = tuple(Image(id=number, sha256="", name="") for number in range(60))
    learned = np.arange(60) < 40
    said = np.where(learned[:, None], np.nan, 0.25) * np.ones((60, 2))
    wrong = truth.copy()
    wrong[3, 1] = 1 - wrong[3, 1]
    alone = np.arange(60)
    seen = Seen(Run(seed=1, labelling=Labelling.OVERLAPPING), images, wrong, said, alone)
    judged = judge_anew(seen, features, Monitor())
    assert (judged[40:] == 0.25).all()
    assert abs(judged[3, 1] - truth[3, 1]) < 0.5
    nothing = np.full((60, 2), -1, dtype=np.int8)
    unknown = Seen(Run(seed=1, labelling=Labelling.OVERLAPPING), images, nothing, said, alone)
    assert np.isnan(judge_anew(unknown, features, Monitor())[:40]).all()


@pytest.mark.usefixtures("no_network")
def test_what_the_project_keeps_together_is_judged_together(project: Project, session: Session) -> None:
    for place, image in enumerate(session.query(Image).filter(Image.project_id == project.id).order_by(Image.id)):
        image.details = {"source": f"box {place % 6}"}
        image.group_key = "near-1" if place in {0, 1} else None
    here = session.get_one(Project, project.id)
    here.split_method, here.split_detail = SplitMethod.GROUPED, "source"
    session.commit()
    seen = look_up(session, session.get_one(Run, trained(project).id))
    # The near-duplicates join the first two boxes.
    boxes = [image.details["source"].replace("box 1", "box 0") for image in seen.images]
    same = np.equal.outer(np.array(boxes), np.array(boxes))
    assert np.array_equal(np.equal.outer(seen.groups, seen.groups), same)
    assert len(set(seen.near_alike)) == len(seen.images) - 1


@pytest.mark.usefixtures("no_network")
def test_it_can_be_repeated_and_replaces_what_was_found(project: Project) -> None:
    run = trained(project)
    assert inspect(project) is JobStatus.SUCCEEDED
    again(run)
    assert inspect(project) is JobStatus.SUCCEEDED
    assert kept(run)[0] == KNOWN


def interrupted(monkeypatch: pytest.MonkeyPatch, then: Callable[[Session], None]) -> None:
    """Let something happen after the first images were written."""
    monkeypatch.setattr(inspection, "BATCH", 10)
    write = inspections.write

    def write_then(session: Session, *given: Any) -> None:
        write(session, *given)
        then(session)

    monkeypatch.setattr(inspections, "write", write_then)


@pytest.mark.usefixtures("no_network")
def test_a_cancelled_inspection_leaves_nothing_half_done(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained(project)
    job = open_job(project)
    interrupted(monkeypatch, lambda session: jobs.request_cancel(session, session.get_one(Job, job.id)))

    def cancel_seen(progress: Progress) -> bool:
        with session_scope(writes=False) as opened:
            return jobs.cancel_requested(opened, progress.held)

    monkeypatch.setattr(Progress, "should_stop", cancel_seen)
    assert inspect(project) is JobStatus.CANCELLED
    assert kept(run) == (0, None)


@pytest.mark.usefixtures("no_network")
def test_a_failed_inspection_says_why_and_can_be_asked_for_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(project)
    with monkeypatch.context() as broken:
        broken.setattr(inspection, "nearest", lambda *_given: 1 / 0)
        assert inspect(project) is JobStatus.FAILED
    with session_scope(writes=False) as opened:
        state = inspections.state(opened, run)
    assert not state.done
    assert state.job is not None
    assert "ZeroDivisionError" in state.job.error
    again(run)
    assert inspect(project) is JobStatus.SUCCEEDED


@pytest.mark.usefixtures("no_network")
def test_what_a_killed_worker_left_does_not_count_and_is_made_anew(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(project)
    job = open_job(project)
    with monkeypatch.context() as dying:

        def die(_session: Session) -> None:
            raise KeyboardInterrupt

        interrupted(dying, die)
        # A process that is killed cleans nothing up either.
        dying.setattr(inspections, "forget", lambda *_given: None)
        with pytest.raises(KeyboardInterrupt):
            run_job(job.id, inspection.work)
    with session_scope() as opened:
        lost = opened.get_one(Job, job.id)
        assert lost.status is JobStatus.RUNNING
        lost.heartbeat_at = lost.created_at.replace(year=2020)
    assert kept(run)[1] is None
    jobs.sweep()
    assert open_job(project).status is JobStatus.QUEUED
    assert inspect(project) is JobStatus.SUCCEEDED
    assert kept(run)[0] == KNOWN


@pytest.mark.usefixtures("no_network")
def test_it_gives_way_to_a_training_that_somebody_waits_for(project: Project) -> None:
    first = trained(project)
    with session_scope() as opened:
        second = runs.start_run(opened, opened.get_one(Project, project.id), recipe=Recipe.QUICK, account=None)
    assert inspect(project) is JobStatus.QUEUED
    job = open_job(project)
    assert (job.status, job.finished_at) == (JobStatus.QUEUED, None)
    trainers = {Recipe.QUICK: copying_trainer()}
    assert run_job(second.job_id, lambda progress: training.work(progress, trainers)) is JobStatus.SUCCEEDED
    assert run_job(job.id, inspection.work) is JobStatus.SUCCEEDED
    assert inspect(project) is JobStatus.SUCCEEDED
    assert kept(first)[0] == kept(second)[0] == KNOWN


@pytest.mark.slow
def test_a_deleted_original_fails_it_and_is_named(project: Project, session: Session) -> None:
    trained(project)
    image = session.scalars(select(Image).where(Image.name == "005.png")).one()
    session.commit()
    get_storage().original(image.sha256).unlink()
    get_storage().rendition(image.sha256, "screen").unlink()
    assert inspect(project) is JobStatus.FAILED
    with session_scope(writes=False) as opened:
        job = jobs.recent_jobs(opened, project.id)[0].job
    assert "“005.png”" in job.error
