"""`loupe runs ...`: the runs of a project, and the files of their models."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.base import DataOption, JsonOption, Output, begin
from app.commands.training import ProjectArgument, RunOption, figure
from app.commands.waiting import wait_for
from app.db import session_scope
from app.domain.statuses import Recipe
from app.errors import ConflictError
from app.formats.model_card import model_card
from app.i18n import gettext as _
from app.models import Run
from app.services import model_cards, model_files, projects, run_rows, thresholds
from app.services import runs as project_runs
from app.services.model_files import FileForm, FileStatus
from app.services.run_rows import RunWishes
from app.storage import get_storage, write_atomically

runs = typer.Typer(help=_("The runs of a project, and the files of their models."), no_args_is_help=True)

# What is read and written at once, so that a large model does not fill the memory.
CHUNK = 1 << 20


class Wanted(StrEnum):
    """Say which file of a run somebody wants."""

    WEIGHTS = "weights"
    ONNX = "onnx"
    FASTAI = "fastai"
    CARD = "card"

    def name_of(self, run: Run) -> str:
        """Name the file as the page does."""
        names = {Wanted.WEIGHTS: "model.zip", Wanted.CARD: "model-card.md"}
        return f"run-{run.number}-{names.get(self, f'{self.value}.zip')}"


@runs.command("list")
def list_all(
    project: ProjectArgument,
    *,
    recipe: Annotated[Recipe | None, typer.Option("--recipe", help=_("Only runs of this recipe."))] = None,
    tag: Annotated[str, typer.Option("--tag", help=_("Only runs with this tag."))] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the runs of a project, newest first, with their state and figures."""
    output = begin(data, as_json=as_json)
    with session_scope(writes=False) as session:
        found = projects.get_project(session, project)
        lines = run_rows.chosen(run_rows.lines(session, found.id), RunWishes(recipe=recipe, tag=tag))
    active = next((line.number for line in lines if line.is_active), None)
    values = [row | {"active": row["run"] == active} for row in run_rows.to_rows(lines)]
    output.result({"project": found.name, "runs": values}, _table(values) if values else _("There is no such run."))


def _table(values: list[dict[str, Any]]) -> str:
    """Align runs in columns; the active one has a star."""
    header = f"{_('run'):>5}   {_('recipe'):9} {_('state'):10} {_('started'):17} {_('images'):>7} {'mAP':>5} {'F1':>5}"
    lines = [
        f"{row['run']:5} {'*' if row['active'] else ' '} {row['recipe']:9} {row['state']:10} "
        f"{row['started'][:16].replace('T', ' '):17} {_count(row['annotated_images']):>7} "
        f"{figure(row['mean_average_precision']):>5} {figure(row['macro_f1']):>5}  "
        f"{' · '.join(each for each in (row['tags'].replace('|', ', '), row['remark'].partition(chr(10))[0]) if each)}"
        for row in values
    ]
    told = _("* gives the suggestions now. mAP: mean average precision; F1: macro-F1; both on the validation images.")
    return "\n".join(line.rstrip() for line in (header, *lines, told))


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)


@runs.command("file")
def file(
    project: ProjectArgument,
    wanted: Annotated[
        Wanted,
        typer.Argument(
            metavar="KIND",
            help=_(
                "weights: safetensors, as a zip; onnx; fastai: export.pkl, as a zip; card: the model card, Markdown."
            ),
        ),
    ],
    *,
    run: RunOption = None,
    out: Annotated[Path, typer.Option("--out", help=_("File to write, or a folder to write it into."))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a file of a run's model; one that is not there yet is made first."""
    output = begin(data, as_json=as_json)
    with session_scope(writes=False) as session:
        found = projects.get_project(session, project)
        chosen = project_runs.finished_run(session, found.id, run)
    target = out / wanted.name_of(chosen) if out.is_dir() else out
    write_atomically(target, _content(output, chosen, wanted))
    with session_scope(writes=False) as session:
        followed = thresholds.set_words(chosen, thresholds.active_set(session, chosen.id))
    values = {"project": found.name, "run": chosen.number, "kind": wanted.value, "threshold_set": followed}
    output.result(
        {**values, "bytes": target.stat().st_size, "out": str(target)}, _("Wrote %(file)s.") % {"file": target}
    )


def _content(output: Output, run: Run, wanted: Wanted) -> Iterable[bytes]:
    """Give a file piece by piece; whatever is refused is refused before there is a first piece."""
    if wanted in {Wanted.ONNX, Wanted.FASTAI}:
        return _read(_made(output, run, FileForm(wanted.value)))
    with session_scope(writes=False) as session:
        if wanted is Wanted.CARD:
            return [model_card(model_cards.card_of(session, run)).encode()]
        return model_files.weights_zip(model_files.weights_parts(session, get_storage(), run))


def _made(output: Output, run: Run, form: FileForm) -> Path:
    storage = get_storage()
    with session_scope() as session:
        job = model_files.ask(session, storage, run, None, form)
    if job is not None:
        wait_for(job.id, output.progress)
    with session_scope(writes=False) as session:
        found = model_files.standing(session, storage, run, form)
    if found.status is not FileStatus.READY or found.path is None:
        raise ConflictError(_("The thresholds of this run were changed meanwhile. Please ask for the file again."))
    return found.path


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
