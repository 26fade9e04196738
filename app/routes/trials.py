"""Trials before a training: asking for one, following it, stopping it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from app.deps import DbSession, Lead
from app.domain.statuses import Recipe
from app.models import Project
from app.services import jobs, trials
from app.services.recipe_forms import read_form
from app.services.trial_words import EstimateWords, RateWords, rate_chart, words_of_estimate, words_of_rate
from app.services.trials import TrialKind
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/trials")


class TrialRequest(BaseModel):
    """What to try, with the settings as the form holds them."""

    what: TrialKind
    recipe: Recipe = Recipe.QUICK
    given: Annotated[list[tuple[str, str]], Field(max_length=200)] = []


@dataclass(frozen=True)
class TrialFragment:
    """What trials/result.html shows: what a trial found, or why it found nothing."""

    project: Project
    sentence: str
    was_stopped: bool
    rate: RateWords | None
    chart_spec: dict[str, Any] | None
    estimate: EstimateWords | None


@router.post("")
def ask(session: DbSession, access: Lead, asked: TrialRequest) -> Response:
    """Have something tried."""
    config = read_form(asked.recipe, asked.given)
    job = trials.ask(session, access.project, access.account, asked.what, asked.recipe, config)
    return JSONResponse({"url": f"/projects/{access.project.id}/trials/{job.id}"}, status_code=202)


@router.get("/{job_id}")
def show(request: Request, session: DbSession, access: Lead, job_id: int) -> Response:
    """Give what was found as a fragment of a page, or say how far it is."""
    found = trials.standing(session, access.project.id, access.account, job_id)
    if found.is_waiting:
        told = {"sentence": found.sentence, "done": found.job.done, "total": found.job.total}
        return JSONResponse(told, status_code=202, headers={"Cache-Control": "no-store"})
    result: Mapping[str, Any] = found.result or {}
    is_rate = found.result is not None and found.what is TrialKind.RATE
    is_estimate = found.result is not None and found.what is TrialKind.ESTIMATE
    fragment = TrialFragment(
        project=access.project,
        sentence=found.sentence,
        was_stopped=found.result is None and not found.job.error,
        rate=words_of_rate(result) if is_rate else None,
        chart_spec=rate_chart(result) if is_rate else None,
        estimate=words_of_estimate(result) if is_estimate else None,
    )
    return render(request, "trials/result.html", fragment)


@router.post("/{job_id}/cancel")
def cancel(session: DbSession, access: Lead, job_id: int) -> Response:
    """Stop a trial."""
    jobs.request_cancel(session, trials.get_trial(session, access.project.id, access.account, job_id))
    return Response(status_code=204)
