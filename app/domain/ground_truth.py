"""Resolve what people answered for one image into its ground truth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from app.domain.lineage import NO_LINEAGE, Lineage, Meant, Said
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
    # Of the label's definition.
    version: int = 1


@dataclass(frozen=True, slots=True)
class SubmittedAnswer:
    """Hold one label's answer in one current, submitted annotation of the image."""

    annotation: int
    label: int
    answer: Answer
    # Of the label's definition.
    version: int = 1


def resolve(
    decisions: Iterable[Decision], answers: Iterable[SubmittedAnswer], lineage: Lineage = NO_LINEAGE
) -> dict[int, TruthValue]:
    """Return the ground truth of one image, per label id.

    The latest decision on a label wins over every annotation. Without a decision, the majority of the annotations
    decides; unsure does not vote, and a tie is disputed. A label that is missing from the result is unknown: no one
    answered, everyone was unsure, or the latest decision says that it cannot be told. An imported annotation votes like
    any other. The order of the arguments does not matter.

    Answers for a label that was merged into another count for that one, once per annotation, and both get the same
    truth. A label that was split from an absent one is absent until somebody answers for it (see `lineage`).

    Args:
        decisions: answers given in the review and adjudicate views, superseded ones allowed.
        answers: answers of current submitted annotations only; superseded ones have to be left out.
        lineage: which labels were merged into others or split from them.

    Raises:
        ValueError: when one annotation answers a label twice, which would give it two votes.

    """
    settled = {label: Said(one.answer, one.version) for label, one in _latest(decisions).items()}
    silenced = lineage.silenced(settled)
    settled = {label: said for label, said in settled.items() if label not in silenced}
    decided = lineage.meaning(settled)
    votes: dict[int, list[Meant]] = defaultdict(list)
    for given in _by_annotation(answers).values():
        # A decision on a label replaces the votes on it, be it merged by now or not.
        counted = {label: said for label, said in given.items() if label not in settled and label not in silenced}
        for label, meant in lineage.meaning(counted).items():
            votes[label].append(meant)
    resolved = {}
    for label in votes.keys() | decided.keys():
        value = _resolved(decided.get(label), votes.get(label, []))
        if value is not None:
            resolved[label] = value
    return resolved | {label: resolved[root] for label in lineage.merged if (root := lineage.root(label)) in resolved}


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


def _by_annotation(answers: Iterable[SubmittedAnswer]) -> dict[int, dict[int, Said]]:
    """Return what each annotation says of each label."""
    found: dict[int, dict[int, Said]] = defaultdict(dict)
    for given in answers:
        if given.label in found[given.annotation]:
            raise ValueError(f"annotation {given.annotation} answers label {given.label} twice")
        found[given.annotation][given.label] = Said(given.answer, given.version)
    return found


def _resolved(decided: Meant | None, votes: Sequence[Meant]) -> TruthValue | None:
    """Return what the decision and the votes on one label come to, None where it is unknown.

    Both are there only where labels were merged: then each speaks of another part of what is one label now.
    """
    everything = [*votes, *([decided] if decided else [])]
    if any(not meant.inherited for meant in everything):
        votes = [vote for vote in votes if not vote.inherited]
        decided = None if decided is None or decided.inherited else decided
    if not votes:
        return None if decided is None else _DECIDED.get(decided.answer)
    majority = _majority([vote.answer for vote in votes])
    if decided is None or decided.answer is Answer.ABSENT:
        return majority
    if decided.answer is Answer.PRESENT:
        return TruthValue.PRESENT
    return None if majority is TruthValue.ABSENT else majority


def _majority(votes: Sequence[Answer]) -> TruthValue | None:
    """Return what most votes say, disputed for a tie, None where nobody was sure."""
    present = votes.count(Answer.PRESENT)
    absent = votes.count(Answer.ABSENT)
    if present == absent:
        return TruthValue.DISPUTED if present else None
    return TruthValue.PRESENT if present > absent else TruthValue.ABSENT
