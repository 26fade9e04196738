"""Learning curves: asking for one, keeping it with its run, and saying whether more images would help."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.learning_curves import Slope, Trend, slope_of, spread
from app.domain.statuses import JobKind, JobStatus
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Account, Job, Run
from app.models.types import now
from app.services import jobs

# What is drawn, by the name under which it is kept.
MEASURES = ("average_precision", "f1")


@dataclass(frozen=True)
class Point:
    """What some training images brought: the mean over the draws, the lowest and the highest; NaN where undefined."""

    share: float
    images: int
    draws: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class LabelCurve:
    """The curves of one label, by measure, and what they say; `label_id` is None for the mean over all labels."""

    label_id: int | None
    name: str
    points: Mapping[str, tuple[Point, ...]]
    slope: Slope
    sentence: str


@dataclass(frozen=True)
class Curve:
    """A run's answer to whether more images would help."""

    made_at: datetime
    backbone: str
    # The run's own frozen network, or for a fine-tuned run the one that is always there.
    own_features: bool
    n_train: int
    n_validation: int
    macro: LabelCurve
    labels: tuple[LabelCurve, ...]

    def of(self, trend: Trend) -> list[LabelCurve]:
        """List the labels of which the curve says that."""
        return [label for label in self.labels if label.slope.trend is trend]


def request(session: Session, run: Run, account: Account | None) -> Job:
    """Have a run's learning curve made; an open job that makes it already is given instead of a second.

    Raises ConflictError where the run has not finished or has no checkpoint.
    """
    if run.job.status is not JobStatus.SUCCEEDED or not run.checkpoint:
        raise ConflictError(_("Run %(number)s has no checkpoint to use.") % {"number": run.number})
    return open_job(session, run) or jobs.create_job(
        session,
        JobKind.LEARNING_CURVE,
        project_id=run.project_id,
        account_id=account.id if account else None,
        params={"run_id": run.id},
    )


def open_job(session: Session, run: Run) -> Job | None:
    """Find the job that makes a run's learning curve, or waits to."""
    waiting = jobs.open_jobs(session, run.project_id, JobKind.LEARNING_CURVE)
    return next((job for job in waiting if job.params["run_id"] == run.id), None)


def latest_job(session: Session, run: Run) -> Job | None:
    """Find the latest job that was to make a run's learning curve."""
    query = select(Job).where(Job.project_id == run.project_id, Job.kind == JobKind.LEARNING_CURVE)
    found = session.scalars(query.order_by(Job.id.desc()))
    return next((job for job in found if job.params["run_id"] == run.id), None)


def keep(session: Session, run_id: int, figures: Mapping[str, Any]) -> None:
    """Keep a learning curve with its run, in the place of an earlier one."""
    run = session.get_one(Run, run_id)
    run.learning_curve = {**figures, "made_at": now().isoformat()}


def curve_of(run: Run) -> Curve | None:
    """Read a run's learning curve; None where nobody has asked for it."""
    kept = run.learning_curve
    if not kept:
        return None
    draws = kept["draws"]
    named = [(label["id"], label["name"]) for label in run.labels]
    return Curve(
        made_at=datetime.fromisoformat(kept["made_at"]),
        backbone=kept["backbone"],
        own_features=kept["own_features"],
        n_train=kept["n_train"],
        n_validation=kept["n_validation"],
        macro=_curve(None, _("All labels"), draws, {name: [d[f"macro_{name}"] for d in draws] for name in MEASURES}),
        labels=tuple(
            _curve(each[0], each[1], draws, {measure: [d[measure][place] for d in draws] for measure in MEASURES})
            for place, each in enumerate(named)
        ),
    )


def to_rows(made: Curve) -> Iterable[dict[str, Any]]:
    """Give one row for each label, measure and size, for a table; undefined figures are None."""
    for label in (made.macro, *made.labels):
        for measure in MEASURES:
            for point in label.points[measure]:
                yield {
                    "label": "" if label.label_id is None else label.name,
                    "measure": measure,
                    "share": point.share,
                    "training_images": point.images,
                    "draws": point.draws,
                    **{name: _or_none(getattr(point, name)) for name in ("mean", "low", "high")},
                    "gain_per_doubling": _or_none(label.slope.per_doubling),
                    "standard_error": _or_none(label.slope.error),
                    "answer": label.slope.trend.value,
                }


def _curve(
    label_id: int | None, name: str, draws: list[dict[str, Any]], figures: Mapping[str, list[float | None]]
) -> LabelCurve:
    values = {measure: [float("nan") if each is None else each for each in given] for measure, given in figures.items()}
    slope = slope_of([draw["images"] for draw in draws], values["average_precision"])
    points = {measure: _points(draws, values[measure]) for measure in MEASURES}
    return LabelCurve(label_id, name, points, slope, _sentence(name, slope, is_mean=label_id is None))


def _points(draws: list[dict[str, Any]], values: list[float]) -> tuple[Point, ...]:
    points = []
    for share in sorted({draw["share"] for draw in draws}):
        rows = [row for row, draw in enumerate(draws) if draw["share"] == share]
        images = round(sum(draws[row]["images"] for row in rows) / len(rows))
        points.append(Point(share, images, len(rows), *spread([values[row] for row in rows])))
    return tuple(points)


def _sentence(name: str, slope: Slope, *, is_mean: bool) -> str:
    said = {
        "label": name,
        "points": f"{abs(slope.per_doubling) * 100:.1f}",
        "error": f"{slope.error * 100:.1f}",
    }
    if is_mean:
        told = {
            Trend.HELPS: _(
                "More tagged images would help on the whole: twice as many brought %(points)s points lately."
            ),
            Trend.LEVEL: _("On the whole it has levelled off: twice as many images brought hardly anything lately."),
            Trend.UNCLEAR: _("On the whole nobody can tell yet: the figures scatter too much."),
            Trend.UNKNOWN: _("There is too little to measure on."),
        }
        return told[slope.trend] % said
    told = {
        Trend.HELPS: _(
            "More images would help “%(label)s”: twice as many brought %(points)s points lately (± %(error)s)."
        ),
        Trend.LEVEL: _("“%(label)s” has levelled off: twice as many images brought hardly anything lately."),
        Trend.UNCLEAR: _("Of “%(label)s” nobody can tell yet: it matters more which images than how many."),
        Trend.UNKNOWN: _(
            "“%(label)s” cannot be measured: too few validation images show it, or too few images at all."
        ),
    }
    return told[slope.trend] % said


def _or_none(value: float) -> float | None:
    return None if isnan(value) else round(value, 6)
