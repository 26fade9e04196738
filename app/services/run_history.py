"""Macro-F1 against the work put in: every finished run, by the number of annotated images it learned from."""

from dataclasses import dataclass
from math import isnan
from typing import Any

from sqlalchemy.orm import Session

from app.domain.metrics import evaluate_predictions
from app.errors import ConflictError
from app.models import Run
from app.services import common_ground, comparisons, evidence
from app.services.common_ground import CommonGround
from app.services.evidence import Evidence, Flags
from app.services.snapshots import truth_matrix

# A chart of more points says no more; reading twenty large runs takes some seconds.
MOST_RUNS = 20


@dataclass(frozen=True)
class Point:
    """Hold what one run knew, and how well it did; NaN where that is undefined."""

    run: Run
    # Images with an answer when the run began, and known answers, in every split.
    n_images: int
    n_answers: int
    # Macro-F1 as in the run's own report: its validation images, what it was told of them, its labels.
    own: float
    own_images: int
    # Macro-F1 on the images and labels that all runs know, against today's truth; NaN where there are none.
    common: float


@dataclass(frozen=True)
class History:
    """Hold the runs of a project, oldest first."""

    points: tuple[Point, ...]
    common_images: int
    common_labels: tuple[str, ...]
    # Runs that were left out because there are too many.
    left_out: int


def history(session: Session, project_id: int) -> History:
    """Measure every finished run, the newest ones where there are very many."""
    finished = comparisons.finished_runs(session, project_id)
    chosen = finished[:MOST_RUNS][::-1]
    whole = [evidence.load(session, run) for run in chosen]
    ground = _ground(chosen, whole)
    common = _common(session, ground, len(chosen))
    return History(
        points=tuple(map(_point, chosen, whole, [truth_matrix(session, run).truth >= 0 for run in chosen], common)),
        common_images=len(ground.image_ids) if ground else 0,
        common_labels=tuple(label.name for label in ground.labels) if ground else (),
        left_out=len(finished) - len(chosen),
    )


def to_rows(made: History) -> list[dict[str, Any]]:
    """Give the points as rows of a table; None where a figure is undefined."""
    return [
        {
            "run": point.run.number,
            "recipe": point.run.recipe.value,
            "annotated_images": point.n_images,
            "answers": point.n_answers,
            "macro_f1_own": None if isnan(point.own) else point.own,
            "own_validation_images": point.own_images,
            "macro_f1_common": None if isnan(point.common) else point.common,
            "common_validation_images": made.common_images,
        }
        for point in made.points
    ]


def _ground(chosen: list[Run], whole: list[Evidence]) -> CommonGround | None:
    if not chosen:
        return None
    try:
        return common_ground.align(chosen, whole)
    except ConflictError:
        # Then there is no common figure; each run's own one is shown all the same.
        return None


def _common(session: Session, ground: CommonGround | None, n_runs: int) -> list[float]:
    if ground is None:
        return [float("nan")] * n_runs
    newest = ground.newest
    today = common_ground.truth_today(session, ground.runs[newest], ground.parts[newest])
    return [evaluate_predictions(today, part.predictions).macro.f1 for part in ground.parts]


def _point(run: Run, seen: Evidence, known: Flags, common: float) -> Point:
    return Point(
        run=run,
        n_images=int(known.any(axis=1).sum()),
        n_answers=int(known.sum()),
        own=evaluate_predictions(seen.truth, seen.predictions).macro.f1,
        own_images=len(seen.image_ids),
        common=common,
    )
