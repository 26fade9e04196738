"""Leases on the pages of a question: images that are asked of one person at a time, kept, and given back."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.deps import Access, Annotator, DbSession
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.routes.light_tables import API
from app.services import light_tables, page_claims
from app.services.labels import live_labels

router = APIRouter()
# Enough to get past the pages that dozens of others have before them.
LOOKED_AT_MOST = 1000
ImageIds = Annotated[list[int], Field(max_length=LOOKED_AT_MOST)]


class ClaimRequest(BaseModel):
    """The images to be asked of next, in their order, and how many of them."""

    label_id: int
    image_ids: ImageIds
    count: Annotated[int, Field(ge=0, le=LOOKED_AT_MOST)]


class ReleaseRequest(BaseModel):
    """Images that are not asked of this person any longer."""

    label_id: int
    image_ids: ImageIds


@router.post(f"{API}/claims")
def claim(session: DbSession, access: Annotator, wanted: ClaimRequest) -> dict[str, list[int]]:
    """Lend the first of these images that are free; tells which they are, and which others have before them."""
    project = access.project
    _check_label(session, access, wanted.label_id)
    open_ = light_tables.sees_others(session, project, access.role)
    lent = page_claims.take(
        session, project, access.account, wanted.label_id, wanted.image_ids, count=wanted.count, open_=open_
    )
    return asdict(lent)


@router.post(f"{API}/release")
def release(session: DbSession, access: Annotator, given: ReleaseRequest) -> dict[str, list[int]]:
    """Give images back to the others."""
    _check_label(session, access, given.label_id)
    page_claims.release(session, access.account, given.label_id, given.image_ids)
    return {"released": given.image_ids}


def _check_label(session: Session, access: Access, label_id: int) -> None:
    if all(label.id != label_id for label in live_labels(session, access.project.id)):
        raise NotFoundError(_("This label is not one of this project, or no longer."))
