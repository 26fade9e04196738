"""One label: its wordings, examples, questions and changes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.deps import Annotator, DbSession
from app.domain.statuses import ExampleKind, Role
from app.models import Image, Label, Project
from app.services import (
    images,
    label_change_words,
    label_changes,
    label_examples,
    label_impacts,
    label_questions,
    label_wordings,
    labels,
)
from app.services.images import ImageUrls, image_urls
from app.services.label_changes import ChangeRow
from app.services.label_examples import Example
from app.services.label_questions import Question
from app.services.label_wordings import Piece, Wording
from app.services.labels import LabelCounts
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/labels")


@dataclass(frozen=True)
class LabelPage:
    """What labels/label.html shows."""

    project: Project
    role: Role
    label: Label
    counts: LabelCounts | None
    impact: str
    wordings: list[Wording]
    # The two versions that are compared, the earlier first, and the pieces of both.
    compared: tuple[int, int] | None
    pieces: list[tuple[Piece, str]]
    examples: list[tuple[ExampleKind, list[Example]]]
    find: str
    # The image to which others are looked for that are alike, and whether that can be told yet.
    like: Image | None
    is_compared: bool
    candidates: list[tuple[Image, ImageUrls]]
    question: Question | None
    askable: int
    heirs: list[Label]
    origin: Label | None
    changes: list[tuple[ChangeRow, str]]


@router.get("/{label_id}")
def label_page(
    request: Request,
    session: DbSession,
    access: Annotator,
    label_id: int,
    a: Annotated[int | None, Query()] = None,
    b: Annotated[int | None, Query()] = None,
    find: Annotated[str, Query()] = "",
    like: Annotated[int | None, Query()] = None,
) -> Response:
    """Show a label; two wordings of it may be compared, and images looked for as examples, by name or likeness."""
    label = labels.get_label(session, access.project.id, label_id)
    wordings = label_wordings.history(session, label)
    compared, pieces = _compare(wordings, a, b)
    may_choose = access.is_at_least(Role.REVIEWER)
    image = images.get_image(session, access.project.id, like) if like is not None and may_choose else None
    found = _candidates(session, access.project, label, find, image) if may_choose else []
    questions = label_questions.open_questions(session, access.project.id)
    rows = label_changes.changes_of(session, access.project.id, label.id)
    page = LabelPage(
        project=access.project,
        role=access.role,
        label=label,
        counts=labels.label_counts(session, access.project.id).get(label.id),
        impact=label_change_words.of_impact(label_impacts.impact_of(session, label)),
        wordings=wordings,
        compared=compared,
        pieces=pieces,
        examples=_by_kind(label_examples.examples_for(session, label)),
        find="" if image else find,
        like=image,
        is_compared=found is not None,
        candidates=[(each, image_urls(access.project.id, each)) for each in found or []],
        question=next((one for one in questions if one.label.id == label.id), None),
        askable=label_questions.count_left(session, label) if label.removed_at is None else 0,
        heirs=labels.heirs(session, access.project.id).get(label.id, []),
        origin=session.get(Label, label.split_from_id) if label.split_from_id else None,
        changes=[(row, label_change_words.told(row)) for row in rows],
    )
    return render(request, "labels/label.html", page)


def _candidates(session: Session, project: Project, label: Label, find: str, like: Image | None) -> list[Image] | None:
    """List what may become an example; None where it cannot be told yet which images are alike."""
    if like is not None:
        return label_examples.alike(session, project, label, like.id)
    return label_examples.candidates(session, label, find) if find.strip() else []


def _compare(
    wordings: list[Wording], a: int | None, b: int | None
) -> tuple[tuple[int, int] | None, list[tuple[Piece, str]]]:
    texts = {one.definition.version: one.definition.text for one in wordings}
    if a is None or b is None or a == b or not {a, b} <= texts.keys():
        return None, []
    earlier, later = sorted((a, b))
    return (earlier, later), label_wordings.compare(texts[earlier], texts[later])


def _by_kind(examples: list[Example]) -> list[tuple[ExampleKind, list[Example]]]:
    return [(kind, [one for one in examples if one.kind is kind]) for kind in ExampleKind]
