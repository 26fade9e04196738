"""Choosing how to train, and starting a run."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.statuses import Recipe, Role
from app.errors import AppError
from app.models import Project, Run
from app.services import readiness, runs
from app.services.readiness import Readiness
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs")


@dataclass(frozen=True)
class NewRunPage:
    """What runs/new.html shows."""

    project: Project
    role: Role
    readiness: Readiness
    open_run: Run | None
    recipe: str
    values: dict[str, Any]
    errors: dict[str, str]


@router.get("/new")
def new_page(request: Request, session: DbSession, access: Lead) -> Response:
    """Offer the recipes and their settings."""
    return _new_page(request, session, access, Recipe.QUICK.value, {}, {})


@router.post("")
def start(
    request: Request,
    session: DbSession,
    access: Lead,
    recipe: Annotated[str, Form()] = Recipe.QUICK.value,
    epochs_frozen: Annotated[str, Form()] = "",
    epochs_unfrozen: Annotated[str, Form()] = "",
    backbone: Annotated[str, Form()] = "",
) -> Response:
    """Start a training and lead to its page; while one is open, lead to that one."""
    given = {"epochs_frozen": epochs_frozen, "epochs_unfrozen": epochs_unfrozen, "backbone": backbone}
    try:
        chosen = Recipe(recipe)
    except ValueError:
        chosen = Recipe.QUICK
    # The form shows the settings of both recipes; only those of the chosen one count.
    known = runs.default_config(chosen)
    config = {name: value for name, value in given.items() if value.strip() and name in known}
    try:
        run = runs.start_run(session, access.project, recipe=chosen, account=access.account, config=config)
    except AppError as refusal:
        errors = refusal.fields or {"": refusal.sentence}
        return _new_page(request, session, access, chosen.value, given, errors, status=refusal.status)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{run.number}", status_code=303)


def _new_page(
    request: Request,
    session: Session,
    access: Access,
    recipe: str,
    values: dict[str, Any],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> Response:
    defaults = runs.default_config(Recipe.FINETUNE)
    page = NewRunPage(
        project=access.project,
        role=access.role,
        readiness=readiness.check(session, access.project),
        open_run=runs.open_run(session, access.project.id),
        recipe=recipe,
        values={name: values.get(name) or default for name, default in defaults.items()},
        errors=errors,
    )
    return render(request, "runs/new.html", page, status=status)
