"""Going on from an earlier run: which runs one can go on from, and with which settings."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Recipe
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Run


def can_be_parent(run: Run) -> bool:
    """Tell whether a run has left a network that can be trained further."""
    return run.recipe is Recipe.FINETUNE and run.job.status is JobStatus.SUCCEEDED and bool(run.checkpoint)


def check_parent(parent: Run, recipe: Recipe, config: Mapping[str, object]) -> None:
    """Refuse to go on from a run that has nothing to go on from, or with another network than its own."""
    if not can_be_parent(parent):
        raise ConflictError(
            _("Run %(number)s cannot be trained further: only a finished run of the recipe “finetune” can.")
            % {"number": parent.number}
        )
    if recipe is not Recipe.FINETUNE:
        raise InvalidInputError(_("Only the recipe “finetune” can go on from an earlier run."))
    network = parent.config.get("backbone")
    if config.get("backbone") != network:
        sentence = _("Run %(number)s is of the network %(name)s. Keep it to go on from there, or begin anew.") % {
            "number": parent.number,
            "name": network,
        }
        raise InvalidInputError(sentence, fields={"backbone": sentence})


def parent_of(session: Session, run: Run) -> Run | None:
    """Find the run that a run went on from, as long as it is there."""
    parent = session.get(Run, run.parent_id) if run.parent_id else None
    return parent if parent is not None and parent.deleted_at is None else None


def children_of(session: Session, run: Run) -> tuple[int, ...]:
    """Give the numbers of the runs that went on from a run, as long as they are there."""
    query = select(Run.number).where(Run.parent_id == run.id, Run.deleted_at.is_(None))
    return tuple(session.scalars(query.order_by(Run.number)))
