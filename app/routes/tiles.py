"""Tiles of large images: how they lie, having them made, and the tiles themselves."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from app.deps import Annotator, DbSession, Files
from app.models import Image
from app.services import images, tiles
from app.services.renditions import MEDIA_TYPE
from app.services.tiles import Standing, TilesStatus

router = APIRouter(prefix="/projects/{project_id}/images/{image_id}/tiles")

# The address names the content, so that what is behind it never changes. Only this browser may keep it, for the day
# that the other versions of an image are kept: who may see an image does change.
KEPT = "private, max-age=86400, immutable"
# Enough of the hash that an image which gets the number of a deleted one is not shown as the old one.
VERSION_DIGITS = 12
# More than any image has; larger numbers are no question about tiles.
Place = Annotated[int, Path(ge=0, lt=1_000_000)]


@router.get("")
def show(session: DbSession, access: Annotator, storage: Files, image_id: int) -> Response:
    """Say how the tiles of an image lie, or why there are none yet."""
    image = images.get_image(session, access.project.id, image_id)
    return _told(access.project.id, image, tiles.standing(session, storage, image))


@router.post("")
def ask(session: DbSession, access: Annotator, storage: Files, image_id: int) -> Response:
    """Have the tiles of an image made, because somebody looks at it."""
    image = images.get_image(session, access.project.id, image_id)
    tiles.ask(session, storage, image, access.account)
    return _told(access.project.id, image, tiles.standing(session, storage, image))


@router.get("/{level}/{column}_{row}.jpg")
def tile(
    request: Request,
    session: DbSession,
    access: Annotator,
    storage: Files,
    image_id: int,
    level: Place,
    column: Place,
    row: Place,
) -> Response:
    """Send one tile."""
    image = images.get_image(session, access.project.id, image_id)
    tag = f'"{_version(image)}-{level}-{column}-{row}"'
    headers = {"ETag": tag, "Cache-Control": KEPT, "Vary": "Cookie"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(tiles.read_tile(storage, image, level, column, row), media_type=MEDIA_TYPE, headers=headers)


def _told(project_id: int, image: Image, found: Standing) -> Response:
    values: dict[str, Any] = found.to_dict()
    if found.status is TilesStatus.READY:
        root = f"/projects/{project_id}/images/{image.id}/tiles"
        values["address"] = f"{root}/{{level}}/{{column}}_{{row}}.jpg?v={_version(image)}"
    status = 202 if found.status is TilesStatus.WAITING else 200
    return JSONResponse(values, status_code=status, headers={"Cache-Control": "no-store"})


def _version(image: Image) -> str:
    return f"{tiles.FORMAT}-{image.sha256[:VERSION_DIGITS]}"
