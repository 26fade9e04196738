"""One place of a review list in full: what people said, what the model says, what the definition is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Verdict, View
from app.models import Account, Run
from app.services import comments, evidence, images, neighbours
from app.services.comments import Remark
from app.services.evidence import RunLabel
from app.services.neighbours import Neighbour
from app.services.review_lists import Entry, ReviewList


@dataclass(frozen=True)
class Voice:
    """Hold what one person, or an import, answered for the label in question."""

    who: str
    answer: Answer
    at: datetime
    view: View
    # Superseded or taken back: it counts no longer.
    past: bool


@dataclass(frozen=True)
class LabelState:
    """Hold one label of the image: what the run was told, what is true today, what the model says."""

    label: RunLabel
    told: int
    today: int
    probability: float
    predicted: bool
    threshold: float


@dataclass(frozen=True)
class Place:
    """Hold an entry with all that a reviewer needs to judge it."""

    entry: Entry
    voices: tuple[Voice, ...]
    states: tuple[LabelState, ...]
    # Today's truth of the label in question: 1 present, 0 absent, -1 unknown or disputed.
    today: int
    # The key of this reviewer's own verdict that counts, by which it can be taken back.
    own_key: str
    remarks: tuple[Remark, ...]
    # The annotated images most like this one; None where nobody has looked for them yet.
    neighbours: tuple[Neighbour, ...] | None

    @property
    def alike(self) -> tuple[int, int]:
        """Count the neighbours that show the label today, and those of which it is known."""
        known = [each.truth for each in self.neighbours or () if each.truth >= 0]
        return sum(known), len(known)

    @property
    def changed(self) -> bool:
        """Tell whether the truth is another one today than the run was told."""
        return self.today != int(self.entry.present)


def describe(
    session: Session,
    run: Run,
    listed: ReviewList,
    entry: Entry,
    account: Account,
    names: Mapping[int, str] | None = None,
) -> Place:
    """Gather what a reviewer needs to judge one place; `names` stand in place of others', by account."""
    shown = names or {}
    seen = listed.seen
    row = int(listed.rows[entry.position])
    today = evidence.truth_today(session, run, [entry.image.id])[0]
    states = tuple(
        LabelState(
            label=label,
            told=int(seen.truth[row, column]),
            today=int(today[column]),
            probability=float(seen.probabilities[row, column]),
            predicted=bool(seen.predictions[row, column]),
            threshold=float(seen.thresholds[column]),
        )
        for column, label in enumerate(seen.labels)
    )
    said = entry.said
    own = said is not None and said.review.account_id == account.id
    return Place(
        entry=entry,
        voices=tuple(_voices(session, entry, shown)),
        states=states,
        today=int(today[seen.column(entry.label.id)]),
        own_key=(said.review.client_key or "") if said is not None and own else "",
        remarks=tuple(
            replace(remark, who=shown.get(remark.comment.account_id or 0, remark.who))
            for remark in comments.remarks(session, entry.image.id)
        ),
        neighbours=neighbours.nearest(session, run, entry.image.id, entry.label.id, seen.labels),
    )


def proposal(entry: Entry, answer: Answer) -> Verdict:
    """Tell which verdict follows from an answer that was given before anything was shown."""
    if answer is Answer.UNSURE:
        return Verdict.AMBIGUOUS
    agrees = (answer is Answer.PRESENT) == entry.present
    return Verdict.MODEL_ERROR if agrees else Verdict.LABEL_ERROR


def _voices(session: Session, entry: Entry, names: Mapping[int, str]) -> list[Voice]:
    return [
        Voice(
            who=names.get(past.account.id, past.account.name) if past.account else "",
            answer=answer,
            at=past.annotation.created_at,
            view=past.annotation.view,
            past=past.annotation.superseded_at is not None,
        )
        for past in images.history(session, entry.image)
        for label, answer in past.answers
        if label.id == entry.label.id
    ]
