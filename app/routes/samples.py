"""The sample collection."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, SignedIn
from app.services import samples

router = APIRouter(prefix="/samples")


@router.post("")
def create_sample(session: DbSession, account: SignedIn) -> Response:
    """Make a sample project and show how its images are being drawn."""
    made = samples.create_sample(session, account)
    return RedirectResponse(f"/projects/{made.project_id}/imports/{made.id}", status_code=303)
