"""How well people answer for control images, whose labels are decided: each person by each label, for leads."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.domain.intervals import Interval, wilson
from app.domain.statuses import TruthValue
from app.models import Annotation, AnnotationAnswer, ControlImage, Label, Project, Truth
from app.services import labels, raters
from app.services.adjudications import DECIDING
from app.services.raters import BY_TABLE, GONE, Rater
from app.services.ratings import PRESENT, UNSURE, ratings

# With fewer answers the interval spans more than half of all shares.
FEW = 10


@dataclass(frozen=True)
class Accuracy:
    """How often somebody was right; `unsure` answers count neither way."""

    right: int
    answers: int
    unsure: int

    @property
    def share(self) -> float | None:
        """Give the share of right answers, None where there are none."""
        return self.right / self.answers if self.answers else None

    @property
    def interval(self) -> Interval:
        """Give its 95 % interval."""
        return wilson(self.right, self.answers)

    @property
    def few(self) -> bool:
        """Tell whether there are too few answers to judge anybody by."""
        return self.answers < FEW


NOTHING = Accuracy(0, 0, 0)


@dataclass(frozen=True)
class PersonAccuracy:
    """One person's answers: all together, and by label in the order of labels."""

    person: Rater
    all: Accuracy
    by_label: list[Accuracy]


def by_person(session: Session, project: Project) -> tuple[list[Label], list[PersonAccuracy]]:
    """Hold people's answers for control images against what was decided; who decided on an image is not held to it."""
    live = labels.live_labels(session, project.id)
    counts = _counts(session, project)
    people = []
    for rater in raters.raters(session, project, hidden=False):
        cells = [counts.get((rater.id, label.id), NOTHING) for label in live]
        total = Accuracy(*(sum(part) for part in zip(*((c.right, c.answers, c.unsure) for c in cells), strict=True)))
        if rater.id not in (BY_TABLE, GONE) and (total.answers or total.unsure):
            people.append(PersonAccuracy(rater, total, cells))
    return live, people


def _counts(session: Session, project: Project) -> dict[tuple[int, int], Accuracy]:
    said = ratings(session, project.id)
    decided = exists().where(
        Annotation.image_id == said.c.image_id,
        Annotation.view.in_(DECIDING),
        Annotation.superseded_at.is_(None),
        AnnotationAnswer.annotation_id == Annotation.id,
        AnnotationAnswer.label_id == said.c.label_id,
    )
    query = (
        select(said.c.rater, said.c.label_id, said.c.value, Truth.value, func.count())
        .join(ControlImage, ControlImage.image_id == said.c.image_id)
        .join(Truth, (Truth.image_id == said.c.image_id) & (Truth.label_id == said.c.label_id))
        .where(decided, ~decided.where(Annotation.account_id == said.c.rater))
        .group_by(said.c.rater, said.c.label_id, said.c.value, Truth.value)
    )
    tallies: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for rater, label_id, value, truth, count in session.execute(query):
        tally = tallies[rater, label_id]
        if value == UNSURE:
            tally[2] += count
            continue
        tally[1] += count
        if (value == PRESENT) == (truth is TruthValue.PRESENT):
            tally[0] += count
    return {key: Accuracy(*tally) for key, tally in tallies.items()}
