from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ground_truth import Decision, SubmittedAnswer, resolve, to_matrix
from app.domain.statuses import Answer, TruthValue
from tests.unit.domain.strategies import reproducible

START = datetime(2026, 1, 1, tzinfo=UTC)
HUMAN, ANIMAL = 1, 2


def votes(*answers: Answer, label: int = HUMAN) -> list[SubmittedAnswer]:
    return [SubmittedAnswer(annotation, label, answer) for annotation, answer in enumerate(answers)]


def decision(answer: Answer, minutes: int = 0, number: int = 0, label: int = HUMAN) -> Decision:
    return Decision(label, answer, START + timedelta(minutes=minutes), number)


@pytest.mark.parametrize(
    ("answers", "truth"),
    [
        ([Answer.PRESENT], {HUMAN: TruthValue.PRESENT}),
        ([Answer.ABSENT], {HUMAN: TruthValue.ABSENT}),
        ([Answer.UNSURE], {}),
        ([], {}),
        ([Answer.PRESENT, Answer.ABSENT], {HUMAN: TruthValue.DISPUTED}),
        ([Answer.PRESENT, Answer.UNSURE, Answer.UNSURE], {HUMAN: TruthValue.PRESENT}),
        ([Answer.PRESENT, Answer.ABSENT, Answer.UNSURE], {HUMAN: TruthValue.DISPUTED}),
        ([Answer.ABSENT, Answer.PRESENT, Answer.ABSENT], {HUMAN: TruthValue.ABSENT}),
    ],
)
def test_the_majority_of_those_who_are_sure_decides(answers: list[Answer], truth: dict[int, TruthValue]) -> None:
    assert resolve([], votes(*answers)) == truth


def test_labels_are_resolved_apart_and_an_unanswered_one_stays_unknown() -> None:
    answers = [*votes(Answer.PRESENT), *votes(Answer.ABSENT, Answer.PRESENT, label=ANIMAL)]

    assert resolve([], answers) == {HUMAN: TruthValue.PRESENT, ANIMAL: TruthValue.DISPUTED}


def test_one_decision_outweighs_every_annotation() -> None:
    unanimous = votes(Answer.ABSENT, Answer.ABSENT, Answer.ABSENT)

    assert resolve([decision(Answer.PRESENT)], unanimous) == {HUMAN: TruthValue.PRESENT}


def test_a_decision_on_one_label_leaves_the_others_to_the_majority() -> None:
    truth = resolve([decision(Answer.PRESENT, label=ANIMAL)], votes(Answer.ABSENT))

    assert truth == {HUMAN: TruthValue.ABSENT, ANIMAL: TruthValue.PRESENT}


def test_the_latest_decision_wins() -> None:
    decisions = [decision(Answer.ABSENT, minutes=2, number=1), decision(Answer.PRESENT, minutes=1, number=2)]

    assert resolve(decisions, []) == {HUMAN: TruthValue.ABSENT}


def test_of_two_decisions_in_one_instant_the_later_number_wins() -> None:
    decisions = [decision(Answer.PRESENT, number=8), decision(Answer.ABSENT, number=7)]

    assert resolve(decisions, []) == {HUMAN: TruthValue.PRESENT}


def test_a_decision_that_it_cannot_be_told_makes_the_label_unknown() -> None:
    assert resolve([decision(Answer.UNSURE)], votes(Answer.PRESENT, Answer.ABSENT)) == {}


def test_an_annotation_has_one_vote_per_label() -> None:
    twice = [SubmittedAnswer(5, HUMAN, Answer.PRESENT), SubmittedAnswer(5, HUMAN, Answer.ABSENT)]

    with pytest.raises(ValueError, match="annotation 5 answers label 1 twice"):
        resolve([], twice)


labels = st.integers(1, 4)
some_answers = st.lists(
    st.builds(SubmittedAnswer, annotation=st.integers(0, 6), label=labels, answer=st.sampled_from(Answer)),
    unique_by=lambda given: (given.annotation, given.label),
)
some_decisions = st.lists(
    st.builds(
        Decision,
        label=labels,
        answer=st.sampled_from(Answer),
        at=st.integers(0, 3).map(lambda minutes: START + timedelta(minutes=minutes)),
        id=st.integers(0, 1000),
    ),
    unique_by=lambda given: given.id,
    max_size=8,
)


@reproducible
@given(some_decisions, some_answers, st.randoms(use_true_random=False))
def test_the_order_of_answers_and_decisions_does_not_matter(
    decisions: list[Decision], answers: list[SubmittedAnswer], randomness: Random
) -> None:
    expected = resolve(decisions, answers)
    randomness.shuffle(decisions)
    randomness.shuffle(answers)

    assert resolve(decisions, answers) == expected


@reproducible
@given(some_answers)
def test_without_decisions_the_truth_is_what_a_count_of_sure_votes_says(answers: list[SubmittedAnswer]) -> None:
    counted = Counter((given.label, given.answer) for given in answers)
    truth = resolve([], answers)

    for label in range(1, 5):
        present, absent = counted[label, Answer.PRESENT], counted[label, Answer.ABSENT]
        if present + absent == 0:
            assert label not in truth
        elif present == absent:
            assert truth[label] is TruthValue.DISPUTED
        else:
            assert truth[label] is (TruthValue.PRESENT if present > absent else TruthValue.ABSENT)


@reproducible
@given(some_decisions, some_answers)
def test_unsure_annotations_change_nothing(decisions: list[Decision], answers: list[SubmittedAnswer]) -> None:
    sure = [given for given in answers if given.answer is not Answer.UNSURE]

    assert resolve(decisions, sure) == resolve(decisions, answers)


def test_the_matrix_masks_what_is_unknown_or_disputed() -> None:
    resolved = [
        {HUMAN: TruthValue.PRESENT, ANIMAL: TruthValue.ABSENT},
        {HUMAN: TruthValue.DISPUTED, 9: TruthValue.PRESENT},
        {},
    ]

    matrix = to_matrix(resolved, [ANIMAL, HUMAN])

    assert matrix.dtype == np.int8
    assert matrix.tolist() == [[0, 1], [-1, -1], [-1, -1]]
    assert to_matrix([], [HUMAN]).shape == (0, 1)
