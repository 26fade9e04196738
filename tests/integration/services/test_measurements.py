"""What is kept of a run's figures equals what would be reckoned now, and follows thresholds and images that change."""

import numpy as np
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.calibration import calibrate, histogram
from app.domain.confusion import missed_instead
from app.domain.intervals import ranking_intervals
from app.domain.metrics import evaluate_predictions
from app.domain.statuses import Split
from app.models import Image, KeptReport
from app.services import evaluations, evidence, measurements
from app.services.evidence import Basis
from app.services.thresholds import set_values
from tests.run_factory import make_world


def test_rankings_are_those_of_the_domain(session: Session) -> None:
    world = make_world(session, n=90, unknown=0.1)
    seen = evidence.load(session, world.run)

    measurements.prepare(session, world.run)
    made = measurements.rankings(session, world.run, Split.VALIDATION, len(seen.image_ids))

    intervals = ranking_intervals(seen.truth, seen.probabilities, world.run.seed)
    measured = evaluate_predictions(seen.truth, seen.predictions, seen.probabilities)
    for column, each in enumerate(made):
        truth, said = seen.truth[:, column], seen.probabilities[:, column]
        figures = measured.labels[column]
        assert each.ranked == (figures.average_precision, figures.roc_auc)
        assert (each.average_precision_interval, each.roc_auc_interval) == intervals[column]
        assert str(each.calibration) == str(calibrate(truth, said))  # NaN equals nothing, not even itself
        assert [list(row) for row in each.histogram] == histogram(truth, said).tolist()


@pytest.mark.parametrize("basis", list(Basis))
def test_counts_are_those_of_the_domain_kept_or_not(session: Session, basis: Basis) -> None:
    world = make_world(session, n=90, unknown=0.1)
    seen = evidence.load(session, world.run, basis=basis)
    n = len(seen.image_ids)
    for _time in range(2):
        made = measurements.counted(session, world.run, Split.VALIDATION, basis, n)
        table = missed_instead(seen.truth, seen.predictions)
        assert {pair: table.counts[pair] for pair in made.instead} == made.instead
        assert sum(made.instead.values()) == table.counts.sum()
        assert list(made.nothing_else) == table.nothing_else.tolist()
        assert made.tally.by_label[2].tolist() == table.missed.tolist()


def test_a_prepared_report_equals_one_that_is_reckoned_on_the_spot(session: Session) -> None:
    world = make_world(session, unknown=0.1, test_share=0.25)
    for split in Split:
        for basis in Basis:
            fresh = evaluations.to_dict(world.run, evaluations.report(session, world.run, split, basis))
            session.execute(delete(KeptReport))
            measurements.prepare(session, world.run)
            kept = evaluations.to_dict(world.run, evaluations.report(session, world.run, split, basis))
            assert kept == fresh


def test_preparing_reckons_only_what_is_missing(session: Session) -> None:
    world = make_world(session, test_share=0.25)
    measurements.prepare(session, world.run)
    before = {row.key: row.made_at for row in session.scalars(select(KeptReport))}

    set_values(session, world.run, {world.labels[0].id: 0.9}, world.lead)
    measurements.prepare(session, world.run)

    after = {row.key: row.made_at for row in session.scalars(select(KeptReport))}
    assert before.items() <= after.items()
    assert {key for key in after if key not in before} == {f"counted:{split.value}:set 2" for split in Split}
    first = evaluations.report(session, world.run).labels[0]
    assert (first.threshold, first.cross_fitted) == (0.9, False)


def test_counting_alone_leaves_the_rankings_to_a_worker(session: Session) -> None:
    world = make_world(session)
    measurements.count_all(session, world.run)
    kept = set(session.scalars(select(KeptReport.key)))
    assert {"counted:validation:half", "counted:validation:set 1"} <= kept
    assert not any(key.startswith("ranking") for key in kept)


def test_when_an_image_has_gone_the_figures_follow(session: Session) -> None:
    world = make_world(session)
    measurements.prepare(session, world.run)
    gone = world.images[world.rows(Split.VALIDATION)[0]]
    session.execute(delete(Image).where(Image.id == gone.id))

    made = evaluations.report(session, world.run)

    seen = evidence.load(session, world.run)
    assert made.n_images == len(seen.image_ids) == len(world.rows(Split.VALIDATION)) - 1
    figures = evaluate_predictions(seen.truth, seen.predictions, seen.probabilities)
    assert made.evaluation.to_dict() == figures.to_dict()


def test_a_split_without_images_is_measured_as_nothing(session: Session) -> None:
    made = evaluations.report(session, make_world(session).run, Split.TEST)

    assert made.n_images == 0
    assert all(np.isnan(row.metrics.recall) for row in made.labels)


def test_a_page_that_finds_nothing_kept_draws_no_more_than_it_has_time_for(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurements, "CELLS_ON_A_PAGE", 1000)
    row = evaluations.report(session, make_world(session, n=120).run).labels[0]

    assert row.ranking.roc_auc > 0
    assert row.ranking.roc_auc_interval.to_list() is None
