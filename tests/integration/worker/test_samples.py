"""Drawing the sample collection, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import JobStatus, TruthValue
from app.models import Image, Import
from app.services import images, labels, samples, slices
from tests.factories import AccountFactory
from worker.jobs import samples as samples_job
from worker.running import run_job


def test_the_drawn_cuts_come_in_with_recorded_labels_and_the_true_ones_are_kept(
    loupe: Path, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples_job, "COUNT", 24)
    with session_scope() as session:
        made = samples.create_sample(session, AccountFactory.create(session=session, is_owner=True))
    assert made.job_id is not None
    assert run_job(made.job_id, samples_job.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as session:
        kept = session.get_one(Import, made.id).options["sample"]
        counts = images.counts(session, made.project_id)
        assert (counts.total, len(kept["true_labels"])) == (24, 24)
        assert 15 <= counts.looked_at <= 18
        assert counts.not_tagged == 24 - counts.looked_at
        names = {label.id: label.name for label in labels.live_labels(session, made.project_id)}
        dates = {image.name: image.details["date"] for image in session.scalars(select(Image))}
        assert all(f"-{date}.jpg" in name for name, date in dates.items())
        assert {each.key for each in slices.dimensions(session, made.project_id)} > {"decade.date", "detail.newspaper"}
        wrong = {}
        for image in session.scalars(select(Image).where(Image.project_id == made.project_id)):
            resolved = images.resolved_labels(session, [image.id]).get(image.id)
            if resolved is None:
                continue
            recorded = {names[label] for label, value in resolved.items() if value is TruthValue.PRESENT}
            if difference := recorded ^ set(kept["true_labels"][image.name]):
                wrong[image.name] = sorted(difference)
        assert wrong == kept["planted_errors"]
        assert wrong
