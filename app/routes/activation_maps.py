"""Where a run's network looks in an image: asking for the map, and the picture itself."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from app.deps import DbSession, Files, Reviewer
from app.services import activation_maps, runs
from app.services.activation_maps import MapStatus, Pair

router = APIRouter(prefix="/projects/{project_id}/runs/{number}/maps/{image_id}/{label_id}")

# A checkpoint never changes, and neither does what it looks at; but only this browser may keep it.
KEPT = "private, max-age=86400"


@router.get("")
def show(
    request: Request,
    session: DbSession,
    access: Reviewer,
    storage: Files,
    number: int,
    image_id: int,
    label_id: int,
) -> Response:
    """Send the map as a picture to lay over the image, or say why there is none yet."""
    run = runs.finished_run(session, access.project.id, number)
    found = activation_maps.standing(session, storage, run, image_id, label_id)
    if found.path is None:
        status = 202 if found.status is MapStatus.WAITING else 404
        return JSONResponse(found.to_dict(), status_code=status, headers={"Cache-Control": "no-store"})
    tag = f'"map-{run.id}-{image_id}-{label_id}"'
    headers = {"ETag": tag, "Cache-Control": KEPT, "Vary": "Cookie"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return FileResponse(found.path, media_type="image/png", headers=headers)


@router.post("")
def ask(
    session: DbSession,
    access: Reviewer,
    storage: Files,
    number: int,
    image_id: int,
    label_id: int,
    also: Annotated[str, Query(pattern=r"^(\d{1,18}-\d{1,18}(,\d{1,18}-\d{1,18})*)?$", max_length=400)] = "",
) -> Response:
    """Have the map made; `also` names the places that come next, as image-label, separated by commas."""
    run = runs.finished_run(session, access.project.id, number)
    pair = (image_id, label_id)
    activation_maps.ask(session, storage, run, access.account, pair, _pairs(also))
    found = activation_maps.standing(session, storage, run, *pair)
    ready = found.status in {MapStatus.READY, MapStatus.NOTHING}
    return JSONResponse(found.to_dict(), status_code=200 if ready else 202)


def _pairs(text: str) -> list[Pair]:
    given = [each.partition("-") for each in text.split(",") if each]
    return [(int(image_id), int(label_id)) for image_id, _dash, label_id in given]
