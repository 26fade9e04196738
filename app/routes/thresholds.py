"""Thresholds of a finished run: tuning them anew, and setting one by hand."""

from math import nan
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app.deps import Access, DbSession, Lead
from app.services import evidence, runs, threshold_tuning, thresholds

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}/thresholds"


@router.post(PAGE)
def tune(session: DbSession, access: Lead, number: int) -> Response:
    """Ask a worker to tune the thresholds anew."""
    run = runs.finished_run(session, access.project.id, number)
    threshold_tuning.request_tuning(session, run, objective=evidence.objective_of(run), account=access.account)
    return _back(access, number)


@router.post(f"{PAGE}/{{label_id}}")
def set_threshold(
    session: DbSession, access: Lead, number: int, label_id: int, value: Annotated[str, Form()] = ""
) -> Response:
    """Set one label's threshold by hand."""
    run = runs.finished_run(session, access.project.id, number)
    thresholds.set_values(session, run, {label_id: _number(value)}, access.account)
    return _back(access, number)


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return nan


def _back(access: Access, number: int) -> Response:
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}/report#figures", status_code=303)
