"""Suspects: how many answers of each label are probably wrong, and how many of them were put right already."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models import Annotation, Run
from app.services import evidence, inspections, snapshots
from app.services.evidence import RunLabel


@dataclass(frozen=True)
class Estimate:
    """Say how many answers of a label are probably wrong in what a run was told; None where nobody can tell."""

    label: RunLabel
    estimated: int | None
    # Answers that are other ones today than the run was told.
    put_right: int

    @property
    def left(self) -> int | None:
        """Return how many wrong answers are probably left."""
        return None if self.estimated is None else max(0, self.estimated - self.put_right)


def estimates(session: Session, run: Run, labels: tuple[RunLabel, ...]) -> list[Estimate]:
    """Estimate for every label of a run how many wrong answers there were, and count what was put right since.

    Empty until the run was inspected.
    """
    figures = inspections.figures(session, run)
    if figures is None:
        return []
    changed = _put_right(session, run)
    return [Estimate(label, figures["estimated"].get(str(label.id)), changed.get(label.id, 0)) for label in labels]


def _put_right(session: Session, run: Run) -> dict[int, int]:
    """Count, by label, the answers that were turned around since a run looked at them."""
    since = run.job.started_at or run.created_at
    touched = select(Annotation.image_id).where(
        Annotation.project_id == run.project_id,
        or_(Annotation.created_at >= since, Annotation.superseded_at >= since),
    )
    known = snapshots.truth_matrix(session, run)
    rows = known.rows()
    ids = sorted(image_id for image_id in set(session.scalars(touched.distinct())) if image_id in rows)
    told = known.truth[[rows[image_id] for image_id in ids]]
    today = evidence.truth_today(session, run, ids)
    turned = ((told >= 0) & (today >= 0) & (told != today)).sum(axis=0)
    return {label["id"]: int(turned[column]) for column, label in enumerate(run.labels)} if ids else {}
