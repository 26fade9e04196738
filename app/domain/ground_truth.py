"""Resolve what people answered for one image into its ground truth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from app.domain.statuses import Answer, TruthValue

_CELLS = {TruthValue.PRESENT: 1, TruthValue.ABSENT: 0, TruthValue.DISPUTED: -1}
_DECIDED = {Answer.PRESENT: TruthValue.PRESENT, Answer.ABSENT: TruthValue.ABSENT}


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold what a reviewer or adjudicator answered for one label of the image."""

    label: int
    answer: Answer
    at: datetime
    # The id settles which of two decisions of the same instant is the later one.
    id: int


@dataclass(frozen=True, slots=True)
class SubmittedAnswer:
    """Hold one label's answer in one current, submitted annotation of the image."""

    annotation: int
    label: int
    answer: Answer


def resolve(decisions: Iterable[Decision], answers: Iterable[SubmittedAnswer]) -> dict[int, TruthValue]:
    """Return the ground truth of one image, per label id.

    The latest decision on a label wins over every annotation. Without a decision, the majority of the annotations
    decides; unsure does not vote, and a tie is disputed. A label that is missing from the result is unknown: no one
    answered, everyone was unsure, or the latest decision says that it cannot be told. An imported annotation votes like
    any other. The order of the arguments does not matter.

    Args:
        decisions: answers given in the review and adjudicate views, superseded ones allowed.
        answers: answers of current submitted annotations only; superseded ones have to be left out.

    Raises:
        ValueError: when one annotation answers a label twice, which would give it two votes.

    """
    latest = _latest(decisions)
    resolved: dict[int, TruthValue] = {}
    for label, votes in _votes(answers).items():
        value = _majority(votes)
        if value is not None:
            resolved[label] = value
    for label, decision in latest.items():
        if decision.answer in _DECIDED:
            resolved[label] = _DECIDED[decision.answer]
        else:
            resolved.pop(label, None)
    return resolved


def to_matrix(resolved: Sequence[Mapping[int, TruthValue]], labels: Sequence[int]) -> npt.NDArray[np.int8]:
    """Return the ground truth of n images and L labels as int8 [n, L]: 1 present, 0 absent, -1 unknown or disputed.

    Row i is `resolved[i]`, column j is the label id `labels[j]`; labels that are not listed are left out.
    """
    matrix = np.full((len(resolved), len(labels)), -1, dtype=np.int8)
    columns = {label: column for column, label in enumerate(labels)}
    for row, truth in enumerate(resolved):
        for label, value in truth.items():
            if label in columns:
                matrix[row, columns[label]] = _CELLS[value]
    return matrix


def _latest(decisions: Iterable[Decision]) -> dict[int, Decision]:
    """Return the latest decision per label."""
    latest: dict[int, Decision] = {}
    for decision in decisions:
        known = latest.get(decision.label)
        if known is None or (decision.at, decision.id) > (known.at, known.id):
            latest[decision.label] = decision
    return latest


def _votes(answers: Iterable[SubmittedAnswer]) -> dict[int, list[Answer]]:
    """Return the answers per label, once per annotation."""
    votes: dict[int, list[Answer]] = defaultdict(list)
    seen: set[tuple[int, int]] = set()
    for given in answers:
        key = (given.annotation, given.label)
        if key in seen:
            raise ValueError(f"annotation {given.annotation} answers label {given.label} twice")
        seen.add(key)
        votes[given.label].append(given.answer)
    return votes


def _majority(votes: Sequence[Answer]) -> TruthValue | None:
    """Return what most votes say, disputed for a tie, None where nobody was sure."""
    present = votes.count(Answer.PRESENT)
    absent = votes.count(Answer.ABSENT)
    if present == absent:
        return TruthValue.DISPUTED if present else None
    return TruthValue.PRESENT if present > absent else TruthValue.ABSENT
