"""Settings from the command line: a file, kept settings, an earlier run, single ones; and the list of all of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app import cli
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.errors import AppError
from app.models import Project, Run
from app.services import runs
from app.services.run_configs import FIELDS, default_config
from tests.integration.trainable import make_project

Command = Callable[..., Any]


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=1)
    session.commit()
    return made


@pytest.fixture
def command(loupe: Path) -> Command:
    """Run a command in this process; gives its JSON, and raises its refusal."""

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(cli.app, [*arguments, "--json"])
        if done.exception is not None:
            raise done.exception
        return json.loads(done.stdout)

    return run


def run_of(project: Project, number: int) -> Run:
    with session_scope(writes=False) as opened:
        return runs.get_run(opened, project.id, number)


def finish(project: Project, number: int) -> None:
    with session_scope() as opened:
        runs.get_run(opened, project.id, number).job.status = JobStatus.SUCCEEDED


def file_of(folder: Path, **settings: object) -> str:
    path = folder / "settings.json"
    document = {"format": "loupe-configuration", "version": 1, "recipe": "finetune", "settings": settings}
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_nothing_said_trains_quickly_as_usual(project: Project, command: Command) -> None:
    assert command("train", project.name)["recipe"] == "quick"
    assert run_of(project, 1).config == default_config(Recipe.QUICK)


def test_a_file_and_single_settings_over_it(project: Project, command: Command, tmp_path: Path) -> None:
    told = ["--config", file_of(tmp_path, size=96, epochs_frozen=2), "--set", "size=128", "--set", "base_lr=1e-3"]
    assert command("train", project.name, *told)["recipe"] == "finetune"
    config = run_of(project, 1).config
    assert (config["size"], config["epochs_frozen"], config["base_lr"]) == (128, 2, 0.001)


def test_settings_are_kept_shown_listed_and_trained_by(project: Project, command: Command, tmp_path: Path) -> None:
    name = project.name
    saved = command("configs", "save", name, "maps", "--recipe", "finetune", "--set", "size=96")
    assert saved["changed"] == {"size": 96}
    with pytest.raises(AppError, match="already a configuration"):
        command("configs", "save", name, "maps")
    assert command("configs", "list", name)["configurations"] == [
        {"name": "maps", "recipe": "finetune", "changed": {"size": 96}}
    ]
    out = tmp_path / "maps.json"
    command("configs", "show", name, "maps", "--out", str(out))
    assert command("configs", "save", name, "again", "--config", str(out))["changed"] == {"size": 96}
    assert command("train", name, "--kept", "maps")["recipe"] == "finetune"
    finish(project, 1)
    command("train", name, "--as-run", "1", "--set", "epochs_frozen=1")
    assert run_of(project, 2).config == run_of(project, 1).config | {"epochs_frozen": 1}


def test_a_finished_run_is_trained_further(project: Project, command: Command) -> None:
    command("train", project.name, "--recipe", "finetune", "--set", "size=96")
    finish(project, 1)
    with pytest.raises(AppError, match="Run 1 cannot be trained further"):
        command("train", project.name, "--parent", "1")
    with session_scope() as opened:
        runs.get_run(opened, project.id, 1).checkpoint = "1"
    command("train", project.name, "--parent", "1", "--set", "epochs_frozen=0")
    again = run_of(project, 2)
    assert (again.parent_id, again.config["size"], again.config["epochs_frozen"]) == (run_of(project, 1).id, 96, 0)


def test_people_read_the_file_itself(project: Project, command: Command) -> None:
    command("configs", "save", project.name, "maps", "--recipe", "finetune", "--set", "size=96")
    shown = CliRunner().invoke(cli.app, ["configs", "show", project.name, "maps"])
    assert json.loads(shown.stdout)["changed"] == {"size": 96}
    listed = CliRunner().invoke(cli.app, ["configs", "list", project.name])
    assert listed.stdout == "maps · finetune · size=96\n"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (["--recipe", "finetune", "--set", "size=7"], "size: Please give a whole number from 28 to 768."),
        (["--set", "colour=red"], "has no setting “colour”"),
        (["--set", "size"], "please write NAME=VALUE"),
        (["--set", "=3"], "please write NAME=VALUE"),
        (["--kept", "nowhere"], "keeps no configuration “nowhere”"),
        (["--as-run", "7"], "has no run 7"),
        (["--as-run", "7", "--kept", "maps"], "only one of"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_starts(
    project: Project, command: Command, sent: list[tuple[str, int]], told: list[str], sentence: str
) -> None:
    with pytest.raises(AppError) as refused:
        command("train", project.name, *told)
    assert sentence in refused.value.sentence
    assert sent == []


def test_a_file_for_another_recipe_is_refused(project: Project, command: Command, tmp_path: Path) -> None:
    with pytest.raises(AppError, match="are for the recipe “finetune”"):
        command("train", project.name, "--recipe", "quick", "--config", file_of(tmp_path))
    with pytest.raises(OSError, match="nowhere"):
        command("train", project.name, "--config", str(tmp_path / "nowhere.json"))
    with pytest.raises(AppError, match="name the project"):
        command("train")


def test_all_settings_are_explained_without_a_project(command: Command) -> None:
    told = command("train", "--explain")["recipes"]
    for recipe, fields in FIELDS.items():
        assert [each["name"] for each in told[recipe.value]] == [field.name for field in fields]
    assert set(command("train", "--explain", "--recipe", "quick")["recipes"]) == {"quick"}
    text = CliRunner().invoke(cli.app, ["train", "--explain"]).stdout
    for fields in FIELDS.values():
        assert all(f"    {field.name} = " in text for field in fields)
    assert max(map(len, text.splitlines())) <= 100
