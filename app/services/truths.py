"""The ground truth of images, resolved anew whenever an annotation of theirs changes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, case, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.db import is_sole_writer
from app.domain.ground_truth import Decision, SubmittedAnswer, resolve
from app.domain.lineage import Lineage, Merge
from app.domain.statuses import View
from app.models import Annotation, AnnotationAnswer, Image, Label, Truth

# Well below the 32 766 values that SQLite takes in one statement, with room for several rows an image.
BATCH = 500
_LOCKED = "loupe_locked_images"
T = TypeVar("T")


def refresh(session: Session, image_ids: Collection[int], *, known: Iterable[Label] | None = None) -> None:
    """Resolve the ground truth of some images anew from their current annotations.

    `known` are all labels that their project ever had, where somebody has loaded them already.
    """
    for batch in in_batches(sorted(set(image_ids))):
        lock_images(session, batch)
        session.flush()  # the answers that were just given count too
        decisions, answers = _votes(session, batch)
        # Labels of another project are never answered for here, so that all projects' may be read together.
        theirs = Label.project_id.in_(select(Image.project_id).where(Image.id.in_(batch)))
        descent = _lineage(session, theirs) if known is None else lineage_of(known)
        session.execute(delete(Truth).where(Truth.image_id.in_(batch)))
        rows = [
            {"image_id": image_id, "label_id": label_id, "value": value}
            for image_id in batch
            for label_id, value in sorted(resolve(decisions[image_id], answers[image_id], descent).items())
        ]
        if rows:
            session.execute(insert(Truth), rows)
        count_needed(session, Image.id.in_(batch))


def lineage(session: Session, project_id: int) -> Lineage:
    """Tell which labels of a project were merged into others, and which were split from others."""
    return _lineage(session, Label.project_id == project_id)


def count_needed(session: Session, images: ColumnElement[bool]) -> None:
    """Count anew how many people have still to answer for some images; `images` says in SQL which ones."""
    given = (
        select(func.count())
        .where(Annotation.image_id == Image.id, Annotation.superseded_at.is_(None), Annotation.whole)
        .where(Annotation.view.in_([view for view in View if not view.decides]))
        .scalar_subquery()
    )
    missing = case((Image.opinions > given, Image.opinions - given), else_=0)
    session.execute(
        update(Image).where(images).values(needed=missing), execution_options={"synchronize_session": False}
    )


def lock_images(session: Session, image_ids: Collection[int]) -> None:
    """Let no one else answer for these images until this transaction ends.

    Of two answers at the same moment each would otherwise count its votes without the other. SQLite has one writer
    anyway. The order of the ids keeps two batches from waiting for each other.
    """
    held = session.info.setdefault(_LOCKED, set())
    # A session is one transaction: what it has locked stays so until its end, but for what a savepoint takes back.
    if session.in_nested_transaction() or not held.issuperset(image_ids):
        _lock(session, Image.id.in_(image_ids))
        held.update(image_ids)


def lock_all_images(session: Session, project_id: int) -> None:
    """Let no one answer for any image of a project until this transaction ends."""
    _lock(session, Image.project_id == project_id)


def in_batches(values: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces that one statement can take."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _lock(session: Session, wanted: ColumnElement[bool]) -> None:
    if not is_sole_writer(session):
        session.execute(select(Image.id).where(wanted).order_by(Image.id).with_for_update(key_share=True))


def lineage_of(labels: Iterable[Label]) -> Lineage:
    """Tell which of some labels were merged into others, and which were split from others."""
    return _descent((label.id, label.merged_into_id, label.merged_since, label.split_from_id) for label in labels)


def _lineage(session: Session, wanted: ColumnElement[bool]) -> Lineage:
    query = select(Label.id, Label.merged_into_id, Label.merged_since, Label.split_from_id)
    changed = or_(Label.merged_into_id.is_not(None), Label.split_from_id.is_not(None))
    return _descent(session.execute(query.where(wanted, changed)))


def _descent(rows: Iterable[tuple[int, int | None, int | None, int | None]]) -> Lineage:
    merged, split = {}, {}
    for label_id, into, since, parent in rows:
        if into is not None:
            merged[label_id] = Merge(into, since or 1)
        if parent is not None:
            split[label_id] = parent
    return Lineage(merged, split)


def _votes(
    session: Session, image_ids: Collection[int]
) -> tuple[dict[int, list[Decision]], dict[int, list[SubmittedAnswer]]]:
    query = (
        select(
            Annotation.image_id,
            Annotation.id,
            Annotation.view,
            Annotation.created_at,
            AnnotationAnswer.label_id,
            AnnotationAnswer.value,
            AnnotationAnswer.definition_version,
        )
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(Annotation.image_id.in_(image_ids), Annotation.superseded_at.is_(None))
    )
    decisions: dict[int, list[Decision]] = defaultdict(list)
    answers: dict[int, list[SubmittedAnswer]] = defaultdict(list)
    for image_id, annotation_id, view, created_at, label_id, value, version in session.execute(query):
        if view.decides:
            decisions[image_id].append(Decision(label_id, value, created_at, annotation_id, version))
        else:
            answers[image_id].append(SubmittedAnswer(annotation_id, label_id, value, version))
    return decisions, answers
