"""Counting answers anew as a job, on both databases."""

from pathlib import Path

import pytest

from app.db import session_scope
from app.domain.statuses import Answer, JobStatus, TruthValue
from app.models import Image, Job
from app.services import desk_settings, label_merging, label_resolving, overlaps, truths
from tests.desk import make_desk
from tests.factories import ImageFactory
from worker.jobs import resolving
from worker.running import run_job


def test_truths_follow_a_merge_in_batches(
    loupe: Path, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_resolving, "AT_ONCE", 0)
    monkeypatch.setattr(truths, "BATCH", 2)
    with session_scope() as session:
        desk = make_desk(session)
        images = [ImageFactory.create(session=session, project_id=desk.project.id) for _each in range(5)]
        for image in images:
            desk.submit({desk.a: Answer.PRESENT}, image_id=image.id)
        label_merging.merge(session, desk.project, desk.a, desk.b, definition="", account=None)
    ((_task, job_id),) = sent
    assert run_job(job_id, resolving.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as session:
        desk.session = session
        for image in images:
            desk.image = image
            assert desk.truth()[desk.b.id] is TruthValue.PRESENT
        assert session.get_one(Job, job_id).done == len(images)


def test_images_follow_the_number_of_opinions_in_batches(
    loupe: Path, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_resolving, "AT_ONCE", 0)
    monkeypatch.setattr(truths, "BATCH", 2)
    with session_scope() as session:
        desk = make_desk(session)
        images = [ImageFactory.create(session=session, project_id=desk.project.id) for _each in range(4)]
        desk_settings.change(session, desk.project, {"opinions": 3})
        overlaps.settle(session, desk.project, None)
        # The job goes by what is wanted when it runs.
        desk_settings.change(session, desk.project, {"opinions": 2})
    ((_task, job_id),) = sent
    assert run_job(job_id, resolving.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as session:
        assert {session.get_one(Image, image.id).needed for image in [*images, desk.image]} == {2}
        assert session.get_one(Job, job_id).done == 5


def test_a_project_that_has_gone_is_told(loupe: Path, sent: list[tuple[str, int]]) -> None:
    with session_scope() as session:
        job = Job(kind="resolve", params={"labels": []})
        session.add(job)
        session.flush()
        job_id = job.id
    assert run_job(job_id, resolving.work) is JobStatus.FAILED
