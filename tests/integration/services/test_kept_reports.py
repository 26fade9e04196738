"""Kept figures: reckoned once, found again, reckoned anew when an image has gone, never written by who only reads."""

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.models import Image, KeptReport, SnapshotItem
from app.services import evidence, kept_reports
from tests.run_factory import make_world


def test_figures_are_found_again_for_as_many_images(session: Session) -> None:
    run = make_world(session, n=12).run
    kept_reports.keep(session, run, {"a": {"x": 1}, "b": {"x": 2}}, 4)

    assert kept_reports.read(session, run, ["a", "c"], 4) == {"a": {"n": 4, "x": 1}}
    assert kept_reports.read(session, run, ["a"], 3) == {}


def test_what_was_reckoned_on_other_images_is_replaced_and_what_fits_stays(session: Session) -> None:
    run = make_world(session, n=12).run
    kept_reports.keep(session, run, {"a": {"x": 1}}, 4)
    kept_reports.keep(session, run, {"a": {"x": 2}}, 4)
    assert kept_reports.read(session, run, ["a"], 4)["a"]["x"] == 1
    kept_reports.keep(session, run, {"a": {"x": 3}}, 3)
    assert kept_reports.read(session, run, ["a"], 3)["a"]["x"] == 3


def test_who_only_reads_keeps_nothing(session: Session) -> None:
    run = make_world(session, n=12).run
    with session_scope(writes=False) as reading:
        kept_reports.keep(reading, run, {"a": {"x": 1}}, 4)
        evidence.load(reading, run)
    assert session.scalars(select(KeptReport)).all() == []


def test_cross_fitted_predictions_are_kept_and_come_back_as_they_were(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    first = evidence.load(session, world.run)
    kept = session.scalars(select(KeptReport)).all()
    assert len(kept) == len(world.labels)
    np.testing.assert_array_equal(evidence.load(session, world.run).predictions, first.predictions)
    # What is kept is what is read.
    kept[0].figures = {**kept[0].figures, "bits": kept[1].figures["bits"]}
    session.flush()
    changed = evidence.load(session, world.run)
    assert (changed.predictions != first.predictions).any()


def test_when_an_image_has_gone_predictions_are_cross_fitted_anew(session: Session) -> None:
    world = make_world(session)
    before = evidence.load(session, world.run)
    gone = int(before.image_ids[0])
    session.execute(delete(SnapshotItem).where(SnapshotItem.image_id == gone))
    session.execute(delete(Image).where(Image.id == gone))

    after = evidence.load(session, world.run)

    assert len(after.image_ids) == len(before.image_ids) - 1
    assert {row.figures["n"] for row in session.scalars(select(KeptReport))} == {len(after.image_ids)}
