"""What was done to the labels of a project: written down with what was before, so that it can be told and undone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind
from app.errors import NotFoundError
from app.models import Account, Label, LabelChange
from app.models.types import now

State = dict[str, Any]
# Whoever puts labels in order presses a button a dozen times; within these minutes that is one change.
ONE_SITTING = timedelta(minutes=5)
LIST_LIMIT = 200


@dataclass(frozen=True)
class ChangeRow:
    """A change as lists show it: by whom, and which labels it was about, by the names they have now."""

    change: LabelChange
    who: str
    labels: list[Label]


def record(
    session: Session,
    project_id: int,
    kind: LabelChangeKind,
    before: State,
    after: State,
    *,
    label_ids: list[int],
    account: Account | None,
) -> LabelChange:
    """Write down a change; `label_ids` are the labels whose pages tell it."""
    change = LabelChange(
        project_id=project_id,
        kind=kind,
        before=before,
        after=after | {"labels": label_ids},
        account_id=account.id if account else None,
    )
    session.add(change)
    session.flush()  # callers hand its id on, to undo it
    return change


def continued(session: Session, project_id: int, kind: LabelChangeKind, account: Account | None) -> LabelChange | None:
    """Find the latest change if this person made one of the same kind just now, so that both count as one."""
    latest = session.scalars(
        select(LabelChange).where(LabelChange.project_id == project_id).order_by(LabelChange.id.desc()).limit(1)
    ).first()
    if latest is None or latest.kind is not kind or latest.undone_at is not None:
        return None
    same = latest.account_id == (account.id if account else None)
    return latest if same and now() - latest.created_at < ONE_SITTING else None


def get_change(session: Session, project_id: int, change_id: int) -> LabelChange:
    """Load a change of a project, undone or not."""
    change = session.get(LabelChange, change_id)
    if change is None or change.project_id != project_id:
        raise NotFoundError
    return change


def changes_of(session: Session, project_id: int, label_id: int | None = None) -> list[ChangeRow]:
    """List the latest changes of a project or of one label, newest first."""
    query = (
        select(LabelChange, Account.name)
        .outerjoin(Account, Account.id == LabelChange.account_id)
        .where(LabelChange.project_id == project_id)
        .order_by(LabelChange.id.desc())
    )
    labels = {one.id: one for one in session.scalars(select(Label).where(Label.project_id == project_id))}
    rows = []
    for change, who in session.execute(query.limit(LIST_LIMIT)):
        about = label_ids_of(change)
        if label_id is None or label_id in about:
            rows.append(ChangeRow(change, who or "", [labels[one] for one in about if one in labels]))
    return rows


def label_ids_of(change: LabelChange) -> list[int]:
    """List the labels that a change is about."""
    listed = change.after.get("labels", [])
    return [one for one in listed if isinstance(one, int)] if isinstance(listed, list) else []
