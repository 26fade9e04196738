"""A run goes on from an earlier one, where that has left a network to go on from."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Recipe
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Project, Run
from app.models.types import now
from app.services import new_runs, run_parents, runs
from tests.integration.trainable import make_project


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=1)
    session.commit()
    return made


def start(session: Session, project: Project, recipe: Recipe = Recipe.FINETUNE, **given: Any) -> Run:
    return runs.start_run(session, project, recipe=recipe, account=None, **given)


def end(session: Session, run: Run, status: JobStatus = JobStatus.SUCCEEDED) -> Run:
    run.job.status = status
    run.checkpoint = str(run.id) if status is JobStatus.SUCCEEDED else None
    session.flush()
    return run


def test_a_run_remembers_what_it_went_on_from(session: Session, project: Project) -> None:
    first = end(session, start(session, project))
    second = start(session, project, config={"epochs_frozen": 0}, parent=first)
    assert second.parent_id == first.id
    assert run_parents.parent_of(session, second) == first
    assert run_parents.parent_of(session, first) is None


def test_only_a_finished_fine_tuning_can_be_gone_on_from(session: Session, project: Project) -> None:
    quick = end(session, start(session, project, Recipe.QUICK))
    with pytest.raises(ConflictError, match="Run 1 cannot be trained further"):
        start(session, project, parent=quick)
    failed = end(session, start(session, project), JobStatus.FAILED)
    with pytest.raises(ConflictError, match="Run 2 cannot"):
        start(session, project, parent=failed)
    finished = end(session, start(session, project))
    with pytest.raises(InvalidInputError, match="Only the recipe"):
        start(session, project, Recipe.QUICK, parent=finished)


def test_another_network_is_refused_beside_its_field(session: Session, project: Project) -> None:
    first = end(session, start(session, project, config={"backbone": "resnet18"}))
    with pytest.raises(InvalidInputError, match="is of the network resnet18") as refused:
        start(session, project, parent=first)
    assert set(refused.value.fields) == {"backbone"}


def test_going_on_begins_with_the_settings_of_the_earlier_run(session: Session, project: Project) -> None:
    first = end(session, start(session, project, config={"size": 96}))
    said = new_runs.beginning(session, project, [("parent", "1"), ("epochs_frozen", "0")])
    assert (said.recipe, said.parent) == (Recipe.FINETUNE, first)
    assert (said.values["size"], said.values["epochs_frozen"]) == (96, "0")
    assert new_runs.beginning(session, project, [("parent", "1"), ("recipe", "quick")]).parent is None
    with pytest.raises(NotFoundError):
        new_runs.beginning(session, project, [("parent", "7")])


def test_what_did_not_come_to_its_end_is_done_again_from_where_it_had_begun(session: Session, project: Project) -> None:
    first = end(session, start(session, project))
    end(session, start(session, project, parent=first), JobStatus.CANCELLED)
    assert new_runs.beginning(session, project, [("from", "2")]).parent == first
    end(session, start(session, project, parent=first))
    assert new_runs.beginning(session, project, [("from", "3")]).parent is None
    first.deleted_at = now()
    session.flush()
    assert new_runs.beginning(session, project, [("from", "2")]).parent is None
