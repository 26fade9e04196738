"""Choosing how to train, and starting a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.statuses import Recipe, Role
from app.errors import AppError, ConflictError
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import configurations, new_runs, readiness, runs
from app.services.configurations import ConfigurationRow
from app.services.network_choices import NetworkChoice, network_choices
from app.services.new_runs import DRAWN, Beginning
from app.services.readiness import Readiness
from app.services.recipe_forms import FormGroup, form_groups
from app.services.recipe_words import words_of
from app.services.run_configs import clean_config
from app.services.run_parents import check_parent
from app.storage import get_storage
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs")

# More than this many named configurations are found on their own page.
OFFERED = 5


async def _filled_in(request: Request) -> list[tuple[str, str]]:
    # Which fields there are, the recipes say: no route lists them.
    async with request.form() as form:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


FilledIn = Annotated[list[tuple[str, str]], Depends(_filled_in)]


@dataclass(frozen=True)
class NewRunPage:
    """What runs/new.html shows."""

    project: Project
    role: Role
    readiness: Readiness
    open_run: Run | None
    recipe: Recipe
    # The settings of each recipe under their headings; the form shows those of the chosen one.
    groups: dict[Recipe, list[FormGroup]]
    told: list[str]
    # The run whose network is trained further.
    parent: Run | None
    # The networks that each recipe can use.
    networks: dict[Recipe, list[NetworkChoice]]
    # How long each recipe took the last time, in seconds.
    taken: dict[Recipe, float]
    named: list[ConfigurationRow]
    latest: Run | None
    # What is wrong with single fields, by their ids, and the sentence that belongs to none of them.
    faults: list[tuple[str, str]]
    refusal: str


@router.get("/new")
def new_page(request: Request, session: DbSession, access: Lead) -> Response:
    """Offer the recipes and their settings; the address may say where to begin from."""
    given = request.query_params.multi_items()
    beginning = new_runs.beginning(session, access.project, given)
    # What an address says is looked at before anything is started, so that what is wrong shows at once.
    errors = _problems(beginning) if beginning.values else {}
    return new_run_page(request, session, access, beginning, errors)


@router.post("/new")
def show_again(request: Request, session: DbSession, access: Lead, given: FilledIn) -> Response:
    """Show the form as it was filled in, with another recipe or one setting back at its default; starts nothing."""
    return new_run_page(request, session, access, new_runs.beginning(session, access.project, given), {})


@router.post("")
def start(request: Request, session: DbSession, access: Lead, given: FilledIn) -> Response:
    """Start a training and lead to its page; while one is open, lead to that one."""
    beginning = new_runs.beginning(session, access.project, given)
    try:
        run = runs.start_run(
            session,
            access.project,
            recipe=beginning.recipe,
            account=access.account,
            config=beginning.values,
            parent=beginning.parent,
        )
        if DRAWN in dict(given):
            _refuse_another(run, beginning)
    except AppError as refusal:
        errors = refusal.fields or {"": refusal.sentence}
        return new_run_page(request, session, access, beginning, errors, status=refusal.status)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{run.number}", status_code=303)


def new_run_page(
    request: Request,
    session: Session,
    access: Access,
    beginning: Beginning,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> Response:
    """Show the form with what was filled in, and beside each field what is wrong with it."""
    page = NewRunPage(
        project=access.project,
        role=access.role,
        readiness=readiness.check(session, access.project),
        open_run=runs.open_run(session, access.project.id),
        recipe=beginning.recipe,
        groups={each: _groups(each, beginning, errors) for each in Recipe},
        told=beginning.told,
        parent=beginning.parent,
        networks={each: network_choices(each, get_storage()) for each in Recipe},
        taken=new_runs.last_seconds(session, access.project.id),
        named=configurations.list_configurations(session, access.project.id, limit=OFFERED + 1),
        latest=new_runs.latest(session, access.project.id),
        faults=_faults(beginning.recipe, errors),
        refusal=errors.get("", ""),
    )
    return render(request, "runs/new.html", page, status=status)


def _groups(recipe: Recipe, beginning: Beginning, errors: Mapping[str, str]) -> list[FormGroup]:
    is_chosen = recipe is beginning.recipe
    return form_groups(recipe, beginning.values if is_chosen else {}, errors if is_chosen else {})


def _faults(recipe: Recipe, errors: Mapping[str, str]) -> list[tuple[str, str]]:
    words = words_of(recipe)
    return [
        (f"field-{name}", _("%(title)s: %(sentence)s") % {"title": words[name].title, "sentence": sentence})
        for name, sentence in errors.items()
        if name in words
    ]


def _problems(beginning: Beginning) -> dict[str, str]:
    try:
        config = clean_config(beginning.recipe, beginning.values)
        if beginning.parent is not None:
            check_parent(beginning.parent, beginning.recipe, config)
    except AppError as refusal:
        return refusal.fields or {"": refusal.sentence}
    return {}


def _refuse_another(run: Run, beginning: Beginning) -> None:
    """Let nobody take the run that is under way for the one just filled in; a second click on the same is no matter."""
    asked = clean_config(beginning.recipe, beginning.values)
    parent_id = beginning.parent.id if beginning.parent else None
    if (run.recipe, run.config, run.parent_id) != (beginning.recipe, asked, parent_id):
        raise ConflictError(
            _("Run %(number)s is under way with other settings. Yours are kept below: start them when it is over.")
            % {"number": run.number}
        )
