"""The runs of a project as rows of a table."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus, Recipe
from app.models import Job, Run
from app.models.types import now
from app.services import run_rows, runs
from app.services.run_rows import RunWishes
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    """Run 1 is finished; 2 failed, 3 waits and was begun by itself, 4 goes on from 1, and 5 was deleted."""
    made = make_world(session, n=30)
    made.run.evaluation = {**made.run.evaluation, "n_images": 30}
    made.run.remark, made.run.tags = "The first one", ["Paper", "best"]
    for number, status in (
        (2, JobStatus.FAILED),
        (3, JobStatus.QUEUED),
        (4, JobStatus.SUCCEEDED),
        (5, JobStatus.FAILED),
    ):
        job = Job(
            project_id=made.project.id,
            kind=JobKind.TRAIN,
            status=status,
            params={"after_answers": 12} if number == 3 else {},
        )
        session.add(job)
        session.flush()
        run = Run(project_id=made.project.id, number=number, job_id=job.id, recipe=Recipe.FINETUNE, seed=1)
        run.tags = ["paper"] if number == 4 else []
        run.parent_id = made.run.id if number == 4 else None
        run.deleted_at = now() if number == 5 else None
        run.evaluation = {"n_images": 40, "tuned": {"macro": {"f1": 0.9}}} if number == 4 else {}
        session.add(run)
    session.flush()
    return made


def numbers(session: Session, world: World, **wishes: object) -> list[int]:
    found = run_rows.chosen(run_rows.lines(session, world.project.id), RunWishes(**wishes))  # type: ignore[arg-type]
    return [line.number for line in found]


def test_rows_say_what_is_known_of_each_run(session: Session, world: World) -> None:
    made = {line.number: line for line in run_rows.lines(session, world.project.id)}
    assert list(made) == [4, 3, 2, 1]
    for number, line in made.items():
        run = runs.get_run(session, world.project.id, number)
        assert (line.recipe, line.status, line.who) == (run.recipe, run.job.status, runs.started_by(session, run))
        assert (line.remark, list(line.tags), line.is_active) == (run.remark, run.tags, run.is_active)
    assert [made[number].n_images for number in (1, 2, 4)] == [30, None, 40]
    kept = world.run.evaluation
    assert made[1].mean_average_precision == pytest.approx(kept["at_half"]["mean_average_precision"])
    assert made[1].macro_f1 == pytest.approx(kept["tuned"]["macro"]["f1"])
    assert made[4].macro_f1 == pytest.approx(0.9)
    assert made[4].parent == 1
    assert made[3].who == "by itself, after 12 new answers"
    assert made[2].mean_average_precision is None


def test_runs_are_filtered_by_recipe_state_tag_and_remark(session: Session, world: World) -> None:
    assert numbers(session, world, recipe=Recipe.QUICK) == [1]
    assert numbers(session, world, status=JobStatus.QUEUED) == [3]
    assert numbers(session, world, tag="PAPER") == [4, 1]
    assert numbers(session, world, text="first") == [1]
    assert numbers(session, world, text="first", tag="other") == []
    assert RunWishes(tag="x").is_narrow
    assert not RunWishes().is_narrow


def test_runs_are_sorted_either_way_and_unknown_figures_come_last(session: Session, world: World) -> None:
    assert numbers(session, world, sort="number") == [1, 2, 3, 4]
    assert numbers(session, world, sort="images") == [1, 4, 3, 2]
    assert numbers(session, world, sort="-images") == [4, 1, 3, 2]
    assert numbers(session, world, sort="-map")[0] == 1
    assert numbers(session, world, sort="-f1")[0] == 4
    assert numbers(session, world, sort="nonsense") == [4, 3, 2, 1]
    for column in run_rows.COLUMNS:
        assert sorted(numbers(session, world, sort=column)) == [1, 2, 3, 4]


def test_the_course_goes_from_the_oldest_measured_run_to_the_newest(session: Session, world: World) -> None:
    every = run_rows.lines(session, world.project.id)
    assert [line.number for line in run_rows.course(every)] == [1, 4]
    assert run_rows.tags_of(every) == ["best", "Paper", "paper"] or run_rows.tags_of(every) == [
        "best",
        "paper",
        "Paper",
    ]
    row = run_rows.to_rows(every)[-1]
    assert (row["run"], row["tags"], row["continues_run"]) == (1, "Paper|best", None)


def test_a_project_without_runs_has_no_rows(session: Session, world: World) -> None:
    assert run_rows.lines(session, world.project.id + 1) == []
