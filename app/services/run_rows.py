"""The runs of a project as rows of a table: filtered, sorted, a page at a time, and their course as figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Recipe
from app.i18n import gettext as _
from app.models import Account, Job, Run
from app.services.runs import AFTER_ANSWERS

# More rows than this nobody reads at once, and a page of them is quick to draw.
PAGE_SIZE = 100
NEWEST_FIRST = "-number"


@dataclass(frozen=True)
class RunLine:
    """A run as the table shows it; figures are None until it has been measured."""

    number: int
    recipe: Recipe
    status: JobStatus
    is_active: bool
    created_at: datetime
    who: str
    parent: int | None
    remark: str
    tags: tuple[str, ...]
    # Images with an answer when it began.
    n_images: int | None
    mean_average_precision: float | None
    macro_f1: float | None


@dataclass(frozen=True)
class RunWishes:
    """Which runs to show and in which order; "-" before a column turns the order round."""

    recipe: Recipe | None = None
    status: JobStatus | None = None
    tag: str = ""
    text: str = ""
    sort: str = NEWEST_FIRST

    @property
    def is_narrow(self) -> bool:
        """Tell whether some runs are left out."""
        return bool(self.recipe or self.status or self.tag or self.text)


_SHOWN = (
    Run.id,
    Run.number,
    Run.recipe,
    Run.is_active,
    Run.created_at,
    Run.parent_id,
    Run.remark,
    Run.tags,
    Job.status,
    Job.params,
    Account.name,
    Run.evaluation["n_images"].as_integer().label("n_images"),
    Run.evaluation["at_half"]["mean_average_precision"].as_float().label("mean_average_precision"),
    Run.evaluation["tuned"]["macro"]["f1"].as_float().label("macro_f1"),
)

# By what the table can be sorted; runs of which it is unknown always come last.
COLUMNS: dict[str, Any] = {
    "number": lambda line: line.number,
    "state": lambda line: line.status.value,
    "recipe": lambda line: line.recipe.value,
    "when": lambda line: line.created_at,
    "who": lambda line: line.who.casefold() or None,
    "images": lambda line: line.n_images,
    "map": lambda line: line.mean_average_precision,
    "f1": lambda line: line.macro_f1,
}


def lines(session: Session, project_id: int) -> list[RunLine]:
    """Read all runs of a project, newest first; only what the table shows of them, since runs carry long curves."""
    query = (
        select(*_SHOWN)
        .join(Job, Job.id == Run.job_id)
        .outerjoin(Account, Account.id == Job.created_by_id)
        .where(Run.project_id == project_id, Run.deleted_at.is_(None))
        .order_by(Run.number.desc())
    )
    rows = session.execute(query).all()
    numbers = {row.id: row.number for row in rows}
    return [
        RunLine(
            number=row.number,
            recipe=row.recipe,
            status=row.status,
            is_active=row.is_active,
            created_at=row.created_at,
            who=_who(row.params, row.name),
            parent=numbers.get(row.parent_id),
            remark=row.remark,
            tags=tuple(row.tags),
            n_images=row.n_images,
            mean_average_precision=row.mean_average_precision,
            macro_f1=row.macro_f1,
        )
        for row in rows
    ]


def chosen(all_lines: Sequence[RunLine], wanted: RunWishes) -> list[RunLine]:
    """Keep the runs that are wished for, in the order that is wished for; the newest first among equals."""
    text, tag = wanted.text.casefold(), wanted.tag.casefold()
    kept = [
        line
        for line in all_lines
        if (wanted.recipe is None or line.recipe is wanted.recipe)
        and (wanted.status is None or line.status is wanted.status)
        and (not tag or tag in {each.casefold() for each in line.tags})
        and (not text or text in line.remark.casefold())
    ]
    name = wanted.sort.removeprefix("-")
    key = COLUMNS.get(name)
    if key is None:
        return kept
    known = [line for line in kept if key(line) is not None]
    unknown = [line for line in kept if key(line) is None]
    return sorted(known, key=key, reverse=wanted.sort.startswith("-")) + unknown


def tags_of(all_lines: Sequence[RunLine]) -> list[str]:
    """List the tags that runs have, the alphabet's first at the beginning."""
    return sorted({tag for line in all_lines for tag in line.tags}, key=str.casefold)


def course(all_lines: Sequence[RunLine]) -> list[RunLine]:
    """List the runs that were measured, oldest first."""
    measured = [line for line in all_lines if line.mean_average_precision is not None or line.macro_f1 is not None]
    return sorted(measured, key=lambda line: line.number)


def to_rows(kept: Sequence[RunLine]) -> list[dict[str, Any]]:
    """Give runs as rows of a file; None where something is unknown."""
    return [
        {
            "run": line.number,
            "recipe": line.recipe.value,
            "state": line.status.value,
            "started": line.created_at.isoformat(timespec="seconds"),
            "by": line.who,
            "continues_run": line.parent,
            "annotated_images": line.n_images,
            "mean_average_precision": line.mean_average_precision,
            "macro_f1": line.macro_f1,
            "tags": "|".join(line.tags),
            "remark": line.remark,
        }
        for line in kept
    ]


def _who(params: dict[str, Any], name: str | None) -> str:
    answers = params.get(AFTER_ANSWERS)
    return _("by itself, after %(count)s new answers") % {"count": answers} if answers else name or ""
