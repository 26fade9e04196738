"""The table that the newspaper-photograph lesson ends with can be read off the report of a run with the same counts.

The lesson judges 600 validation images at 0.5 with `zero_division=1`. Its figures have two decimals; the counts below
are the only ones that give them (for "human" 443 or 444 hits would). Which labels meet in one image it does not print:
the rows are dealt so that the samples averages come out as printed, too.
"""

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import accuracy_score, classification_report, fbeta_score, hamming_loss
from sqlalchemy.orm import Session

from app.domain.scores import Scoring
from app.domain.statuses import Role, Split
from app.models import Account, Image, Label, Run
from app.services import evaluations
from app.services.evaluations import Report
from app.services.evidence import Basis
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory
from tests.run_factory import COLOURS, NAMES, make_run

Cells = npt.NDArray[np.int8]
N = 600
# Found, wrongly added, missed.
COUNTS = {"animal": (5, 4, 26), "human": (443, 38, 38), "human-structure": (66, 28, 38), "landscape": (30, 12, 21)}
PRINTED = {
    "animal": (0.56, 0.16, 0.25, 31),
    "human": (0.92, 0.92, 0.92, 481),
    "human-structure": (0.70, 0.63, 0.67, 104),
    "landscape": (0.71, 0.59, 0.65, 51),
    "micro": (0.87, 0.82, 0.84, 667),
    "macro": (0.72, 0.58, 0.62, 667),
    "weighted": (0.85, 0.82, 0.83, 667),
    "samples": (0.89, 0.87, 0.84, 667),
}
AS_THE_LESSON = Scoring(undefined_as_one=True)


def dealt(seed: int) -> tuple[Cells, Cells]:
    """Deal the counts to 600 images at random, int8 [600, 4] each: what is true, what is predicted."""
    generator = np.random.default_rng(seed)
    truth, predicted = np.zeros((2, N, len(NAMES)), dtype=np.int8)
    for column, name in enumerate(NAMES):
        found, added, missed = COUNTS[name]
        order = generator.permutation(N)
        truth[order[:found], column] = predicted[order[: found + added], column] = 1
        truth[order[found + added : found + added + missed], column] = 1
    return truth, predicted


def samples(truth: Cells, predicted: Cells) -> npt.NDArray[np.float64]:
    """Reckon the samples averages, 0/0 = 1."""
    hits, true, given = (truth & predicted).sum(axis=1), truth.sum(axis=1), predicted.sum(axis=1)
    precision = np.where(given > 0, hits / np.maximum(given, 1), 1)
    recall = np.where(true > 0, hits / np.maximum(true, 1), 1)
    f1 = np.where(true + given > 0, 2 * hits / np.maximum(true + given, 1), 1)
    return np.array([each.mean() for each in (precision, recall, f1)])


def as_printed(seed: int = 0) -> tuple[Cells, Cells]:
    """Exchange labels between images, which changes no count of a label, until the samples averages are as printed."""
    generator = np.random.default_rng(seed)
    truth, predicted = dealt(seed)
    wanted = np.array(PRINTED["samples"][:3])
    distance = np.abs(samples(truth, predicted) - wanted).sum()
    while (np.round(samples(truth, predicted), 2) != wanted).any():
        column, rows = generator.integers(len(NAMES)), generator.integers(N, size=2)
        for cells in (truth, predicted):
            cells[rows, column] = cells[rows[::-1], column]
        moved = np.abs(samples(truth, predicted) - wanted).sum()
        if moved <= distance:
            distance = moved
            continue
        for cells in (truth, predicted):
            cells[rows, column] = cells[rows[::-1], column]
    return truth, predicted


@pytest.fixture(scope="module")
def lesson() -> tuple[Cells, Cells]:
    return as_printed()


@pytest.fixture
def run(session: Session, lesson: tuple[Cells, Cells]) -> Run:
    """A run whose probabilities lie on the side of 0.5 that the lesson's model took."""
    truth, predicted = lesson
    project = ProjectFactory.create(session=session)
    lead: Account = AccountFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=lead.id, role=Role.LEAD)
    labels: list[Label] = [
        LabelFactory.create(
            session=session, project_id=project.id, name=name, colour=COLOURS[i], key=str(i), position=i
        )
        for i, name in enumerate(NAMES)
    ]
    images: list[Image] = [
        ImageFactory.create(session=session, project_id=project.id, name=f"{i:04}.jpg", split=Split.VALIDATION)
        for i in range(N)
    ]
    said = np.where(predicted == 1, 0.75, 0.25).astype(np.float32)
    return make_run(session, project, labels, images, [Split.VALIDATION] * N, truth, said, account=lead)


@pytest.fixture
def made(session: Session, run: Run) -> Report:
    return evaluations.report(session, run, Split.VALIDATION, Basis.HALF, AS_THE_LESSON)


def test_every_printed_figure_can_be_read_off_the_report(made: Report) -> None:
    read = {
        row.label.name: (row.metrics.precision, row.metrics.recall, row.metrics.f1, row.metrics.support)
        for row in made.labels
    }
    for name in ("micro", "macro", "weighted", "samples"):
        average = getattr(made.evaluation, name)
        read[name] = (average.precision, average.recall, average.f1, average.support)
    assert {name: tuple(round(value, 2) for value in figures) for name, figures in read.items()} == PRINTED


def test_every_figure_equals_scikit_learns_report(made: Report, lesson: tuple[Cells, Cells]) -> None:
    truth, predicted = lesson
    theirs = classification_report(truth, predicted, target_names=NAMES, zero_division=1, output_dict=True)
    ours = {row.label.name: row.metrics for row in made.labels}
    ours |= {f"{name} avg": getattr(made.evaluation, name) for name in ("micro", "macro", "weighted", "samples")}
    assert ours.keys() == theirs.keys()
    for name, figures in ours.items():
        expected = (theirs[name]["precision"], theirs[name]["recall"], theirs[name]["f1-score"])
        assert (figures.precision, figures.recall, figures.f1) == pytest.approx(expected, abs=1e-12)
        assert figures.support == theirs[name]["support"]
    assert made.evaluation.subset_accuracy == pytest.approx(accuracy_score(truth, predicted), abs=1e-12)
    assert made.evaluation.hamming_loss == pytest.approx(hamming_loss(truth, predicted), abs=1e-12)
    assert made.evaluation.accuracy_multi == pytest.approx((truth == predicted).mean(), abs=1e-12)


@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_so_does_f_beta(session: Session, run: Run, lesson: tuple[Cells, Cells], beta: float) -> None:
    truth, predicted = lesson
    made = evaluations.report(session, run, Split.VALIDATION, Basis.HALF, Scoring(beta, undefined_as_one=True))
    each = fbeta_score(truth, predicted, beta=beta, average=None, zero_division=1)
    assert [row.metrics.f_beta for row in made.labels] == pytest.approx(each, abs=1e-12)
    for name in ("micro", "macro", "weighted", "samples"):
        expected = fbeta_score(truth, predicted, beta=beta, average=name, zero_division=1)
        assert getattr(made.evaluation, name).f_beta == pytest.approx(expected, abs=1e-12)


def test_counted_as_0_the_samples_averages_are_lower_and_the_rest_is_the_same(
    session: Session, run: Run, made: Report
) -> None:
    usual = evaluations.report(session, run, Split.VALIDATION, Basis.HALF)
    assert usual.evaluation.samples.f1 < made.evaluation.samples.f1
    assert usual.evaluation.macro == made.evaluation.macro
    assert usual.evaluation.micro == made.evaluation.micro
