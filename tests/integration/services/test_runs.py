"""Starting, finding and activating runs."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.errors import AppError, ConflictError, InvalidInputError, NotFoundError
from app.models import Job, Project, Run
from app.services import jobs, run_rows, runs
from tests.factories import ProjectFactory
from tests.integration.trainable import copying_trainer, make_project
from worker.jobs import training
from worker.running import run_job


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=1)
    session.commit()
    return made


def start(project: Project, **given: Any) -> Run:
    with session_scope() as opened:
        return runs.start_run(
            opened, opened.get_one(Project, project.id), **({"recipe": Recipe.QUICK, "account": None} | given)
        )


def finish(run: Run) -> None:
    assert run_job(run.job_id, lambda progress: training.work(progress, {Recipe.QUICK: copying_trainer()}))


def test_starting_makes_a_run_and_sends_its_task(project: Project, sent: list[tuple[str, int]]) -> None:
    run = start(project)
    assert (run.number, run.recipe, run.config["backbone"]) == (1, Recipe.QUICK, "tf_efficientnet_lite0")
    assert sent == [("loupe.train", run.job_id)]
    with session_scope(writes=False) as opened:
        job = opened.get_one(Job, run.job_id)
        assert (job.kind, job.status, job.params) == (JobKind.TRAIN, JobStatus.QUEUED, {"run_id": run.id})


def test_a_second_start_gives_the_run_that_is_open(project: Project, sent: list[tuple[str, int]]) -> None:
    assert start(project).id == start(project, recipe=Recipe.FINETUNE).id
    assert len(sent) == 1


def test_of_two_starts_at_the_same_moment_one_makes_the_run(project: Project, sent: list[tuple[str, int]]) -> None:
    together = threading.Barrier(4)
    numbers: list[int] = []

    def click() -> None:
        together.wait()
        numbers.append(start(project).number)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == [1, 1, 1, 1]
    assert len(sent) == 1


def test_runs_are_counted_per_project(project: Project, session: Session, tmp_path: Path) -> None:
    other = make_project(session, tmp_path / "others", tagged=12, untagged=0)
    session.commit()
    finish(start(project))
    assert start(project).number == 2
    assert start(other).number == 1


@pytest.mark.parametrize(
    "config",
    [
        {"epochs_frozen": "many"},
        {"epochs_frozen": -1},
        {"epochs_unfrozen": 101},
        {"epochs_frozen": 0, "epochs_unfrozen": 0},
        {"colour": "red"},
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(project: Project, config: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        start(project, recipe=Recipe.FINETUNE, config=config)


def test_an_empty_project_is_refused_with_both_reasons(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    with pytest.raises(InvalidInputError, match=r"no images.*no labels"):
        runs.start_run(session, project, recipe=Recipe.QUICK, account=None)


def test_a_run_is_found_by_its_number_in_its_project_only(project: Project, session: Session, tmp_path: Path) -> None:
    other = make_project(session, tmp_path / "others", tagged=12, untagged=0)
    session.commit()
    run = start(project)
    with session_scope(writes=False) as opened:
        assert runs.get_run(opened, project.id, 1).id == run.id
        with pytest.raises(NotFoundError):
            runs.get_run(opened, other.id, 1)


def test_only_a_finished_run_has_a_report(project: Project) -> None:
    with session_scope(writes=False) as opened, pytest.raises(ConflictError):
        runs.finished_run(opened, project.id)
    run = start(project)
    with session_scope(writes=False) as opened, pytest.raises(ConflictError):
        runs.finished_run(opened, project.id, run.number)
    finish(run)
    with session_scope(writes=False) as opened:
        assert runs.finished_run(opened, project.id).id == run.id


def test_at_most_one_run_is_active_and_it_needs_a_checkpoint(project: Project) -> None:
    first, second = start(project), None
    finish(first)
    second = start(project)
    with session_scope() as opened, pytest.raises(AppError):
        runs.activate(opened, opened.get_one(Run, second.id))
    finish(second)
    with session_scope() as opened:
        runs.activate(opened, opened.get_one(Run, first.id))
    with session_scope(writes=False) as opened:
        active = runs.active_run(opened, project.id)
        assert active is not None
        assert active.id == first.id


def test_the_list_shows_the_newest_first_with_its_figures(project: Project) -> None:
    finish(start(project))
    waiting = start(project)
    with session_scope(writes=False) as opened:
        rows = run_rows.lines(opened, project.id)
    assert [row.number for row in rows] == [2, 1]
    assert (rows[0].macro_f1, rows[1].n_images) == (None, 12)
    assert rows[1].mean_average_precision == 1.0
    with session_scope() as opened:
        runs.cancel_run(opened, runs.get_run(opened, project.id, waiting.number))
    with session_scope(writes=False) as opened:
        assert jobs.get_job(opened, waiting.job_id).status is JobStatus.CANCELLED
        assert runs.open_run(opened, project.id) is None
