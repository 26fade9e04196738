"""Merging a label into another one and splitting it: what it will touch is said first."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.statuses import Role
from app.errors import ConflictError, InvalidInputError
from app.models import Label, Project
from app.services import label_change_words, label_impacts, label_merging, label_resolving, label_splitting, labels
from app.services.label_merging import MergePlan
from app.services.label_splitting import LEAST_PARTS, MOST_PARTS
from app.services.labels import LabelCounts
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/labels/{label_id}")
Names = Annotated[list[str], Form(default_factory=list)]


@dataclass(frozen=True)
class MergePage:
    """What labels/merge.html shows: first the choice of a label, then what the merge will do."""

    project: Project
    role: Role
    label: Label
    others: list[Label]
    impact: str
    target: Label | None = None
    target_impact: str = ""
    plan: MergePlan | None = None
    definition: str = ""
    later: bool = False  # a job counts anew
    error: str = ""


@dataclass(frozen=True)
class SplitPage:
    """What labels/split.html shows."""

    project: Project
    role: Role
    label: Label
    impact: str
    counts: LabelCounts
    parts: list[tuple[str, str]]
    most: int = MOST_PARTS
    errors: dict[str, str] = field(default_factory=dict)


@router.get("/merge")
def merge_page(
    request: Request, session: DbSession, access: Lead, label_id: int, into: Annotated[int | None, Query()] = None
) -> Response:
    """Choose what to merge a label into, and see what that will touch."""
    label = labels.get_label(session, access.project.id, label_id)
    return render(request, "labels/merge.html", _merge_page(session, access, label, into))


@router.post("/merge")
def merge_label(
    request: Request,
    session: DbSession,
    access: Lead,
    label_id: int,
    into: Annotated[int, Form()],
    definition: Annotated[str, Form()] = "",
) -> Response:
    """Merge a label into another one."""
    label = labels.get_label(session, access.project.id, label_id)
    target = labels.get_label(session, access.project.id, into)
    try:
        with session.begin_nested():
            label_merging.merge(session, access.project, label, target, definition=definition, account=access.account)
    except (ConflictError, InvalidInputError) as refusal:
        page = _merge_page(session, access, label, into, definition=definition, error=refusal.sentence)
        return render(request, "labels/merge.html", page, status=refusal.status)
    return RedirectResponse(f"/projects/{access.project.id}/labels/{target.id}", status_code=303)


@router.get("/split")
def split_page(request: Request, session: DbSession, access: Lead, label_id: int) -> Response:
    """Name the parts of a label, and see what splitting it will touch."""
    label = labels.get_label(session, access.project.id, label_id)
    page = _split_page(session, access, label, [(label.name, label.definition), ("", "")])
    return render(request, "labels/split.html", page)


@router.post("/split")
def split_label(
    request: Request,
    session: DbSession,
    access: Lead,
    label_id: int,
    name: Names,
    definition: Names,
    more: Annotated[bool, Form()] = False,
) -> Response:
    """Split a label into those that were named, or offer a place for one more name."""
    label = labels.get_label(session, access.project.id, label_id)
    typed = list(zip(name, definition, strict=False))[:MOST_PARTS]
    if more:
        return render(request, "labels/split.html", _split_page(session, access, label, [*typed, ("", "")]))
    parts = [(part, wording) for part, wording in typed if part.strip()]
    try:
        with session.begin_nested():
            label_splitting.split(session, access.project, label, parts, account=access.account)
    except (ConflictError, InvalidInputError) as refusal:
        page = _split_page(session, access, label, typed, errors={"parts": refusal.sentence})
        return render(request, "labels/split.html", page, status=422)
    return RedirectResponse(f"/projects/{access.project.id}/labels/{label.id}", status_code=303)


def _merge_page(
    session: Session, access: Access, label: Label, into: int | None, *, definition: str | None = None, error: str = ""
) -> MergePage:
    others = [each for each in labels.live_labels(session, access.project.id) if each.id != label.id]
    target = next((each for each in others if each.id == into), None)
    impact = label_change_words.of_impact(label_impacts.impact_of(session, label))
    if target is None:
        return MergePage(access.project, access.role, label, others, impact, error=error)
    return MergePage(
        project=access.project,
        role=access.role,
        label=label,
        others=others,
        impact=impact,
        target=target,
        target_impact=label_change_words.of_impact(label_impacts.impact_of(session, target)),
        plan=label_merging.plan(session, label, target),
        definition=target.definition if definition is None else definition,
        later=not label_resolving.is_small(session, access.project.id),
        error=error,
    )


def _split_page(
    session: Session,
    access: Access,
    label: Label,
    parts: list[tuple[str, str]],
    *,
    errors: dict[str, str] | None = None,
) -> SplitPage:
    return SplitPage(
        project=access.project,
        role=access.role,
        label=label,
        impact=label_change_words.of_impact(label_impacts.impact_of(session, label)),
        counts=labels.label_counts(session, access.project.id).get(label.id, LabelCounts()),
        parts=[*parts, *[("", "")] * (LEAST_PARTS - len(parts))],
        errors=errors or {},
    )
