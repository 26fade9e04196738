"""What every command shares: its two options, its output, and the database brought up to date."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from app.config import get_settings
from app.i18n import gettext as _
from app.migrating import migrate

DataOption = Annotated[
    Path | None, typer.Option("--data", help=_("Data folder; without it LOUPE_DATA, else ./data."), show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Write one JSON object to standard output."))]


@dataclass(frozen=True)
class Output:
    """Results go to standard output, progress to standard error."""

    as_json: bool

    def result(self, values: dict[str, Any], sentence: str) -> None:
        """Write the outcome, as JSON or as a sentence."""
        sys.stdout.write((json.dumps(values, ensure_ascii=False) if self.as_json else sentence) + "\n")

    def progress(self, sentence: str) -> None:
        """Say what is going on."""
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()


def begin(data: Path | None, *, as_json: bool) -> Output:
    """Take the data folder and bring its database up to date."""
    if data is not None:
        os.environ["LOUPE_DATA"] = str(data)
        get_settings.cache_clear()
    migrate()
    return Output(as_json)
