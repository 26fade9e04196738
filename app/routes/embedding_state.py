"""A line of the train page: how many images are ready for a quick run."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.deps import DbSession, Files, Reviewer
from app.models import Project
from app.services import embedding_state
from app.services.embedding_state import EmbeddingState
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}")


@dataclass(frozen=True)
class StateFragment:
    """What runs/_prepared.html shows."""

    project: Project
    state: EmbeddingState


@router.get("/prepared")
def prepared(request: Request, session: DbSession, access: Reviewer, storage: Files) -> Response:
    """Say how many images are ready; the page asks for it, and again while they are being looked at."""
    state = embedding_state.state(session, storage, access.project)
    return render(request, "runs/_prepared.html", StateFragment(access.project, state))
