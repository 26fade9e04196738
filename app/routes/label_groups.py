"""Groups of labels: making, changing, ordering and dissolving them; images that contradict an exclusive one."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import Access, DbSession, Lead, Reviewer
from app.domain.statuses import Role, TruthValue
from app.models import Image, Label, LabelGroup, Project
from app.services import images, label_grouping, label_groups, labels
from app.services.images import ImageUrls
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/label-groups")


@dataclass(frozen=True)
class ContradictionsPage:
    """What labels/contradictions.html shows."""

    project: Project
    role: Role
    group: LabelGroup
    items: list[tuple[Image, ImageUrls, list[Label]]]
    total: int


@router.post("")
def make_group(
    session: DbSession, access: Lead, title: Annotated[str, Form()] = "", exclusive: Annotated[bool, Form()] = False
) -> Response:
    """Make a group."""
    label_grouping.make_group(session, access.project, title=title, exclusive=exclusive, account=access.account)
    return _back(access)


@router.post("/{group_id}")
def change_group(
    session: DbSession,
    access: Lead,
    group_id: int,
    title: Annotated[str, Form()] = "",
    exclusive: Annotated[bool, Form()] = False,
) -> Response:
    """Rename a group, or say whether its labels exclude each other."""
    group = label_grouping.get_group(session, access.project.id, group_id)
    label_grouping.change_group(
        session, access.project, group, title=title, exclusive=exclusive, account=access.account
    )
    return _back(access)


@router.post("/{group_id}/move")
def move_group(session: DbSession, access: Lead, group_id: int, step: Annotated[int, Form()]) -> Response:
    """Move a group up or down by one."""
    group = label_grouping.get_group(session, access.project.id, group_id)
    label_grouping.move_group(session, access.project, group, 1 if step > 0 else -1, access.account)
    return _back(access)


@router.post("/{group_id}/remove")
def remove_group(session: DbSession, access: Lead, group_id: int) -> Response:
    """Dissolve a group; its labels stay."""
    group = label_grouping.get_group(session, access.project.id, group_id)
    label_grouping.remove_group(session, access.project, group, access.account)
    return _back(access)


@router.get("/{group_id}/contradictions")
def contradictions_page(request: Request, session: DbSession, access: Reviewer, group_id: int) -> Response:
    """List the images in which more than one label of an exclusive group is present."""
    group = label_grouping.get_group(session, access.project.id, group_id)
    found = label_groups.contradictions(session, access.project.id, group.id)
    truths = images.resolved_labels(session, [image.id for image in found])
    members = [label for label in labels.live_labels(session, access.project.id) if label.group_id == group.id]
    items = [
        (
            image,
            images.image_urls(access.project.id, image),
            [label for label in members if truths[image.id].get(label.id) is TruthValue.PRESENT],
        )
        for image in found
    ]
    total = label_groups.count_contradictions(session, access.project.id).get(group.id, len(items))
    page = ContradictionsPage(access.project, access.role, group, items, total)
    return render(request, "labels/contradictions.html", page)


def _back(access: Access) -> Response:
    return RedirectResponse(f"/projects/{access.project.id}/labels", status_code=303)
