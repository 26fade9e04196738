"""`loupe ...`: the same as in the browser, from the command line."""

import logging
import sys

import typer
from sqlalchemy.exc import SQLAlchemyError

from app.commands import data, system, tidying, training
from app.commands.configurations import configs
from app.commands.people import user
from app.commands.projects import project
from app.commands.runs import runs
from app.config import get_settings
from app.errors import AppError, Cancelled
from app.i18n import gettext as _

app = typer.Typer(
    help=_("Tag images, train a model on the tags, see where it errs, put it right, go round again."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(user, name="user")
app.add_typer(project, name="project")
app.add_typer(configs, name="configs")
app.add_typer(runs, name="runs")
app.command("up")(system.up)
app.command("migrate")(system.migrate_database)
app.command("setup-link")(system.setup_link)
app.command("check-migrations")(system.check_migrations)
app.command("import")(data.import_images)
app.command("export")(data.export)
app.command("train")(training.train)
app.command("evaluate")(training.evaluate)
app.command("predict")(training.predict)
app.command("tidy")(tidying.tidy)

log = logging.getLogger(__name__)
CANCELLED_STATUS = 130  # what a shell gives for a command ended by Ctrl-C


def main() -> None:
    """Run a command; a failure ends with one sentence and a status that is not zero."""
    # Scholars read the sentence; what the libraries log is for those who ask for it.
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s: %(message)s")
    try:
        app()
    except AppError as refusal:
        _fail(refusal.sentence)
    except Cancelled:
        _fail(_("Cancelled."), CANCELLED_STATUS)
    except SQLAlchemyError as error:
        log.debug("the database failed", exc_info=error)
        _fail(_("The database does not answer: %(error)s") % {"error": str(error).splitlines()[0]})
    except OSError as error:
        _fail(_("The file could not be used: %(error)s") % {"error": error})
    except Exception as error:
        log.log(logging.ERROR if get_settings().log_level == "DEBUG" else logging.DEBUG, "unforeseen", exc_info=error)
        _fail(
            _("Something went wrong that Loupe did not foresee: %(error)r. LOUPE_LOG_LEVEL=DEBUG shows more.")
            % {"error": error}
        )


def _fail(sentence: str, status: int = 1) -> None:
    sys.stderr.write(sentence + "\n")
    sys.exit(status)
