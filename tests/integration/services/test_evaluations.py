"""Reports: every figure is scikit-learn's, counted from what the database holds."""

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    hamming_loss,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
)
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobKind, Split
from app.models import Job
from app.services import annotations, evaluations
from app.services.evidence import Basis
from app.services.thresholds import set_values
from tests.factories import ImageFactory
from tests.run_factory import World, answer, make_world

TOLERANCE = 1e-9


def raw(world: World, split: Split) -> tuple[np.ndarray, np.ndarray]:
    rows = world.rows(split)
    return world.truth[rows], world.probabilities[rows].astype(np.float64)


@pytest.mark.parametrize("split", list(Split))
def test_figures_at_half_are_those_of_scikit_learn(session: Session, split: Split) -> None:
    world = make_world(session, n=120, test_share=0.25)
    made = evaluations.report(session, world.run, split, Basis.HALF)
    truth, probabilities = raw(world, split)
    predicted = (probabilities >= 0.5).astype(int)
    wanted = precision_recall_fscore_support(truth, predicted, average=None, zero_division=0)
    tables = multilabel_confusion_matrix(truth, predicted)
    for column, row in enumerate(made.labels):
        figures = row.metrics
        assert figures.precision == pytest.approx(wanted[0][column], abs=TOLERANCE)
        assert figures.recall == pytest.approx(wanted[1][column], abs=TOLERANCE)
        assert figures.f1 == pytest.approx(wanted[2][column], abs=TOLERANCE)
        assert figures.support == wanted[3][column]
        assert figures.average_precision == pytest.approx(
            average_precision_score(truth[:, column], probabilities[:, column]), abs=TOLERANCE
        )
        assert [[figures.tn, figures.fp], [figures.fn, figures.tp]] == tables[column].tolist()
        assert row.threshold == 0.5
    for name in ("micro", "macro", "weighted", "samples"):
        average = getattr(made.evaluation, name)
        total = precision_recall_fscore_support(truth, predicted, average=name, zero_division=0)
        assert (average.precision, average.recall, average.f1) == pytest.approx(total[:3], abs=TOLERANCE)
    assert made.evaluation.hamming_loss == pytest.approx(hamming_loss(truth, predicted), abs=TOLERANCE)
    assert made.evaluation.subset_accuracy == pytest.approx((truth == predicted).all(axis=1).mean(), abs=TOLERANCE)


def test_tuned_figures_are_those_the_evaluation_kept(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    made = evaluations.report(session, world.run)
    assert made.cross_fitted
    assert made.evaluation.to_dict() == world.run.evaluation["tuned"]
    command_line = evaluations.summary(session, world.run)
    assert [row.metrics.f1 for row in made.labels] == [label["f1"] for label in command_line["labels"]]
    assert [row.threshold for row in made.labels] == [label["threshold"] for label in command_line["labels"]]


def test_the_summary_has_the_shape_that_the_command_line_prints(session: Session) -> None:
    summary = evaluations.summary(session, make_world(session).run)
    averages = {"macro_f1", "micro_f1", "macro_f1_at_half", "mean_average_precision"}
    assert set(summary) == {"project", "run", "recipe", "threshold_set", "n_validation", "labels"} | averages
    figures = {"support", "threshold", "precision", "recall", "f1", "average_precision", "at_half"}
    assert set(summary["labels"][0]) == {"label", "precision_interval", "recall_interval"} | figures
    assert set(summary["labels"][0]["at_half"]) == {"precision", "recall", "f1"}


def test_the_2x2_tables_and_the_errors_add_up(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    made = evaluations.report(session, world.run)
    for row in made.labels:
        counts = row.metrics
        assert counts.tp + counts.fp + counts.fn + counts.tn == counts.n_known
    assert made.n_errors == sum(row.metrics.fp + row.metrics.fn for row in made.labels)
    for column, replaced in enumerate(made.instead):
        assert replaced.missed == made.labels[column].metrics.fn
        assert replaced.nothing_else <= replaced.missed
        assert replaced.counts[column] == 0


def test_a_threshold_by_hand_shows_in_the_report_and_says_who_set_it(session: Session) -> None:
    world = make_world(session)
    set_values(session, world.run, {world.labels[0].id: 0.25}, world.lead)
    made = evaluations.report(session, world.run)
    first = made.labels[0]
    assert (first.threshold, first.by_hand, first.set_by, first.cross_fitted) == (0.25, True, "Lead", False)
    truth, probabilities = raw(world, Split.VALIDATION)
    wanted = precision_recall_fscore_support(truth[:, 0], probabilities[:, 0] >= 0.25, average="binary")
    assert (first.metrics.precision, first.metrics.recall, first.metrics.f1) == pytest.approx(wanted[:3], abs=TOLERANCE)
    told = evaluations.summary(session, world.run)["labels"][0]
    assert (told["threshold"], told["precision"], told["recall"]) == pytest.approx((0.25, *wanted[:2]), abs=TOLERANCE)


def test_few_positives_make_a_label_rough(session: Session) -> None:
    world = make_world(session, n=24)
    assert all(row.is_rough == (row.metrics.support < 10) for row in evaluations.report(session, world.run).labels)
    assert any(row.is_rough for row in evaluations.report(session, world.run).labels)


def test_average_precision_stands_inside_its_interval(session: Session) -> None:
    world = make_world(session, n=120)
    for row in evaluations.report(session, world.run).labels:
        low, high = row.ranking.average_precision_interval
        assert low <= row.metrics.average_precision <= high


def test_changes_since_the_run_are_counted_by_label_and_image(session: Session) -> None:
    world = make_world(session)
    assert evaluations.changes_since(session, world.run) == evaluations.Changes(0, 0, 0)
    for column in (0, 2):
        flipped = Answer.ABSENT if world.truth[4, column] else Answer.PRESENT
        annotations.decide(
            session,
            project=world.project,
            image_id=world.images[4].id,
            account=world.reviewer,
            label_id=world.labels[column].id,
            answer=flipped,
        )
    new = ImageFactory.create(session=session, project_id=world.project.id, name="new.jpg")
    answer(session, [new], world.labels, world.truth[:1], world.annotator)
    assert evaluations.changes_since(session, world.run) == evaluations.Changes(2, 1, 1)


def test_an_excluded_image_and_a_removed_label_are_no_change(session: Session) -> None:
    world = make_world(session)
    for row, column in ((4, 0), (5, 1)):
        annotations.decide(
            session,
            project=world.project,
            image_id=world.images[row].id,
            account=world.reviewer,
            label_id=world.labels[column].id,
            answer=Answer.ABSENT if world.truth[row, column] else Answer.PRESENT,
        )
    world.images[4].excluded_at = world.run.created_at
    world.labels[1].removed_at = world.run.created_at
    session.flush()
    assert evaluations.changes_since(session, world.run).labels == 0


def test_json_holds_none_where_a_figure_is_undefined(session: Session) -> None:
    world = make_world(session, n=12)
    rows = world.rows(Split.VALIDATION)
    made = evaluations.to_dict(world.run, evaluations.report(session, world.run))
    assert made["n_images"] == len(rows)
    for column, label in enumerate(made["labels"]):
        if not world.truth[rows, column].any():
            assert label["recall"] is None
            assert label["average_precision_interval"] is None


def test_tuning_is_under_way_while_a_job_of_this_run_is_open(session: Session) -> None:
    world = make_world(session)
    assert not evaluations.is_tuning(session, world.run)
    session.add(Job(project_id=world.project.id, kind=JobKind.EVALUATE, params={"run_id": world.run.id}))
    session.flush()
    assert evaluations.is_tuning(session, world.run)
