"""What answers for labels that were merged or split mean now."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ground_truth import Decision, SubmittedAnswer, resolve
from app.domain.lineage import NO_LINEAGE, Lineage, Meant, Merge, Said
from app.domain.statuses import Answer, TruthValue
from tests.unit.domain.strategies import reproducible

START = datetime(2026, 1, 1, tzinfo=UTC)
P, A, U = Answer.PRESENT, Answer.ABSENT, Answer.UNSURE
CAR, VEHICLE, THING = 1, 2, 3
# The car was merged into the vehicle; answers under the vehicle's second wording speak for both.
MERGED = Lineage(merged={CAR: Merge(VEHICLE, 2)})
OLD, NEW = 10, 11
SPLIT = Lineage(split={NEW: OLD})


def votes(*annotations: dict[int, Answer], version: int = 1) -> list[SubmittedAnswer]:
    return [
        SubmittedAnswer(number, label, answer, version)
        for number, said in enumerate(annotations)
        for label, answer in said.items()
    ]


def decision(label: int, answer: Answer, minutes: int = 0, version: int = 1) -> Decision:
    return Decision(label, answer, START + timedelta(minutes=minutes), minutes, version)


@pytest.mark.parametrize(
    ("car", "vehicle", "expected"),
    [(P, A, P), (A, P, P), (U, A, U), (A, U, U), (U, P, P), (A, A, A), (P, None, P), (A, None, A), (None, A, A)],
)
def test_within_one_annotation_present_wins_then_unsure_then_absent(
    car: Answer | None, vehicle: Answer | None, expected: Answer
) -> None:
    said = {label: Said(answer) for label, answer in ((CAR, car), (VEHICLE, vehicle)) if answer is not None}
    assert MERGED.meaning(said) == {VEHICLE: Meant(expected)}


def test_an_answer_given_since_the_merge_speaks_for_both() -> None:
    assert MERGED.meaning({CAR: Said(P), VEHICLE: Said(A, 2)}) == {VEHICLE: Meant(A)}


def test_each_annotation_has_one_vote_and_both_labels_get_the_truth() -> None:
    truth = resolve([], votes({CAR: P, VEHICLE: A}, {CAR: A, VEHICLE: P}, {CAR: A, VEHICLE: A}), MERGED)
    assert truth == {CAR: TruthValue.PRESENT, VEHICLE: TruthValue.PRESENT}


def test_merging_by_way_of_a_third_label_reaches_the_last_one() -> None:
    chain = Lineage(merged={CAR: Merge(VEHICLE, 2), VEHICLE: Merge(THING, 2)})
    assert chain.root(CAR) == THING
    assert chain.labels_of(THING) == [THING, VEHICLE, CAR]
    assert chain.meaning({CAR: Said(P), THING: Said(A)}) == {THING: Meant(P)}
    assert chain.meaning({CAR: Said(P), VEHICLE: Said(A, 2), THING: Said(A)}) == {THING: Meant(A)}
    assert chain.silenced({THING: Said(A, 2)}) == {VEHICLE, CAR}


@pytest.mark.parametrize(
    ("decisions", "annotations", "expected"),
    [
        # Present by decision under either name is present.
        ([decision(CAR, P)], [{VEHICLE: A}], TruthValue.PRESENT),
        # A decision that there is no car says nothing of what else people called a vehicle.
        ([decision(CAR, A)], [{CAR: P, VEHICLE: P}], TruthValue.PRESENT),
        ([decision(CAR, A)], [{CAR: P, VEHICLE: A}], TruthValue.ABSENT),
        ([decision(CAR, A), decision(VEHICLE, A)], [{CAR: P, VEHICLE: P}], TruthValue.ABSENT),
        ([decision(CAR, U)], [{VEHICLE: A}], None),
        ([decision(CAR, U)], [{VEHICLE: P}], TruthValue.PRESENT),
        ([decision(CAR, A)], [{VEHICLE: U}], None),
        # A decision since the merge is about both.
        ([decision(CAR, P), decision(VEHICLE, A, 5, version=2)], [{CAR: P, VEHICLE: P}], TruthValue.ABSENT),
        ([decision(VEHICLE, A, 5, version=1)], [{CAR: P}], TruthValue.PRESENT),
    ],
)
def test_decisions_outweigh_votes_on_the_label_they_were_about(
    decisions: list[Decision], annotations: list[dict[int, Answer]], expected: TruthValue | None
) -> None:
    assert resolve(decisions, votes(*annotations), MERGED).get(VEHICLE) is expected


def test_what_was_split_from_an_absent_label_is_absent_until_somebody_answers() -> None:
    assert resolve([], votes({OLD: A}), SPLIT) == {OLD: TruthValue.ABSENT, NEW: TruthValue.ABSENT}
    assert resolve([], votes({OLD: P}), SPLIT) == {OLD: TruthValue.PRESENT}
    assert resolve([], votes({OLD: A}, {NEW: P}), SPLIT)[NEW] is TruthValue.PRESENT
    assert NEW not in resolve([], votes({OLD: A}, {NEW: U}), SPLIT)
    assert resolve([decision(OLD, A)], votes({OLD: P}), SPLIT)[NEW] is TruthValue.ABSENT
    assert NEW not in resolve([decision(OLD, P)], votes({OLD: A}), SPLIT)
    assert resolve([decision(NEW, P)], votes({OLD: A}), SPLIT)[NEW] is TruthValue.PRESENT


def test_a_label_split_from_one_that_others_were_merged_into_inherits_from_all_of_them() -> None:
    both = Lineage(merged={CAR: Merge(VEHICLE, 2)}, split={NEW: VEHICLE})
    assert resolve([], votes({CAR: A, VEHICLE: A}), both)[NEW] is TruthValue.ABSENT
    assert NEW not in resolve([], votes({CAR: P, VEHICLE: A}), both)


def test_a_part_that_was_merged_on_takes_its_inheritance_along() -> None:
    onward = Lineage(merged={NEW: Merge(THING, 2)}, split={NEW: OLD})
    assert resolve([], votes({OLD: A}), onward)[THING] is TruthValue.ABSENT
    assert resolve([], votes({OLD: A, THING: P}), onward)[THING] is TruthValue.PRESENT


some_answers = st.lists(
    st.builds(
        SubmittedAnswer,
        annotation=st.integers(0, 4),
        label=st.integers(1, 4),
        answer=st.sampled_from(Answer),
        version=st.integers(1, 3),
    ),
    unique_by=lambda given: (given.annotation, given.label),
)


@reproducible
@given(some_answers)
def test_a_lineage_of_other_labels_changes_nothing(answers: list[SubmittedAnswer]) -> None:
    elsewhere = Lineage(merged={90: Merge(91, 2)}, split={92: 93})
    assert resolve([], answers, elsewhere) == resolve([], answers, NO_LINEAGE)


@reproducible
@given(some_answers)
def test_merging_gives_what_answering_the_joined_label_at_once_would_have_given(answers: list[SubmittedAnswer]) -> None:
    before = [one for one in answers if one.version == 1]
    joined: dict[int, list[Answer]] = {}
    for one in before:
        if one.label in (CAR, VEHICLE):
            joined.setdefault(one.annotation, []).append(one.answer)
    strongest = [next(answer for answer in (P, U, A) if answer in said) for said in joined.values()]
    at_once = [SubmittedAnswer(number, VEHICLE, answer) for number, answer in enumerate(strongest)]
    assert resolve([], before, MERGED).get(VEHICLE) is resolve([], at_once).get(VEHICLE)


@pytest.mark.parametrize(("first", "second"), list(product(Answer, Answer)))
def test_the_order_of_merging_two_labels_does_not_matter(first: Answer, second: Answer) -> None:
    said = votes({CAR: first, VEHICLE: second})
    other_way = Lineage(merged={VEHICLE: Merge(CAR, 2)})
    assert resolve([], said, MERGED) == resolve([], said, other_way)
