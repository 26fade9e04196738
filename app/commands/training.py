"""`loupe train`, `loupe evaluate`, `loupe predict`."""

import csv
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.base import DataOption, JsonOption, Output, begin
from app.commands.explaining import explanation, explanation_text
from app.commands.recipes import (
    AsRunOption,
    FileOption,
    KeptOption,
    ParentOption,
    RecipeOption,
    SetOption,
    Told,
    chosen,
)
from app.commands.waiting import wait_for
from app.db import session_scope
from app.domain.statuses import Recipe
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import evaluations, predictions, projects, runs, thresholds

ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help=_("Name or number of the project."))]
RunOption = Annotated[
    int | None, typer.Option("--run", help=_("Number of the run; without it the newest finished one."))
]


def train(
    project: Annotated[
        str | None, typer.Argument(metavar="PROJECT", help=_("Name or number of the project."), show_default=False)
    ] = None,
    *,
    recipe: RecipeOption = None,
    config: FileOption = None,
    kept: KeptOption = None,
    as_run: AsRunOption = None,
    parent: ParentOption = None,
    settings: SetOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help=_("List all settings instead, and train nothing."))
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help=_("Wait until it is done."))] = False,
    frozen_epochs: Annotated[int | None, typer.Option(help=_("Short for --set epochs_frozen=... (finetune)."))] = None,
    unfrozen_epochs: Annotated[
        int | None, typer.Option(help=_("Short for --set epochs_unfrozen=... (finetune)."))
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model on the project's labels."""
    if explain:
        listed = [recipe] if recipe else list(Recipe)
        Output(as_json).result(explanation(listed), explanation_text(listed))
        return
    if project is None:
        raise InvalidInputError(_("Please name the project: loupe train PROJECT."))
    output = begin(data, as_json=as_json)
    short = {"epochs_frozen": frozen_epochs, "epochs_unfrozen": unfrozen_epochs}
    single = [*(settings or ()), *(f"{name}={value}" for name, value in short.items() if value is not None)]
    found, run = _start(project, Told(recipe, config, kept, as_run, parent, tuple(single)))
    output.progress(_("Run %(number)s of %(project)s.") % {"number": run.number, "project": found.name})
    if not wait:
        output.result(_said(found, run, "queued"), _("It is queued."))
        return
    _finish(output, found, run)


def _start(project: str, told: Told) -> tuple[Project, Run]:
    with session_scope() as session:
        found = projects.get_project(session, project)
        recipe, values = chosen(session, found, told)
        earlier = runs.get_run(session, found.id, told.parent) if told.parent is not None else None
        return found, runs.start_run(session, found, recipe=recipe, account=None, config=values, parent=earlier)


def _said(project: Project, run: Run, status: str) -> dict[str, Any]:
    return {"project": project.name, "run": run.number, "recipe": run.recipe.value, "status": status}


def _finish(output: Output, found: Project, run: Run) -> None:
    wait_for(run.job_id, output.progress)
    with session_scope(writes=False) as session:
        report = evaluations.summary(session, runs.get_run(session, found.id, run.number))
    values = _said(found, run, "succeeded") | {
        "mean_average_precision": report["mean_average_precision"],
        "macro_f1": report["macro_f1"],
    }
    output.result(
        values,
        _("Done: mean average precision %(map)s, macro-F1 %(f1)s on %(count)s validation images.")
        % {
            "map": figure(report["mean_average_precision"]),
            "f1": figure(report["macro_f1"]),
            "count": report["n_validation"],
        },
    )


def evaluate(
    project: ProjectArgument, *, run: RunOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Show a run's figures, label by label."""
    output = begin(data, as_json=as_json)
    with session_scope(writes=False) as session:
        found = projects.get_project(session, project)
        report = evaluations.summary(session, runs.finished_run(session, found.id, run))
    header = f"{_('label'):24} {_('support'):>8} {_('threshold'):>9} {_('precision'):>9} "
    header += f"{_('recall'):>7} {'F1':>5} {'AP':>5}"
    lines = [
        f"{label['label']:24} {label['support']:8} {figure(label['threshold']):>9} {figure(label['precision']):>9} "
        f"{figure(label['recall']):>7} {figure(label['f1']):>5} {figure(label['average_precision']):>5}"
        for label in report["labels"]
    ]
    total = _("Run %(run)s on %(count)s validation images: mean average precision %(map)s, macro-F1 %(f1)s.") % {
        "run": report["run"],
        "count": report["n_validation"],
        "map": figure(report["mean_average_precision"]),
        "f1": figure(report["macro_f1"]),
    }
    output.result(report, "\n".join([header, *lines, total]))


def predict(
    project: ProjectArgument,
    *,
    images: Annotated[Path, typer.Option("--images", help=_("Folder of images to look at."))],
    out: Annotated[Path, typer.Option("--out", help=_("CSV file to write."))],
    run: RunOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a run's model sees in images that are not in the project."""
    output = begin(data, as_json=as_json)
    if not images.is_dir():
        raise InvalidInputError(_("There is no folder %(folder)s.") % {"folder": images})
    with session_scope() as session:
        found = projects.get_project(session, project)
        chosen = (
            runs.finished_run(session, found.id, run)
            if run is not None
            else runs.active_run(session, found.id) or runs.finished_run(session, found.id)
        )
        job = predictions.request_folder_predictions(session, chosen, str(images.resolve()))
        followed = thresholds.set_words(chosen, thresholds.active_set(session, chosen.id))
    wait_for(job.id, output.progress)
    written = predictions.result_file(job)
    with written.open(encoding="utf-8", newline="") as stream:
        count = sum(1 for _row in csv.reader(stream)) - 1  # the first row names the columns
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(written, out)
    output.result(
        {"project": found.name, "run": chosen.number, "threshold_set": followed, "images": count, "out": str(out)},
        _("Wrote what run %(run)s says of %(count)s images to %(file)s.")
        % {"run": chosen.number, "count": count, "file": out},
    )


def figure(value: float | None) -> str:
    """Write a figure with two digits; an undefined one as a dash."""
    return "-" if value is None else f"{value:.2f}"
