"""The page of the annotator's desk; the images come to it by its scripts."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.config import get_settings
from app.deps import Annotator, DbSession
from app.domain.sampling import Order
from app.domain.statuses import Role
from app.i18n import gettext as _
from app.models import Label, Project
from app.routes.annotate import API
from app.services import queue, runs
from app.services.labels import live_labels
from app.templating import render

router = APIRouter()


@dataclass(frozen=True)
class DeskPage:
    """What annotate/page.html shows."""

    project: Project
    role: Role
    labels: list[Label]
    progress: queue.Progress
    run_number: int | None
    orders: list[tuple[str, str]]
    desk: dict[str, Any]


@router.get("/projects/{project_id}/annotate")
def desk_page(request: Request, session: DbSession, access: Annotator) -> Response:
    """Show the desk; the images come to it by its scripts."""
    project = access.project
    run = runs.active_run(session, project.id)
    orders = [(Order.SEQUENTIAL.value, _("As brought in")), (Order.RANDOM.value, _("Random"))]
    if run is not None:
        orders.append((Order.LEAST_CERTAIN.value, _("Least certain first")))
    page = DeskPage(
        project=project,
        role=access.role,
        labels=live_labels(session, project.id),
        progress=queue.progress(session, project, access.account),
        run_number=run.number if run else None,
        orders=orders,
        desk={
            "account": access.account.id,
            "project": project.id,
            "api": API.format(project_id=project.id),
            "claimSeconds": get_settings().claim_minutes * 60,
        },
    )
    return render(request, "annotate/page.html", page)
