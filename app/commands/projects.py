"""`loupe project ...`."""

from typing import Annotated

import typer

from app.commands.base import DataOption, JsonOption, begin
from app.db import session_scope
from app.i18n import gettext as _
from app.services import labels as labels_service
from app.services import projects

project = typer.Typer(help=_("Projects."), no_args_is_help=True)


@project.command("create")
def create(
    name: Annotated[str, typer.Argument(help=_("Name of the new project."))],
    *,
    labels: Annotated[str, typer.Option("--labels", help=_("Names of its labels, separated by commas."))] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project with its labels."""
    output = begin(data, as_json=as_json)
    with session_scope() as session:
        made = projects.create_project(session, name=name)
        names = [part.strip() for part in labels.split(",") if part.strip()]
        created = [labels_service.create_label(session, made, name=label) for label in names]
    output.result(
        {"id": made.id, "name": made.name, "labels": [label.name for label in created]},
        _("Made project %(name)s (number %(id)s).") % {"name": made.name, "id": made.id},
    )
