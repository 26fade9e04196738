"""Labels: the list by groups, adding, editing in place, ordering, archiving and bringing back."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, Annotator, DbSession, Lead
from app.domain.keys import free_keys
from app.domain.palette import PALETTE
from app.domain.statuses import Role
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Label, LabelGroup, Project
from app.services import label_grouping, label_groups, label_questions, labels
from app.services.label_groups import Section
from app.services.label_questions import Question
from app.services.labels import LabelCounts
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/labels")


@dataclass(frozen=True)
class LabelForm:
    """What stands in the form of one label."""

    name: str
    colour: str
    key: str
    definition: str
    group: str
    keys: list[str]


@dataclass(frozen=True)
class LabelsPage:
    """What labels/page.html shows; its block `list` is what changes."""

    project: Project
    role: Role
    sections: list[Section]
    groups: list[LabelGroup]
    contradictions: dict[int, int]
    counts: dict[int, LabelCounts]
    questions: list[Question]
    removed: list[Label]
    kept: dict[int, int]
    # What became of an archived label that was merged or split: the labels that stand for it.
    heirs: dict[int, list[Label]]
    hues: list[tuple[str, str]]
    edited: int | None = None
    form: LabelForm | None = None
    focus: int | None = None  # whose Edit button gets the focus: the label that was just closed
    names: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@router.get("")
def labels_page(
    request: Request,
    session: DbSession,
    access: Annotator,
    edit: Annotated[int | None, Query()] = None,
    focus: Annotated[int | None, Query()] = None,
) -> Response:
    """List the labels; a lead may have one of them open for editing."""
    form = None
    if edit is not None and access.is_at_least(Role.LEAD):
        form = _form(session, labels.get_label(session, access.project.id, edit))
    return _render(request, _page(session, access, edited=edit if form else None, form=form, focus=focus))


@router.post("")
def add_labels(request: Request, session: DbSession, access: Lead, names: Annotated[str, Form()] = "") -> Response:
    """Add the labels of a quickly typed list."""
    try:
        with session.begin_nested():
            labels.create_labels(session, access.project, names, access.account)
    except (ConflictError, InvalidInputError) as refusal:
        return _render(request, _page(session, access, names=names, errors=refusal.fields), status=refusal.status)
    return _back(access)


@router.post("/place")
def place_label(
    session: DbSession,
    access: Lead,
    label: Annotated[int, Form()],
    group: Annotated[str, Form()] = "",
    before: Annotated[str, Form()] = "",
) -> Response:
    """Put a label that was dragged into a group, before another label or at the end."""
    label_grouping.place_label(
        session,
        access.project,
        labels.get_label(session, access.project.id, label),
        group_id=int(group) if group.isdecimal() else None,
        before_id=int(before) if before.isdecimal() else None,
        account=access.account,
    )
    return _back(access)


@router.post("/{label_id}")
def change_label(
    request: Request,
    session: DbSession,
    access: Lead,
    label_id: int,
    name: Annotated[str, Form()] = "",
    colour: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    definition: Annotated[str, Form()] = "",
    group: Annotated[str, Form()] = "",
) -> Response:
    """Change a label; another wording of its definition becomes its next version."""
    label = labels.get_label(session, access.project.id, label_id)
    try:
        with session.begin_nested():
            labels.update_label(
                session, label, name=name, colour=colour, key=key, definition=definition, account=access.account
            )
            _put_into(session, access, label, group)
    except (ConflictError, InvalidInputError) as refusal:
        session.refresh(label)
        form = _form(session, label, LabelForm(name, colour, key, definition, group, []))
        page = _page(session, access, edited=label.id, form=form, errors=refusal.fields)
        return _render(request, page, status=422)
    return _back(access, focus=label.id)


@router.post("/{label_id}/move")
def move_label(session: DbSession, access: Lead, label_id: int, step: Annotated[int, Form()]) -> Response:
    """Move a label up or down by one, among those of its group."""
    label = labels.get_label(session, access.project.id, label_id)
    labels.move_label(session, access.project, label, 1 if step > 0 else -1, access.account)
    return _back(access)


@router.post("/{label_id}/remove")
def remove_label(session: DbSession, access: Lead, label_id: int) -> Response:
    """Archive a label; its answers are kept."""
    labels.remove_label(session, labels.get_label(session, access.project.id, label_id), access.account)
    return _back(access)


@router.post("/{label_id}/restore")
def restore_label(session: DbSession, access: Lead, label_id: int) -> Response:
    """Bring an archived label back."""
    labels.restore_label(session, labels.get_label(session, access.project.id, label_id), access.account)
    return _back(access)


def _put_into(session: Session, access: Access, label: Label, group: str) -> None:
    wanted = int(group) if group.isdecimal() else None
    if wanted != label.group_id:
        label_grouping.place_label(session, access.project, label, group_id=wanted, account=access.account)


def _back(access: Access, focus: int | None = None) -> Response:
    # htmx follows the redirect with its own header, and gets the list alone.
    query = f"?focus={focus}" if focus else ""
    return RedirectResponse(f"/projects/{access.project.id}/labels{query}", status_code=303)


def _render(request: Request, page: LabelsPage, *, status: int = 200) -> Response:
    block = "list" if "hx-request" in request.headers else None
    return render(request, "labels/page.html", page, block=block, status=422 if status == 409 else status)


def _form(session: Session, label: Label, typed: LabelForm | None = None) -> LabelForm:
    taken = {other.key for other in labels.live_labels(session, label.project_id) if other.id != label.id}
    shown = typed or label
    return LabelForm(
        name=shown.name,
        colour=shown.colour,
        key=shown.key,
        definition=shown.definition,
        group=typed.group if typed else str(label.group_id or ""),
        keys=free_keys(taken),
    )


def _page(
    session: Session,
    access: Access,
    *,
    edited: int | None = None,
    form: LabelForm | None = None,
    focus: int | None = None,
    names: str = "",
    errors: dict[str, str] | None = None,
) -> LabelsPage:
    project_id, is_lead = access.project.id, access.is_at_least(Role.LEAD)
    removed = labels.removed_labels(session, project_id)
    return LabelsPage(
        project=access.project,
        role=access.role,
        sections=label_groups.grouped(session, project_id, empty=is_lead),
        groups=label_groups.groups_of(session, project_id),
        contradictions=label_groups.count_contradictions(session, project_id),
        counts=labels.label_counts(session, project_id),
        # One that has nothing left to ask says so on its label's page alone.
        questions=[one for one in label_questions.open_questions(session, project_id) if one.left],
        removed=removed,
        kept=labels.answers_kept(session, [label.id for label in removed]),
        heirs=labels.heirs(session, project_id),
        hues=hues(),
        edited=edited,
        form=form,
        focus=focus,
        names=names,
        errors=errors or {},
    )


def hues() -> list[tuple[str, str]]:
    """List the colours of the palette with their names."""
    names = {
        "cobalt": _("cobalt"),
        "vermilion": _("vermilion"),
        "ochre": _("ochre"),
        "viridian": _("viridian"),
        "plum": _("plum"),
        "sky": _("sky"),
        "moss": _("moss"),
        "rose": _("rose"),
        "umber": _("umber"),
        "violet": _("violet"),
        "slate": _("slate"),
        "lime": _("lime"),
    }
    return [(hue, names[hue]) for hue in PALETTE]
