"""`loupe import`, `loupe export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.base import DataOption, JsonOption, Output, begin
from app.commands.training import ProjectArgument
from app.commands.waiting import wait_for
from app.db import session_scope
from app.errors import NotFoundError
from app.formats.folder_labels import FOLDERS
from app.i18n import gettext as _
from app.i18n import ngettext
from app.services import exports, imports, projects
from app.services.import_tables import TableOptions
from app.storage import write_atomically


class ExportFormat(StrEnum):
    """The two forms of an export."""

    CSV = "csv"
    FULL = "full"


def import_images(
    project: ProjectArgument,
    *,
    images: Annotated[Path | None, typer.Option("--images", help=_("Folder or zip of images."))] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help=_("Table of their labels: file,label."))] = None,
    folders: Annotated[
        bool, typer.Option("--labels-from-folders", help=_("Take the folder of each image for its label."))
    ] = False,
    create_labels: Annotated[
        bool, typer.Option("--create-labels", help=_("Make the labels that the table names and the project lacks."))
    ] = False,
    file_column: Annotated[str, typer.Option(help=_("Column of the table that names the file."))] = "file",
    label_column: Annotated[
        str, typer.Option(help=_("Column of the table that holds the labels; - if none does."))
    ] = "label",
    label_delimiter: Annotated[str, typer.Option(help=_("What stands between two labels."))] = "|",
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", help=_("A further column not to keep with the images; may be given again.")),
    ] = None,
    separator: Annotated[str, typer.Option(help=_("comma, semicolon, tab or bar; found out if not given."))] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring images in, with or without a table of their labels; a repeated import duplicates nothing."""
    options = TableOptions(
        table=FOLDERS if folders else "",
        separator=separator,
        file_column=file_column,
        label_column=label_column,
        label_delimiter=label_delimiter,
        create_all=create_labels,
        left_out=tuple(leave_out or ()),
    )
    _import(begin(data, as_json=as_json), project, images, csv, options)


def _import(output: Output, project: str, images: Path | None, csv: Path | None, options: TableOptions) -> None:
    with session_scope() as session:
        found = projects.get_project(session, project)
        made = imports.import_folder(session, found, images, csv, options)
    if made.job_id is None:
        raise NotFoundError(_("The import could not be started."))
    wait_for(made.job_id, output.progress)
    with session_scope(writes=False) as session:
        report = imports.report_dict(session, imports.get_import(session, found.id, made.id))
    output.result(report, _sentences(report))


def _sentences(report: dict[str, Any]) -> str:
    lines = [
        _("%(accepted)s images came in; %(duplicates)s were there already.")
        % {"accepted": report["accepted"], "duplicates": report["duplicates"]}
    ]
    if report["details"]["images"]:
        lines.append(
            _("Details kept for %(images)s images: %(columns)s.")
            % {"images": report["details"]["images"], "columns": ", ".join(report["details"]["columns"])}
        )
    lines += [
        _("Refused: %(file)s: %(reason)s") % {"file": each["file"], "reason": each["reason"]}
        for each in report["refused"]
    ]
    lines += [
        _("Refused: row %(row)s: %(reason)s") % {"row": each["row"], "reason": each["reason"]}
        for each in report["rows_refused"]
    ]
    unknown = report["unknown_labels"]
    if unknown:
        sentence = ngettext(
            "The table names a label that the project lacks: %(names)s. Use --create-labels to make it.",
            "The table names labels that the project lacks: %(names)s. Use --create-labels to make them.",
            len(unknown),
        )
        lines.append(sentence % {"names": ", ".join(unknown)})
    return "\n".join(lines)


def export(
    project: ProjectArgument,
    *,
    form: Annotated[
        ExportFormat,
        typer.Option("--format", help=_("csv: file,label; full: who, when, status, split, probabilities.")),
    ] = ExportFormat.CSV,
    out: Annotated[Path, typer.Option("--out", help=_("File to write."))],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the labels out as CSV."""
    output = begin(data, as_json=as_json)
    with session_scope(writes=False) as session:
        found = projects.get_project(session, project)
        lines = exports.lesson_lines(session, found) if form is ExportFormat.CSV else exports.full_lines(session, found)
        write_atomically(out, (line.encode() for line in lines))
    output.result(
        {"project": found.name, "format": form.value, "out": str(out)},
        _("Wrote the labels of %(project)s to %(file)s.") % {"project": found.name, "file": out},
    )
