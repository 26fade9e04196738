"""Two runs are compared on the same images, at cross-fitted thresholds, against one truth."""

from math import isnan

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import average_precision_score, f1_score
from sqlalchemy.orm import Session

from app.domain.losses import cell_losses
from app.domain.statuses import Answer, Split, Verdict
from app.errors import ConflictError, InvalidInputError
from app.models import Run
from app.services import annotations, common_ground, comparisons, evaluations, evidence, reviews
from app.services.comparisons import Change, TruthChoice
from tests.run_factory import World, make_run, make_world

TOLERANCE = 1e-9


def second_run(
    session: Session,
    world: World,
    *,
    truth: npt.NDArray[np.int8] | None = None,
    splits: list[Split] | None = None,
    n_labels: int = 4,
) -> Run:
    generator = np.random.default_rng(1)
    told = world.truth if truth is None else truth
    noise = generator.normal(0, 0.8, told.shape)
    probabilities = (1 / (1 + np.exp(-(3.0 * (told == 1) - 1.5 + noise)))).astype(np.float32)
    return make_run(
        session,
        world.project,
        world.labels[:n_labels],
        world.images,
        splits or world.splits,
        told[:, :n_labels],
        probabilities[:, :n_labels],
        number=2,
        active=False,
    )


def compare(session: Session, world: World, truth: TruthChoice = TruthChoice.TODAY) -> comparisons.SideBySide:
    return comparisons.side_by_side(session, world.project.id, (1, 2), truth)


def test_both_sides_show_the_figures_of_their_own_reports(session: Session) -> None:
    world = make_world(session)
    newer = second_run(session, world)
    made = compare(session, world)
    reports = [evaluations.report(session, run) for run in (world.run, newer)]
    for name in ("macro_f1", "micro_f1"):
        average = name.removesuffix("_f1")
        wanted = [getattr(report.evaluation, average).f1 for report in reports]
        delta = getattr(made, name)
        assert (delta.before, delta.after) == pytest.approx(wanted, abs=TOLERANCE)
    for column, label in enumerate(made.labels):
        before, after = (report.labels[column].metrics for report in reports)
        assert (label.precision.before, label.precision.after) == (before.precision, after.precision)
        assert (label.recall.before, label.recall.after) == (before.recall, after.recall)
        assert label.f1.change == pytest.approx(after.f1 - before.f1, abs=TOLERANCE)
        assert label.f1.interval.low <= label.f1.change <= label.f1.interval.high


def test_the_figures_are_those_of_scikit_learn(session: Session) -> None:
    world = make_world(session)
    newer = second_run(session, world)
    made = compare(session, world)
    rows = world.rows(Split.VALIDATION)
    for side, run in (("before", world.run), ("after", newer)):
        seen = evidence.load(session, run)
        wanted = f1_score(world.truth[rows], seen.predictions, average="macro", zero_division=0)
        assert getattr(made.macro_f1, side) == pytest.approx(wanted, abs=TOLERANCE)
        ranked = [average_precision_score(world.truth[rows, i], seen.probabilities[:, i]) for i in range(4)]
        assert getattr(made.mean_average_precision, side) == pytest.approx(np.mean(ranked), abs=TOLERANCE)


def test_the_older_run_comes_first_whatever_the_order(session: Session) -> None:
    world = make_world(session)
    second_run(session, world)
    made = comparisons.side_by_side(session, world.project.id, (2, 1))
    assert (made.before.number, made.after.number) == (1, 2)


def test_only_images_and_labels_that_both_know_are_compared(session: Session) -> None:
    world = make_world(session)
    splits = [Split.VALIDATION if row < 9 else Split.TRAIN for row in range(60)]
    second_run(session, world, splits=splits, n_labels=3)
    made = compare(session, world)
    assert made.n_images == 3  # rows 0, 3 and 6 validate in both
    assert made.left_out == (20 - 3) + (9 - 3)
    assert [label.label.name for label in made.labels] == ["animal", "human", "human-structure"]
    assert (made.only_before, made.only_after) == (("landscape",), ())


def test_runs_without_a_common_image_cannot_be_compared(session: Session) -> None:
    world = make_world(session)
    splits = [Split.VALIDATION if row % 3 == 1 else Split.TRAIN for row in range(60)]
    second_run(session, world, splits=splits)
    with pytest.raises(ConflictError):
        compare(session, world)
    with pytest.raises(InvalidInputError):
        comparisons.side_by_side(session, world.project.id, (1, 1))


def test_relabelling_is_told_apart_from_the_model(session: Session) -> None:
    world = make_world(session)
    row = world.rows(Split.VALIDATION)[0]
    changed = world.truth.copy()
    changed[row, 0] = 1 - changed[row, 0]
    newer = second_run(session, world, truth=changed)
    annotations.decide(
        session,
        project=world.project,
        image_id=world.images[row].id,
        account=world.reviewer,
        label_id=world.labels[0].id,
        answer=Answer.PRESENT if changed[row, 0] else Answer.ABSENT,
    )
    made = compare(session, world)
    assert made.relabelled == 1
    assert [label.relabelled for label in made.labels] == [1, 0, 0, 0]
    assert made.by_truth["newer"] == made.by_truth["today"]
    rows = world.rows(Split.VALIDATION)
    for name, truth in (("older", world.truth), ("newer", changed)):
        wanted = [
            f1_score(truth[rows], evidence.load(session, run).predictions, average="macro", zero_division=0)
            for run in (world.run, newer)
        ]
        assert made.by_truth[name] == pytest.approx(wanted, abs=TOLERANCE)
    assert (made.macro_f1.before, made.macro_f1.after) == made.by_truth["today"]


