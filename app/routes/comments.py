"""Comments on images: sent and removed by scripts, and by the form on an image's page."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from app.deps import Annotator, DbSession
from app.i18n import gettext as _
from app.services import blindness, comments, images

router = APIRouter()
IMAGE = "/projects/{project_id}/images/{image_id}/comments"


class CommentIn(BaseModel):
    """A comment as the browser sends it."""

    text: Annotated[str, Field(max_length=2 * comments.MAX_LENGTH)]
    label_id: int | None = None
    client_key: Annotated[str, Field(min_length=8, max_length=64)] | None = None


@router.get(f"/api/v1{IMAGE}")
def earlier(session: DbSession, access: Annotator, image_id: int) -> dict[str, list[dict[str, Any]]]:
    """Tell what was remarked on an image, as far as this person may see it, the oldest first."""
    image = images.get_image(session, access.project.id, image_id)
    seen = blindness.seen_of(session, access.project, access.account, access.role, image)
    told = [
        {
            "who": seen.names.get(each.comment.account_id or 0, each.who) or _("Somebody who has left"),
            "label": each.label,
            "text": each.comment.text,
            "at": each.comment.created_at.isoformat(),
        }
        for each in seen.remarks
    ]
    return {"comments": told}


@router.post(f"/api/v1{IMAGE}")
def send(session: DbSession, access: Annotator, image_id: int, given: CommentIn) -> dict[str, Any]:
    """Keep a comment; sent twice under one key it is kept once."""
    made = comments.add(
        session, project=access.project, account=access.account, image_id=image_id, **given.model_dump()
    )
    return {"comment": made.id, "at": made.created_at.isoformat()}


@router.post(f"/api/v1{IMAGE}/{{comment_id}}/remove")
def take_away(session: DbSession, access: Annotator, image_id: int, comment_id: int) -> dict[str, bool]:
    """Remove a comment of one's own."""
    _remove(session, access, image_id, comment_id)
    return {"removed": True}


@router.post(IMAGE)
def write(session: DbSession, access: Annotator, image_id: int, text: Annotated[str, Form()] = "") -> Response:
    """Keep a comment from the image's page, and go back there."""
    comments.add(session, project=access.project, account=access.account, image_id=image_id, text=text)
    return _to_image(access, image_id)


@router.post(f"{IMAGE}/{{comment_id}}/remove")
def remove(session: DbSession, access: Annotator, image_id: int, comment_id: int) -> Response:
    """Remove a comment of one's own on the image's page, and go back there."""
    _remove(session, access, image_id, comment_id)
    return _to_image(access, image_id)


def _remove(session: DbSession, access: Annotator, image_id: int, comment_id: int) -> None:
    comments.remove(session, project=access.project, account=access.account, image_id=image_id, comment_id=comment_id)


def _to_image(access: Annotator, image_id: int) -> Response:
    return RedirectResponse(f"/projects/{access.project.id}/images/{image_id}#comments", status_code=303)
