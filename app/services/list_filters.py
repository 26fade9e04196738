"""What narrows a list: a slice of the collection, who annotated, and whether somebody has judged a place already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from app.domain.matrices import Flags
from app.models import Account, Annotation, AnnotationAnswer, Run
from app.services import reviews, slices
from app.services.evidence import Evidence
from app.services.list_queries import ListQuery, Reviewed


@dataclass(frozen=True)
class Annotator:
    """Somebody who annotated in a project."""

    id: int
    name: str


def let_through(session: Session, run: Run, query: ListQuery, seen: Evidence) -> Flags:
    """Tell which cells pass the filters of a query, bool [n, L]; label and direction are not among them."""
    passed = np.ones(seen.truth.shape, dtype=np.bool_)
    if query.slice:
        wanted = slices.member_ids(session, run.project_id, query.slice)
        passed &= np.isin(seen.image_ids, wanted)[:, None]
    if query.annotator is not None:
        passed &= answered_by(session, run, query.annotator, seen)
    if query.reviewed is not Reviewed.ANY:
        judged = reviewed_cells(session, run, seen, query.as_of)
        passed &= judged if query.reviewed is Reviewed.DONE else ~judged
    return passed


def answered_by(session: Session, run: Run, account_id: int, seen: Evidence) -> Flags:
    """Tell which cells an account's current annotations answer, bool [n, L]."""
    # One row an image instead of one a label: with many labels, reading the rows would take most of the time.
    labels = func.aggregate_strings(cast(AnnotationAnswer.label_id, String), ",")
    query = (
        select(Annotation.image_id, labels)
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(
            Annotation.project_id == run.project_id,
            Annotation.account_id == account_id,
            Annotation.superseded_at.is_(None),
        )
        .group_by(Annotation.id, Annotation.image_id)
    )
    answered = np.zeros(seen.truth.shape, dtype=np.bool_)
    rows = {image_id: row for row, image_id in enumerate(seen.image_ids.tolist())}
    columns = {str(label.id): column for column, label in enumerate(seen.labels)}
    # Most annotations answer the same labels: each set is looked up once.
    known: dict[str, list[int]] = {}
    for image_id, given in session.execute(query):
        if image_id not in rows:
            continue
        if given not in known:
            known[given] = [columns[each] for each in given.split(",") if each in columns]
        answered[rows[image_id], known[given]] = True
    return answered


def reviewed_cells(session: Session, run: Run, seen: Evidence, as_of: datetime | None) -> Flags:
    """Tell on which cells a verdict stood at a moment (None: now), bool [n, L]."""
    judged = np.zeros(seen.truth.shape, dtype=np.bool_)
    rows = {image_id: row for row, image_id in enumerate(seen.image_ids.tolist())}
    columns = {label.id: column for column, label in enumerate(seen.labels)}
    for image_id, label_id in reviews.verdicts(session, run, as_of=as_of):
        if image_id in rows and label_id in columns:
            judged[rows[image_id], columns[label_id]] = True
    return judged


def annotators(session: Session, project_id: int, names: Mapping[int, str] | None = None) -> list[Annotator]:
    """List who has annotations that count in a project, by name; `names` stand in place of people's, by account."""
    who = select(Annotation.account_id).where(Annotation.project_id == project_id, Annotation.superseded_at.is_(None))
    query = select(Account.id, Account.name).where(Account.id.in_(who)).order_by(func.lower(Account.name), Account.id)
    shown = [Annotator(one, (names or {}).get(one, name)) for one, name in session.execute(query)]
    # In the order of their own names, hidden ones would be known by their places.
    return sorted(shown, key=lambda each: (len(each.name), each.name)) if names else shown
