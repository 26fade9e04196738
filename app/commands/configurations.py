"""`loupe configs ...`: settings that a project keeps under a name."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.base import DataOption, JsonOption, begin
from app.commands.recipes import AsRunOption, FileOption, RecipeOption, SetOption, Told, chosen
from app.db import session_scope
from app.i18n import gettext as _
from app.services import configuration_files, configurations, projects
from app.services.new_runs import usable
from app.services.setting_words import changes_of, value_text

configs = typer.Typer(help=_("Settings of trainings, kept under a name."), no_args_is_help=True)

ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help=_("Name or number of the project."))]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=_("Name of the settings."))]


@configs.command("list")
def list_all(project: ProjectArgument, *, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the settings that a project keeps."""
    output = begin(data, as_json=as_json)
    with session_scope(writes=False) as session:
        found = projects.get_project(session, project)
        rows = configurations.list_configurations(session, found.id)
    listed = [
        (
            row.configuration.name,
            row.configuration.recipe.value,
            {change.name: row.configuration.config.get(change.name) for change in row.changes},
        )
        for row in rows
    ]
    lines = [
        " · ".join([name, recipe, *(f"{key}={value_text(value)}" for key, value in changed.items())])
        for name, recipe, changed in listed
    ]
    values = [{"name": name, "recipe": recipe, "changed": changed} for name, recipe, changed in listed]
    output.result({"project": found.name, "configurations": values}, "\n".join(lines) or _("No settings are kept."))


@configs.command("show")
def show(
    project: ProjectArgument,
    name: NameArgument,
    *,
    out: Annotated[Path | None, typer.Option("--out", help=_("File to write instead."))] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show kept settings as the file that `loupe train --config` takes."""
    output = begin(data, as_json=as_json)
    with session_scope(writes=False) as session:
        found = projects.get_project(session, project)
        kept = configurations.named_configuration(session, found.id, name)
    text = configuration_files.file_text(kept)
    settings, _dropped = usable(kept.recipe, kept.config)
    values = {"project": found.name, "name": kept.name, "recipe": kept.recipe.value, "settings": settings}
    if out is None:
        output.result(values, text.rstrip())
        return
    out.write_text(text, encoding="utf-8")
    output.result({**values, "out": str(out)}, _("Wrote %(file)s.") % {"file": out})


@configs.command("save")
def save(
    project: ProjectArgument,
    name: NameArgument,
    *,
    recipe: RecipeOption = None,
    config: FileOption = None,
    as_run: AsRunOption = None,
    settings: SetOption = None,
    replace: Annotated[bool, typer.Option("--replace", help=_("Replace what is kept under this name."))] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep settings under a name."""
    output = begin(data, as_json=as_json)
    with session_scope() as session:
        found = projects.get_project(session, project)
        told = Told(recipe, file=config, as_run=as_run, settings=tuple(settings or ()))
        taken, values = chosen(session, found, told)
        kept = configurations.save(
            session, found, name=name, recipe=taken, config=values, account=None, replace=replace
        )
        changed = {change.name: kept.config[change.name] for change in changes_of(taken, values)}
    output.result(
        {"project": found.name, "name": kept.name, "recipe": taken.value, "changed": changed},
        _("Kept as “%(name)s”.") % {"name": kept.name},
    )
