"""A run on its way: watching it, its curves, stopping it."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import escape
from sqlalchemy.orm import Session

from app import broker
from app.broker import TRAINING_QUEUE
from app.deps import Access, DbSession, Lead, Reviewer
from app.domain.statuses import JobStatus, Role
from app.models import Epoch, Project, Run
from app.routes.run_charts import loss_chart, metric_chart, momentum_chart, rate_chart
from app.services import jobs, metric_words, run_progress, run_warnings, runs
from app.services.metric_words import MetricWords
from app.services.run_progress import Moment, Standing
from app.services.run_warnings import Told
from app.templating import render

# Words may stand where the number does, such as "new": only a number names a run.
router = APIRouter(prefix="/projects/{project_id}/runs/{number:int}")


@dataclass(frozen=True)
class Charts:
    """The curves of a run; None for each that has no line to draw yet, and what tells when there is a new one."""

    loss: dict[str, Any] | None
    figures: dict[str, Any] | None
    rates: dict[str, Any] | None
    momentum: dict[str, Any] | None
    points: int
    epochs: int


@dataclass(frozen=True)
class ProgressPage:
    """What runs/progress.html and its fragments show."""

    project: Project
    role: Role
    run: Run
    who: str
    epochs: list[Epoch]
    position: int
    has_worker: bool
    has_broker: bool
    moment: Moment | None
    warnings: list[Told]
    figures: list[str]
    heads: list[str]
    words: list[MetricWords]
    charts: Charts
    can_keep_best: bool
    is_lead: bool


@dataclass(frozen=True)
class StandingPart:
    """What runs/_standing.html shows."""

    project: Project
    standing: Standing


@router.get("")
def run_page(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Show a run on its way; a finished one is shown by its report."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is JobStatus.SUCCEEDED:
        return RedirectResponse(_report_url(run), status_code=303)
    return render(request, "runs/progress.html", _progress(session, access, run))


@router.get("/progress")
def progress(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the part of the page that changes while a run is on its way; htmx asks for it every second."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is JobStatus.SUCCEEDED:
        return Response(headers={"HX-Redirect": _report_url(run)})
    if run.job.status.is_final:
        return Response(headers={"HX-Refresh": "true"})
    return render(request, "runs/progress.html", _progress(session, access, run), block="state")


@router.get("/short")
def short(session: DbSession, access: Reviewer, number: int) -> Response:
    """Say in a few words how far a run is, for the list of runs; once it is over the list is shown anew."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status.is_final:
        return Response(headers={"HX-Refresh": "true"})
    return HTMLResponse(escape(run_progress.in_short(run)))


@router.get("/standing")
def standing(request: Request, session: DbSession, access: Lead, number: int) -> Response:
    """Say in a word how a run stands, for the frame of every page."""
    run = runs.get_run(session, access.project.id, number)
    return render(request, "runs/_standing.html", StandingPart(access.project, Standing(number, run.job.status)))


@router.get("/curve")
def curve(
    request: Request, session: DbSession, access: Reviewer, number: int, points: int = 0, epochs: int = 0
) -> Response:
    """Give the curves, unless they still end where those do that the page shows."""
    run = runs.get_run(session, access.project.id, number)
    if (_last_batch(run), len(runs.epochs(session, run))) == (points, epochs):
        return Response(status_code=204)
    return render(request, "runs/progress.html", _progress(session, access, run), block="curve")


@router.post("/cancel")
def cancel(session: DbSession, access: Lead, number: int) -> Response:
    """Ask for a run to stop."""
    run = runs.get_run(session, access.project.id, number)
    runs.cancel_run(session, run)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}", status_code=303)


@router.post("/keep-best")
def keep_best(session: DbSession, access: Lead, number: int) -> Response:
    """Ask a run to train no further and to make a model of its best epoch."""
    run_progress.keep_best(session, runs.get_run(session, access.project.id, number))
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}", status_code=303)


def _report_url(run: Run) -> str:
    return f"/projects/{run.project_id}/runs/{run.number}/report"


def _last_batch(run: Run) -> int:
    return int(run.loss_curve[-1][0]) if run.loss_curve else 0


def _charts(run: Run, epochs: list[Epoch]) -> Charts:
    return Charts(
        loss=loss_chart(run.loss_curve, epochs, int(run.live.get("batches", 0))),
        figures=metric_chart(epochs),
        rates=rate_chart(run.schedule_curve),
        momentum=momentum_chart(run.schedule_curve),
        points=_last_batch(run),
        epochs=len(epochs),
    )


def _progress(session: Session, access: Access, run: Run) -> ProgressPage:
    epochs = runs.epochs(session, run)
    figures = metric_words.columns_of(row.metrics for row in epochs)
    return ProgressPage(
        project=access.project,
        role=access.role,
        run=run,
        who=runs.started_by(session, run),
        epochs=epochs,
        position=jobs.queue_position(session, run.job) if run.job.status is JobStatus.QUEUED else 0,
        has_worker=jobs.worker_alive(session, TRAINING_QUEUE),
        # A training that runs needs nobody to hand it out.
        has_broker=run.job.status is not JobStatus.QUEUED or not broker.is_silent(),
        moment=run_progress.moment_of(run),
        warnings=run_warnings.told(run),
        figures=figures,
        heads=metric_words.heads_of(figures),
        words=[*metric_words.loss_words().values(), *metric_words.metric_words().values()],
        charts=_charts(run, epochs),
        can_keep_best=run_progress.can_keep_best(run),
        is_lead=access.is_at_least(Role.LEAD),
    )
