"""Thresholds in words."""

import pytest

from app.domain.against_half import Difference, Measure
from app.domain.intervals import NOTHING_KNOWN, Interval
from app.domain.objectives import F1, Objective, ObjectiveKind
from app.models import Threshold, ThresholdSet
from app.services import threshold_words
from app.services.threshold_sets import SetRow

WORDS = [
    (Objective(value=0.5), "F0.5"),
    (Objective(ObjectiveKind.RECALL_AT_PRECISION, 0.9), "highest recall with precision of at least 0.9"),
    (Objective(ObjectiveKind.PRECISION_AT_RECALL, 0.25), "highest precision with recall of at least 0.25"),
    (Objective(ObjectiveKind.COST, 5.0), "least cost, a miss counting 5 times a false alarm"),
    (Objective(ObjectiveKind.PREVALENCE, 1 / 3), "33.3 % of the images tagged"),
]


@pytest.mark.parametrize(("objective", "words"), WORDS)
def test_every_objective_has_words(objective: Objective, words: str) -> None:
    assert threshold_words.objective_words(objective) == words


def test_a_threshold_says_where_it_comes_from() -> None:
    assert threshold_words.origin_words("by hand") == "set by hand"
    assert threshold_words.origin_words("cost 2") == "tuned for least cost, a miss counting 2 times a false alarm"


def test_a_set_says_how_it_came_about() -> None:
    by_hand, tuned = Threshold(objective="by hand"), Threshold(objective="f1")
    said = [
        threshold_words.set_words(SetRow(ThresholdSet(objective=objective), "", dict(enumerate(rows))))
        for objective, rows in [
            (None, [by_hand, tuned]),
            (None, [by_hand, by_hand]),
            ({"kind": "prevalence", "value": None}, [tuned]),
            ({"kind": "f_beta", "value": 2.0}, [tuned]),
        ]
    ]
    assert said == [
        "differs from label to label",
        "set by hand",
        "tagged as often as each label's annotated images show it",
        "tuned for F2",
    ]


def test_what_tuning_gained_is_said_only_where_it_is_more_than_chance() -> None:
    clear = Difference(Measure.F_BETA, 0.7, 0.6, Interval(0.05, 0.15))
    unclear = Difference(Measure.F_BETA, 0.6, 0.604, Interval(-0.05, 0.04))
    assert threshold_words.gain_words(F1, (clear,)) == (
        "Against 0.5, on the same images and cross-fitted: F1 changes by +0.10 [+0.05 to +0.15]."
    )
    assert threshold_words.gain_words(F1, (unclear,)) == (
        "On these images it cannot be told from 0.5, which may do as well: F1 changes by 0.00 [−0.05 to +0.04]."  # noqa: RUF001
    )
    unknown = Difference(Measure.F_BETA, 0.6, 0.6, NOTHING_KNOWN)
    assert threshold_words.gain_words(F1, (unknown,)) == "Nothing here can tell this threshold from 0.5."
