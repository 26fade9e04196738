"""Example images of labels: choosing them and taking them away, from the label's page or the image's."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Reviewer
from app.domain.statuses import ExampleKind
from app.services import images, label_examples, labels

router = APIRouter(prefix="/projects/{project_id}")


@router.post("/labels/{label_id}/examples")
def choose_example(
    session: DbSession,
    access: Reviewer,
    label_id: int,
    image_id: Annotated[int, Form()],
    kind: Annotated[ExampleKind, Form()] = ExampleKind.POSITIVE,
    note: Annotated[str, Form()] = "",
    find: Annotated[str, Form()] = "",
    like: Annotated[str, Form()] = "",
) -> Response:
    """Make an image an example of a label, or change what it is an example of."""
    _choose(session, access, label_id, image_id, kind, note)
    return _back(access.project.id, label_id, image_id, found={"find": find, "like": like})


@router.post("/label-examples")
def choose_label(
    session: DbSession,
    access: Reviewer,
    label_id: Annotated[int, Form()],
    image_id: Annotated[int, Form()],
    kind: Annotated[ExampleKind, Form()] = ExampleKind.POSITIVE,
    note: Annotated[str, Form()] = "",
) -> Response:
    """Choose on an image's page which label it is an example of."""
    _choose(session, access, label_id, image_id, kind, note)
    return _back(access.project.id, label_id, image_id, back="image")


@router.post("/labels/{label_id}/examples/{image_id}/remove")
def take_example_away(
    session: DbSession, access: Reviewer, label_id: int, image_id: int, back: Annotated[str, Form()] = ""
) -> Response:
    """Let an image no longer be an example of a label."""
    label = labels.get_label(session, access.project.id, label_id)
    label_examples.take_away(session, label, image_id)
    return _back(access.project.id, label_id, image_id, back=back)


def _choose(session: Session, access: Access, label_id: int, image_id: int, kind: ExampleKind, note: str) -> None:
    label = labels.get_label(session, access.project.id, label_id)
    image = images.get_image(session, access.project.id, image_id)
    label_examples.choose(session, label, image, kind=kind, note=note, account=access.account)


def _back(
    project_id: int, label_id: int, image_id: int, *, found: Mapping[str, str] | None = None, back: str = ""
) -> Response:
    """Go back to where somebody came from; what was `found` there, by name or likeness, is shown again."""
    if back == "image":
        return RedirectResponse(f"/projects/{project_id}/images/{image_id}#examples", status_code=303)
    asked = {name: value for name, value in (found or {}).items() if value}
    query = f"?{urlencode(asked)}" if asked else ""
    return RedirectResponse(f"/projects/{project_id}/labels/{label_id}{query}#examples", status_code=303)
