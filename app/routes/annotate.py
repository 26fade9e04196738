"""The JSON that the scripts of the annotator's desk speak."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from app.db import session_scope, turn_scope
from app.deps import Access, Annotator, DbSession, DeskAnnotator
from app.domain.sampling import Order
from app.domain.statuses import Answer
from app.models import Account, Image
from app.models.types import now
from app.services import (
    blindness,
    claims,
    desk_items,
    desk_labels,
    queue,
    queue_history,
    queue_progress,
    queue_walks,
    queue_wishes,
    second_opinions,
    submit_notices,
)
from app.services.images import LabelState
from app.services.queue_wishes import SKIPPED, QueueFilter, QueueStatus

router = APIRouter()
API = "/api/v1/projects/{project_id}/annotate"

# A key is 32 hexadecimal digits; a little room is left for other programs.
ClientKey = Annotated[str, Field(min_length=8, max_length=64)]
# More than any screen holds; it bounds the work of one request.
ImageIds = Annotated[list[int], Field(max_length=200)]


class FilterRequest(BaseModel):
    """Which images may come up, as services.queue_wishes has it."""

    slice: str = Field(default="", max_length=300)
    year_from: Annotated[int | None, Field(ge=0, le=9999)] = None
    year_to: Annotated[int | None, Field(ge=0, le=9999)] = None
    label_id: int | None = None
    label_state: LabelState = LabelState.PRESENT
    status: QueueStatus | None = None
    annotator: int | None = None


class NextRequest(BaseModel):
    """How many images the desk wants, in which order (none: the project's), out of which, and which it has already."""

    count: int = Field(default=5, ge=1, le=queue.BATCH_MOST)
    order: Order | None = None
    label: int | None = None
    # Those that this person passed by, whatever the filter says.
    skipped: bool = False
    filter: FilterRequest | None = None
    question: int | None = None
    held: ImageIds = []

    @property
    def narrow(self) -> QueueFilter:
        """Give the filter as the queue takes it."""
        if self.skipped:
            return SKIPPED
        return QueueFilter() if self.filter is None else QueueFilter(**self.filter.model_dump())


class SubmitRequest(BaseModel):
    """A person's answers for an image, and the labels (with the versions of their definitions) that were asked."""

    image_id: int
    client_key: ClientKey
    answers: Annotated[dict[int, Answer], Field(max_length=1000)]
    asked: Annotated[dict[int, int], Field(max_length=1000)] | None = None
    seconds: float | None = None
    # The question that the image came up for: then only its label is answered.
    question: int | None = None
    # When the image was handed out, as `at` of the item told.
    shown: AwareDatetime | None = None


class SkipRequest(BaseModel):
    """An image passed by."""

    image_id: int
    client_key: ClientKey
    question: int | None = None


class UndoRequest(BaseModel):
    """The submission or the skip to take back."""

    client_key: ClientKey


class ClaimRequest(BaseModel):
    """Images to keep or to give back."""

    image_ids: ImageIds


@router.post(f"{API}/next")
def next_images(access: DeskAnnotator, asked: NextRequest) -> dict[str, Any]:
    """Claim the next images for this person."""
    project, account = access.project, access.account
    # To choose among many thousands takes longer than others should wait to save an answer.
    with session_scope(writes=False) as session:
        blind = blindness.is_blind(session, project, access.role)
        narrow = blindness.without_others_in_queue(asked.narrow) if blind else asked.narrow
        wish = queue_wishes.wish(
            session, project, order=asked.order, label_id=asked.label, narrow=narrow, question=asked.question
        )
        plan = queue_walks.plan(session, project, account, wish)
    with turn_scope() as session:
        batch = queue.next_images(session, project, account, plan, count=asked.count, held=asked.held)
    with session_scope(writes=False) as session:
        items = _items(session, access, batch.images, one_label=asked.question is not None)
        items = _asked(session, account, items)
        empty = None
        if not items:
            empty = queue_progress.why_empty(session, project, account, wish, held=asked.held)
    return {
        "items": [item | {"at": now().isoformat()} for item in items],
        # The order in fact, and why it is not the one that was asked for.
        "order": batch.order.value,
        "label": plan.wish.label_id,
        "fallback": batch.fallback,
        "empty": empty,
    }


@router.get(f"{API}/progress")
def progress(session: DbSession, access: Annotator) -> dict[str, Any]:
    """Tell how far the tagging is, and which labels there are; apart from the images, which must not wait for it."""
    found = queue_progress.progress(session, access.project, access.account)
    return asdict(found) | {"done": found.done, "labels": desk_labels.digest(session, access.project.id)}


# What dozens of people send at once writes in a transaction that begins and ends within the function. One that is held
# from dependency to dependency needs a thread at each step, and all threads may be taken by those who wait for it.


@router.post(f"{API}/submit")
def submit(access: DeskAnnotator, given: SubmitRequest) -> dict[str, Any]:
    """Keep a person's answers for an image."""
    project, account = access.project, access.account
    with turn_scope() as session:
        annotation = queue.answer(
            session,
            project,
            account,
            image_id=given.image_id,
            answers=given.answers,
            client_key=given.client_key,
            asked=given.asked,
            seconds=given.seconds,
            question=given.question,
        )
        said = desk_items.revealed(session, project, account, given.image_id)
        told = submit_notices.notices(session, project, annotation, asked=given.asked, shown=given.shown)
    return {"annotation": annotation.id, "notices": told, "suggestions": [asdict(one) for one in said]}


@router.post(f"{API}/skip")
def skip(access: DeskAnnotator, given: SkipRequest) -> dict[str, Any]:
    """Pass an image by."""
    with turn_scope() as session:
        skipped = queue.skip(
            session,
            access.project,
            access.account,
            image_id=given.image_id,
            client_key=given.client_key,
            question=given.question,
        )
    return {"skip": skipped.id}


@router.post(f"{API}/undo")
def undo(access: DeskAnnotator, given: UndoRequest) -> dict[str, bool]:
    """Take a submission or a skip back."""
    with turn_scope() as session:
        return {"undone": queue.undo(session, access.project, access.account, given.client_key)}


@router.post(f"{API}/renew")
def renew(access: DeskAnnotator, given: ClaimRequest) -> dict[str, list[int]]:
    """Keep images reserved for this person; tells which still are."""
    with turn_scope() as session:
        return {"held": claims.take(session, access.project, access.account, given.image_ids)}


@router.post(f"{API}/release")
def release(access: DeskAnnotator, given: ClaimRequest) -> dict[str, list[int]]:
    """Give images back to the others."""
    with turn_scope() as session:
        claims.release(session, access.account, given.image_ids)
    return {"held": []}


@router.get(f"{API}/history")
def history(
    session: DbSession,
    access: Annotator,
    before: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=queue_history.HISTORY_MOST)] = queue_history.HISTORY_MOST,
) -> dict[str, Any]:
    """List what this person answered and skipped, newest first."""
    past = queue_history.history(session, access.project, access.account, before=before, limit=limit)
    items = _items(session, access, [entry.image for entry in past])
    return {
        "items": [
            item | {"answers": entry.answers, "at": entry.at.isoformat()}
            for item, entry in zip(items, past, strict=True)
        ],
        "before": past[-1].at.isoformat() if len(past) == limit else None,
    }


def _items(
    session: Session, access: Access, images: Iterable[Image], *, one_label: bool = False
) -> list[dict[str, Any]]:
    found = desk_items.items(session, access.project, access.account, images, one_label=one_label, role=access.role)
    return [asdict(item) for item in found]


def _asked(session: Session, account: Account, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say of each item who asks this person for a second opinion, and on which label."""
    found = second_opinions.questions(session, account, [item["id"] for item in items])
    return [
        item | {"asked": [{"label": one.label, "who": one.who} for one in found.get(item["id"], [])]} for item in items
    ]