def test_the_truth_of_the_newer_run_can_be_chosen(session: Session) -> None:
    world = make_world(session)
    second_run(session, world)
    annotations.decide(
        session,
        project=world.project,
        image_id=world.images[0].id,
        account=world.reviewer,
        label_id=world.labels[0].id,
        answer=Answer.ABSENT if world.truth[0, 0] else Answer.PRESENT,
    )
    newer = compare(session, world, TruthChoice.NEWER)
    assert (newer.macro_f1.before, newer.macro_f1.after) == newer.by_truth["newer"]
    assert newer.by_truth["newer"] != newer.by_truth["today"]


def test_flips_are_counted_label_by_label(session: Session) -> None:
    world = make_world(session)
    newer = second_run(session, world)
    made = compare(session, world)
    old, new = (evidence.load(session, run) for run in (world.run, newer))
    for column, label in enumerate(made.labels):
        was, now = (seen.predictions[:, column] == seen.truth[:, column] for seen in (old, new))
        assert (label.n_fixed, label.n_broken) == ((~was & now).sum(), (was & ~now).sum())


def test_a_model_that_is_clearly_better_is_called_so(session: Session) -> None:
    world = make_world(session, n=240)
    second_run(session, world)
    assert comparisons.change_of(compare(session, world).macro_f1) is Change.BETTER


def test_neighbours_are_the_run_before_and_the_newest(session: Session) -> None:
    world = make_world(session)
    newer = second_run(session, world)
    assert comparisons.neighbours(session, world.run) == (None, newer)
    assert comparisons.neighbours(session, newer) == (world.run, None)


def test_very_large_comparisons_go_without_intervals(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(session)
    second_run(session, world)
    monkeypatch.setattr(common_ground, "CELLS_TO_COUNT", 1000)
    made = compare(session, world)
    assert isnan(made.macro_f1.interval.low)
    assert comparisons.change_of(made.macro_f1) is Change.UNCLEAR


def test_the_change_is_taken_apart_between_model_and_answers(session: Session) -> None:
    world = make_world(session)
    rows = world.rows(Split.VALIDATION)
    changed = world.truth.copy()
    changed[rows[:4], 1] = 1 - changed[rows[:4], 1]
    newer = second_run(session, world, truth=changed)
    made = compare(session, world, TruthChoice.NEWER)
    said = [evidence.load(session, run).predictions for run in (world.run, newer)]
    wanted = [[f1_score(t[rows], p, average="macro", zero_division=0) for t in (world.truth, changed)] for p in said]
    assert made.split.old_model == pytest.approx(wanted[0])
    assert made.split.new_model == pytest.approx(wanted[1])
    parts = made.split.model.change + made.split.relabelling.change + made.split.both.change
    assert made.split.total.change == pytest.approx(parts)
    assert made.split.old_model == pytest.approx((made.by_truth["older"][0], made.by_truth["newer"][0]))
    # Only the second label was relabelled.
    assert [label.split.relabelling.change == 0 for label in made.labels] == [True, False, True, True]


def test_images_that_reviewers_looked_at_can_be_left_out(session: Session) -> None:
    world = make_world(session)
    second_run(session, world)
    rows = world.rows(Split.VALIDATION)
    for row in rows[:3]:
        judge(session, world, row)
    made = compare(session, world)
    assert (made.looked_at.n_images, made.looked_at.relabelled) == (3, 3)
    alone = comparisons.side_by_side(session, world.project.id, (1, 2), untouched=True)
    assert (alone.n_images, alone.untouched) == (len(rows) - 3, True)
    said = evidence.load(session, world.run).predictions[3:]
    wanted = f1_score(world.truth[rows[3:]], said, average="macro", zero_division=0)
    assert alone.macro_f1.before == pytest.approx(wanted)
    # What was judged after the newer run began is no concern where its own answers are the measure.
    assert compare(session, world, TruthChoice.NEWER).looked_at.n_images == 0
    for row in rows[3:]:
        judge(session, world, row)
    with pytest.raises(ConflictError, match="every image"):
        comparisons.side_by_side(session, world.project.id, (1, 2), untouched=True)


def judge(session: Session, world: World, row: int) -> None:
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=world.images[row].id,
        label_id=world.labels[0].id,
        verdict=Verdict.LABEL_ERROR,
        client_key=f"row {row}",
    )


def test_renamed_labels_are_named(session: Session) -> None:
    world = make_world(session)
    newer = second_run(session, world)
    newer.labels = [{**label, "name": "people"} if label["name"] == "human" else label for label in newer.labels]
    session.flush()
    assert compare(session, world).renamed == (("human", "people"),)


def test_the_largest_losses_are_measured_against_the_truth_chosen(session: Session) -> None:
    world = make_world(session)
    newer = second_run(session, world)
    made = compare(session, world)
    for side, run in zip(made.largest, (world.run, newer), strict=True):
        losses = cell_losses(world.truth[world.rows(Split.VALIDATION)], evidence.load(session, run).probabilities)
        assert side.overall is not None
        assert side.overall.loss == pytest.approx(losses.max())
