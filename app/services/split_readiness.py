"""What each split holds of each label, and how well a label can be learned and measured with that."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.intervals import half_width_at_middle, trials_for_half_width
from app.domain.statuses import Split, TruthValue
from app.models import Image, Label, Truth
from app.services.readiness import FEW_POSITIVES
from app.services.split_previews import Preview

# A recall that is known to a tenth can be compared with another one; with a quarter, good and poor look alike.
GOOD_HALF_WIDTH, POOR_HALF_WIDTH = 0.1, 0.25
# Not given yet comes last.
PLACES: tuple[Split | None, ...] = (*Split, None)


@dataclass(frozen=True)
class Holding:
    """In how many images of a split one label is present, absent, disputed, or unknown."""

    present: int
    absent: int
    disputed: int
    unknown: int


@dataclass(frozen=True)
class LabelHoldings:
    """What each split holds of one label; None stands for images whose split is not given yet."""

    label: Label
    of: dict[Split | None, Holding]


@dataclass(frozen=True)
class Holdings:
    """What each split holds: images that are not excluded, and each label in them."""

    images: dict[Split | None, int]
    labels: tuple[LabelHoldings, ...]

    @property
    def places(self) -> list[Split | None]:
        """List the splits that hold anything, or are there anyway."""
        return [place for place in PLACES if place is not Split.TEST or self.images[place]]


@dataclass(frozen=True)
class Standing:
    """How well one label can be learned and measured after the next training, by the images that show it."""

    label: Label
    learn: int
    measure: int
    # How many more tagged images would give enough to measure on, as the collection is so far; None where unknown.
    more_images: int | None

    @property
    def half_width(self) -> float:
        """Say how far recall may be off, from 0 to 0.5: half the width of its 95 % interval at a recall of one half."""
        return half_width_at_middle(self.measure)

    @property
    def missing(self) -> int:
        """Count how many more images that show it would have to be in validation, to know recall well."""
        return max(0, trials_for_half_width(GOOD_HALF_WIDTH) - self.measure)

    @property
    def is_rare_to_learn(self) -> bool:
        """Tell whether too few images show it to learn it from."""
        return self.learn < FEW_POSITIVES

    @property
    def is_rare_to_measure(self) -> bool:
        """Tell whether too few images show it to say how well it was learned."""
        return self.half_width > POOR_HALF_WIDTH


def holdings(session: Session, project_id: int, live: Sequence[Label]) -> Holdings:
    """Count what each split holds today."""
    table, image = Truth.__table__.c, Image.__table__.c
    split, value = type_coerce(image.split, String), type_coerce(table.value, String)
    here = (image.project_id == project_id, image.excluded_at.is_(None))
    by_split = session.execute(select(split, func.count()).where(*here).group_by(image.split)).all()
    images = dict.fromkeys(PLACES, 0) | {_place(name): count for name, count in by_split}
    query = select(table.label_id, split, value, func.count()).join_from(Truth, Image, image.id == table.image_id)
    rows = session.execute(query.where(*here).group_by(table.label_id, image.split, table.value))
    counted = {(label_id, _place(name), said): count for label_id, name, said, count in rows}
    found = []
    for label in live:
        of = {}
        for place in PLACES:
            present, absent, disputed = (counted.get((label.id, place, each.value), 0) for each in TruthValue)
            of[place] = Holding(present, absent, disputed, max(0, images[place] - present - absent - disputed))
        found.append(LabelHoldings(label, of))
    return Holdings(images, tuple(found))


def standings(planned: Preview, valid_share: float) -> list[Standing]:
    """Tell of every label how well it can be learned and measured once the planned splits are given."""
    train, validation = planned.held[Split.TRAIN], planned.held[Split.VALIDATION]
    n = sum(part.images for part in planned.held.values())
    found = []
    for column, label in enumerate(planned.labels):
        showing = sum(part.present[column] for part in planned.held.values())
        measure = validation.present[column]
        missing = max(0, trials_for_half_width(GOOD_HALF_WIDTH) - measure)
        # Of so many more images, that share would show the label, and of these that share would be measured on.
        more = round(missing / (showing / n * valid_share)) if showing else None
        found.append(Standing(label, train.present[column], measure, more))
    return found


def _place(name: str | None) -> Split | None:
    return None if name is None else Split(name)
