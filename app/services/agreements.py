"""How far people agree, label by label: together, two by two, and as the work goes on."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.domain.agreement import Agreement, PairAgreement, agreement, pair_agreement
from app.i18n import gettext as _
from app.models import Label, Project
from app.services import labels
from app.services.raters import Rater
from app.services.ratings import ABSENT, PRESENT, per_image, ratings

# So many images give an interval narrow enough to see a change by.
PIECE = 100
# Below this an interval reaches so far that the figure says next to nothing.
FEW_IMAGES = 10


class Pieces(StrEnum):
    """Say into which pieces the course of the work is cut."""

    HUNDRED = "hundred"
    WEEK = "week"


@dataclass(frozen=True)
class LabelAgreement:
    """How far people agree about one label; `pair` is there where exactly two of them ever answered."""

    label: Label
    together: Agreement
    unsure: int
    pair: PairAgreement | None

    @property
    def few(self) -> bool:
        """Tell whether there are too few images to say much."""
        return self.together.images < FEW_IMAGES


@dataclass(frozen=True)
class Pair:
    """Two people and one label: the table of what both said, and how far they agree.

    `only_first` counts the images of which the first says present and the second absent.
    """

    first: Rater
    second: Rater
    label: Label
    figures: PairAgreement
    both: int
    only_first: int
    only_second: int
    neither: int


@dataclass(frozen=True)
class Piece:
    """A stretch of the work, and how far people agreed in it."""

    name: str
    begin: datetime
    together: Agreement


def by_label(session: Session, project: Project, raters: Sequence[Rater]) -> list[LabelAgreement]:
    """Measure every label by itself; figures of several labels are never pooled."""
    counts = per_image(ratings(session, project.id))
    rows = session.execute(
        select(counts.c.label_id, counts.c.present, counts.c.absent, func.count(), func.sum(counts.c.unsure)).group_by(
            counts.c.label_id, counts.c.present, counts.c.absent
        )
    ).all()
    patterns: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    unsure: Counter[int] = Counter()
    for label_id, present, absent, images, doubts in rows:
        patterns[label_id].append((present, absent, images))
        unsure[label_id] += int(doubts)  # a sum of a sum is a Decimal in PostgreSQL
    two = _of_two(session, project, raters)
    return [
        LabelAgreement(
            label=label,
            together=_together(project, patterns[label.id]),
            unsure=unsure[label.id],
            pair=two.get(label.id),
        )
        for label in labels.live_labels(session, project.id)
    ]


def pairs(session: Session, project: Project, raters: Sequence[Rater], label: Label | None = None) -> list[Pair]:
    """Hold every two people against each other who answered for the same images, label by label."""
    known = {rater.id: rater for rater in raters}
    order = {rater.id: place for place, rater in enumerate(raters)}
    tables: dict[tuple[int, int, int], list[list[int]]] = {}
    for label_id, one, other, said, heard, images in session.execute(_pair_counts(session, project.id, label)):
        first, second = sorted((one, other), key=order.__getitem__)
        table = tables.setdefault((label_id, first, second), [[0, 0], [0, 0]])
        row, column = (said, heard) if first == one else (heard, said)
        # Present first, as a reader expects.
        table[1 - row][1 - column] += images
    named = {each.id: each for each in labels.live_labels(session, project.id)}
    found = [
        _pair(project, named[label_id], known[first], known[second], table)
        for (label_id, first, second), table in tables.items()
    ]
    place = {label_id: place for place, label_id in enumerate(named)}
    return sorted(found, key=lambda pair: (place[pair.label.id], order[pair.first.id], order[pair.second.id]))


def course(session: Session, project: Project, label: Label, pieces: Pieces) -> list[Piece]:
    """Measure one label in pieces of the work; an image belongs where its last answer was given."""
    counts = per_image(ratings(session, project.id, label.id))
    rows = session.execute(
        select(counts.c.at, counts.c.present, counts.c.absent)
        .where(counts.c.present + counts.c.absent >= 2)
        .order_by(counts.c.at, counts.c.image_id)
    ).all()
    stretches: dict[str, list[tuple[datetime, int, int]]] = defaultdict(list)
    for place, (at, present, absent) in enumerate(rows):
        begin = place // PIECE * PIECE
        name = f"{at:%G-W%V}" if pieces is Pieces.WEEK else _hundred(begin, len(rows))
        stretches[name].append((at, present, absent))
    return [
        Piece(name, stretch[0][0], _together(project, [(present, absent, 1) for _moment, present, absent in stretch]))
        for name, stretch in stretches.items()
    ]


def _hundred(begin: int, total: int) -> str:
    return _("%(first)s to %(last)s") % {"first": begin + 1, "last": min(begin + PIECE, total)}


def _together(project: Project, patterns: Sequence[tuple[int, int, int]]) -> Agreement:
    counts = [(present, absent) for present, absent, _images in patterns]
    return agreement(counts, [images for _present, _absent, images in patterns], seed=project.seed)


def _pair(project: Project, label: Label, first: Rater, second: Rater, table: list[list[int]]) -> Pair:
    (both, only_first), (only_second, neither) = table
    figures = pair_agreement(table, seed=project.seed)
    return Pair(first, second, label, figures, both, only_first, only_second, neither)


def _of_two(session: Session, project: Project, raters: Sequence[Rater]) -> dict[int, PairAgreement]:
    """Give by label how far the two agree, in a project where exactly two ever answered."""
    by_label: dict[int, list[Pair]] = defaultdict(list)
    if len(raters) == 2:
        for pair in pairs(session, project, raters):
            by_label[pair.label.id].append(pair)
    return {label_id: found[0].figures for label_id, found in by_label.items()}


def _pair_counts(session: Session, project_id: int, label: Label | None) -> Select[Any]:
    """Count the images by what two people said of a label, each two of them once."""
    label_id = None if label is None else label.id
    one, other = ratings(session, project_id, label_id), ratings(session, project_id, label_id)
    same = and_(one.c.image_id == other.c.image_id, one.c.label_id == other.c.label_id, one.c.rater < other.c.rater)
    keys = (one.c.label_id, one.c.rater, other.c.rater, one.c.value, other.c.value)
    sure = (one.c.value.in_((PRESENT, ABSENT)), other.c.value.in_((PRESENT, ABSENT)))
    return select(*keys, func.count()).join_from(one, other, same).where(*sure).group_by(*keys)


def to_dict(session: Session, project: Project, raters: Sequence[Rater]) -> dict[str, Any]:
    """Give all figures for JSON: of each label, and of each two people and label; None where undefined."""
    return {
        "labels": [
            {"label": row.label.name, "unsure": row.unsure}
            | _as_dict(row.together)
            | {"kappa": None if row.pair is None else row.pair.kappa.to_dict()}
            for row in by_label(session, project, raters)
        ],
        "pairs": [
            {
                "label": pair.label.name,
                "first": pair.first.name,
                "second": pair.second.name,
                "images": pair.figures.images,
                "both_present": pair.both,
                "only_first_present": pair.only_first,
                "only_second_present": pair.only_second,
                "both_absent": pair.neither,
                "share": pair.figures.share.to_dict(),
                "kappa": pair.figures.kappa.to_dict(),
            }
            for pair in pairs(session, project, raters)
        ],
    }


def course_to_dicts(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Give the course of one label for JSON and CSV, a row a stretch."""
    return [{"stretch": piece.name, "begin": piece.begin.isoformat()} | _as_dict(piece.together) for piece in pieces]


def _as_dict(measured: Agreement) -> dict[str, Any]:
    counts = {"images": measured.images, "answers": measured.answers, "differing": measured.differing}
    return counts | {name: getattr(measured, name).to_dict() for name in ("share", "present", "alpha")}
