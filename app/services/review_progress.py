"""How far the judging of a list is, what it brought to light, and whether to go on."""

from dataclasses import dataclass

import numpy as np

from app.domain.intervals import Interval, wilson
from app.domain.statuses import Answer, Verdict
from app.domain.stopping import Advice, advise
from app.services.review_lists import ReviewList
from app.services.reviews import Said


@dataclass(frozen=True)
class Share:
    """Hold how many of how many, with the 95 % Wilson interval of the share."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """Return the share; there must be something it is a share of."""
        return self.count / self.of

    @property
    def interval(self) -> Interval:
        """Return the range in which the share lies in 95 of 100 such cases."""
        return wilson(self.count, self.of)


@dataclass(frozen=True)
class ReviewProgress:
    """Hold what the verdicts on the places of a list say; of two on one place the later one."""

    total: int
    # Places with any verdict, second opinions and exclusions too.
    reviewed: int
    # Of the places where the annotation was judged, those where it was wrong.
    wrong: Share
    # Of the answers given before anything was shown, those that agree with the annotation; unsure ones left out.
    blind: Share
    advice: Advice


def measure(listed: ReviewList) -> ReviewProgress:
    """Measure how far a list is judged."""
    said = _in_order(listed)
    found = [each.review.verdict is Verdict.LABEL_ERROR for each, _told in said if each.review.verdict.judges]
    answers = [
        (each.review.blind_answer is Answer.PRESENT) == told
        for each, told in said
        if each.review.blind_answer in {Answer.PRESENT, Answer.ABSENT}
    ]
    return ReviewProgress(
        total=len(listed),
        reviewed=len(said),
        wrong=Share(sum(found), len(found)),
        blind=Share(sum(answers), len(answers)),
        advice=advise(found),
    )


def _in_order(listed: ReviewList) -> list[tuple[Said, bool]]:
    """Give the verdicts on the places of a list in its order, each with whether the run was told of the label."""
    seen = listed.seen
    position = np.full(seen.truth.shape, -1, dtype=np.int64)
    position[listed.rows, listed.columns] = np.arange(len(listed))
    rows = {int(image_id): row for row, image_id in enumerate(seen.image_ids)} if listed.verdicts else {}
    placed = []
    for (image_id, label_id), said in listed.verdicts.items():
        row, column = rows.get(image_id, -1), seen.column(label_id)
        if row >= 0 and column >= 0 and position[row, column] >= 0:
            placed.append((int(position[row, column]), said, bool(seen.truth[row, column] == 1)))
    return [(said, told) for _place, said, told in sorted(placed, key=lambda each: each[0])]
