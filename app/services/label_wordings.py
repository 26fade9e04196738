"""The wordings of a label's definition: each is a version, and answers keep the one they were given under."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Account, Annotation, AnnotationAnswer, Label, LabelDefinition


class Piece(StrEnum):
    """Say of a piece of text which of two wordings it stands in."""

    BOTH = "both"
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True)
class Wording:
    """A version of a definition: who wrote it, and how many answers that count now were given under it."""

    definition: LabelDefinition
    who: str
    answers: int


def keep(session: Session, label: Label, account: Account | None) -> None:
    """Write down the wording that a label has now."""
    session.add(
        LabelDefinition(
            label_id=label.id,
            version=label.definition_version,
            text=label.definition,
            author_id=account.id if account else None,
        )
    )


def reword(session: Session, label: Label, text: str, account: Account | None) -> None:
    """Give a label another wording as its next version, be it one that it had before."""
    label.definition, label.definition_version = text, label.definition_version + 1
    keep(session, label, account)


def history(session: Session, label: Label) -> list[Wording]:
    """List the wordings of a label, newest first."""
    rows = session.execute(
        select(LabelDefinition, Account.name)
        .outerjoin(Account, Account.id == LabelDefinition.author_id)
        .where(LabelDefinition.label_id == label.id)
        .order_by(LabelDefinition.version.desc())
    )
    counted = session.execute(
        select(AnnotationAnswer.definition_version, func.count().label("answers"))
        .join(Annotation, Annotation.id == AnnotationAnswer.annotation_id)
        .where(AnnotationAnswer.label_id == label.id, Annotation.superseded_at.is_(None))
        .group_by(AnnotationAnswer.definition_version)
    )
    answers = {row.definition_version: row.answers for row in counted}
    return [Wording(wording, who or "", answers.get(wording.version, 0)) for wording, who in rows]


def compare(earlier: str, later: str) -> list[tuple[Piece, str]]:
    """Cut two wordings into what both say, what only the earlier says and what only the later says, word by word."""
    old, new = _words(earlier), _words(later)
    pieces: list[tuple[Piece, str]] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append((Piece.BOTH, "".join(old[i1:i2])))
            continue
        pieces += [(Piece.EARLIER, "".join(old[i1:i2]))] if i2 > i1 else []
        pieces += [(Piece.LATER, "".join(new[j1:j2]))] if j2 > j1 else []
    return pieces


def _words(text: str) -> list[str]:
    # Each word keeps the space behind it, so that the pieces put together are the text again.
    return re.findall(r"\S+\s*|\s+", text)
