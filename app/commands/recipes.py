"""How the command line is told to train: a file, kept settings, an earlier run, and single settings over them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.domain.statuses import Recipe
from app.errors import AppError, InvalidInputError
from app.formats.configuration_json import MAX_BYTES
from app.i18n import gettext as _
from app.models import Project
from app.services import configuration_files, configurations, runs
from app.services.new_runs import usable
from app.services.run_configs import clean_config

RecipeOption = Annotated[
    Recipe | None,
    typer.Option("--recipe", help=_("quick takes seconds; finetune takes minutes."), show_default=False),
]
FileOption = Annotated[
    Path | None, typer.Option("--config", help=_("File of settings, as `loupe configs show` writes it."))
]
KeptOption = Annotated[str | None, typer.Option("--kept", help=_("Name of settings that the project keeps."))]
AsRunOption = Annotated[int | None, typer.Option("--as-run", help=_("Number of a run whose settings to take."))]
ParentOption = Annotated[
    int | None, typer.Option("--parent", help=_("Number of a finetune run whose network to train further."))
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help=_("One setting; can be given again for more.")),
]


@dataclass(frozen=True)
class Told:
    """What the options of a command say of a training."""

    recipe: Recipe | None
    file: Path | None = None
    kept: str | None = None
    as_run: int | None = None
    parent: int | None = None
    settings: tuple[str, ...] = ()


def chosen(session: Session, project: Project, told: Told) -> tuple[Recipe, dict[str, object]]:
    """Give the recipe and all of its settings; what is wrong is told by the setting's name."""
    recipe, config = _base(session, project, told)
    values = {**config, **dict(_setting(text) for text in told.settings)}
    try:
        return recipe, clean_config(recipe, values)
    except AppError as refusal:
        lines = [f"{name}: {sentence}" for name, sentence in refusal.fields.items()]
        raise InvalidInputError("\n".join(lines) or refusal.sentence) from refusal


def _base(session: Session, project: Project, told: Told) -> tuple[Recipe, dict[str, object]]:
    if sum(each is not None for each in (told.file, told.kept, told.as_run)) > 1:
        raise InvalidInputError(_("Please give only one of --config, --kept and --as-run."))
    if told.file is not None:
        with told.file.open("rb") as stream:
            read = configuration_files.read_file(stream.read(MAX_BYTES + 1))
        return _agreed(told, read.recipe, read.config)
    if told.kept is not None:
        kept = configurations.named_configuration(session, project.id, told.kept)
        return _agreed(told, kept.recipe, usable(kept.recipe, kept.config)[0])
    # As in the browser, going on from a run begins with its settings.
    number = told.parent if told.as_run is None else told.as_run
    if number is not None:
        run = runs.get_run(session, project.id, number)
        return _agreed(told, run.recipe, usable(run.recipe, run.config)[0])
    return told.recipe or Recipe.QUICK, {}


def _agreed(told: Told, recipe: Recipe, config: dict[str, object]) -> tuple[Recipe, dict[str, object]]:
    if told.recipe not in {None, recipe}:
        raise InvalidInputError(
            _("These settings are for the recipe “%(theirs)s”, and --recipe asks for “%(asked)s”.")
            % {"theirs": recipe, "asked": told.recipe}
        )
    return recipe, config


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InvalidInputError(_("--set %(text)s: please write NAME=VALUE.") % {"text": text})
    return name.strip(), value
