"""What a new run is trained by comes from an address, a form, an earlier run or a named configuration."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Recipe
from app.errors import NotFoundError
from app.models import Project, Run
from app.models.types import now
from app.services import configurations, new_runs, runs
from app.services.run_configs import default_config
from tests.integration.trainable import make_project


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=1)
    session.commit()
    return made


def begin(session: Session, project: Project, **given: str) -> new_runs.Beginning:
    return new_runs.beginning(session, project, list(given.items()))


def start(session: Session, project: Project, recipe: Recipe, config: dict[str, Any]) -> Run:
    run = runs.start_run(session, project, recipe=recipe, account=None, config=config)
    run.job.status, run.job.started_at = JobStatus.SUCCEEDED, now()
    run.job.finished_at = run.job.started_at + timedelta(seconds=83)
    session.flush()
    return run


def test_nothing_said_begins_with_the_quick_recipe_as_usual(session: Session, project: Project) -> None:
    assert begin(session, project) == new_runs.Beginning(Recipe.QUICK, {})
    assert begin(session, project, recipe="slow").recipe is Recipe.QUICK


def test_an_address_may_name_recipe_and_settings(session: Session, project: Project) -> None:
    said = begin(session, project, recipe="finetune", size="abc", colour="red")
    assert (said.recipe, said.values) == (Recipe.FINETUNE, {"size": "abc"})


def test_the_settings_of_an_earlier_run_are_copied_and_may_be_changed(session: Session, project: Project) -> None:
    run = start(session, project, Recipe.FINETUNE, {"size": 128})
    said = begin(session, project, **{"from": str(run.number), "epochs_frozen": "2"})
    assert (said.recipe, said.told) == (Recipe.FINETUNE, ["The settings of run 1."])
    assert said.values == default_config(Recipe.FINETUNE) | {"size": 128, "epochs_frozen": "2"}
    with pytest.raises(NotFoundError):
        begin(session, project, **{"from": "7"})


def test_settings_that_mean_nothing_now_are_left_out_and_told(session: Session, project: Project) -> None:
    run = start(session, project, Recipe.QUICK, {})
    run.config = {**run.config, "gone": 3}
    session.flush()
    said = begin(session, project, **{"from": "1"})
    assert "gone" not in said.values
    assert said.told[1].endswith("were left out: gone.")


def test_a_named_configuration_is_begun_from(session: Session, project: Project) -> None:
    kept = configurations.save(session, project, name="maps", recipe=Recipe.FINETUNE, config={"size": 96}, account=None)
    said = begin(session, project, configuration=str(kept.id))
    assert (said.recipe, said.values["size"], said.told) == (Recipe.FINETUNE, 96, ["The settings kept as “maps”."])


def test_another_recipe_takes_nothing_from_what_is_copied_or_was_drawn(session: Session, project: Project) -> None:
    start(session, project, Recipe.FINETUNE, {"backbone": "resnet18"})
    assert begin(session, project, **{"from": "1", "recipe": "quick"}) == new_runs.Beginning(Recipe.QUICK, {})
    assert begin(session, project, recipe="finetune", drawn="quick", backbone="resnet18").values == {}
    assert begin(session, project, recipe="quick", drawn="quick", backbone="a").values == {"backbone": "a"}


def test_one_setting_goes_back_to_its_default(session: Session, project: Project) -> None:
    said = begin(session, project, recipe="finetune", drawn="finetune", size="96", epochs_frozen="2", default="size")
    assert said.values == {"epochs_frozen": "2"}


def test_how_long_a_recipe_took_the_last_time_is_known(session: Session, project: Project) -> None:
    assert new_runs.last_seconds(session, project.id) == {}
    start(session, project, Recipe.FINETUNE, {})
    assert new_runs.last_seconds(session, project.id) == {Recipe.FINETUNE: 83.0}


def test_a_run_like_that_of_the_button_is_nothing_to_repeat(session: Session, project: Project) -> None:
    assert new_runs.unlike_the_button(session, project.id) is None
    start(session, project, Recipe.QUICK, {})
    assert new_runs.unlike_the_button(session, project.id) is None
    other = start(session, project, Recipe.QUICK, {"backbone": "resnet18"})
    assert new_runs.unlike_the_button(session, project.id) == other
