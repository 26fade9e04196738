"""Asking a run's network where it looks, on both databases; the backbone is the real one."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Image, Job, Run
from app.services import activation_maps, jobs, runs
from app.services.activation_maps import MapStatus, Standing
from app.storage import get_storage
from tests.factories import AccountFactory
from tests.integration.trainable import make_project
from worker.jobs import activation, training
from worker.running import run_job

pytestmark = pytest.mark.slow


@pytest.fixture
def run(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Run:
    project = make_project(session, tmp_path / "pictures", tagged=16, untagged=1)
    made = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
    session.commit()
    assert run_job(made.job_id, training.work) is JobStatus.SUCCEEDED
    # Whoever has read in this session holds a lock until it ends, which the worker's own sessions would wait for.
    with session_scope(writes=False) as opened:
        return opened.get_one(Run, made.id)


@pytest.fixture
def reviewer(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session)
    session.commit()
    return made


def pairs(run: Run, count: int) -> list[tuple[int, int]]:
    with session_scope(writes=False) as opened:
        found = opened.query(Image).filter_by(project_id=run.project_id).order_by(Image.id).limit(count)
        return [(image.id, run.labels[0]["id"]) for image in found]


def image_of(image_id: int) -> Image:
    with session_scope(writes=False) as opened:
        return opened.get_one(Image, image_id)


def standing(run: Run, pair: tuple[int, int]) -> Standing:
    with session_scope(writes=False) as opened:
        return activation_maps.standing(opened, get_storage(), run, *pair)


def ask(run: Run, account: Account, places: list[tuple[int, int]]) -> int:
    with session_scope() as opened:
        job = activation_maps.ask(opened, get_storage(), run, account, places[0], places[1:])
        assert job is not None
        return job.id


def test_the_maps_of_several_places_are_made_at_once(run: Run, reviewer: Account) -> None:
    places = pairs(run, 3)
    job_id = ask(run, reviewer, places)
    assert run_job(job_id, activation.work) is JobStatus.SUCCEEDED
    for place in places:
        found = standing(run, place)
        assert found.status in {MapStatus.READY, MapStatus.NOTHING}
        if found.path is not None:
            picture = Picture.open(io.BytesIO(found.path.read_bytes())).convert("RGBA")
            with Picture.open(get_storage().rendition(image_of(place[0]).sha256, "screen")) as screen:
                assert picture.width / picture.height == pytest.approx(screen.width / screen.height, rel=0.01)
            assert np.asarray(picture)[..., 3].max() > 0
    # A second delivery does nothing.
    assert run_job(job_id, activation.work) is None


def test_a_damaged_image_fails_only_who_asked_for_it(run: Run, reviewer: Account) -> None:
    places = pairs(run, 3)
    damaged = image_of(places[1][0])
    get_storage().rendition(damaged.sha256, "screen").write_bytes(b"torn")
    assert run_job(ask(run, reviewer, places), activation.work) is JobStatus.SUCCEEDED
    assert standing(run, places[1]).status is MapStatus.NONE
    assert standing(run, places[2]).status in {MapStatus.READY, MapStatus.NOTHING}
    assert run_job(ask(run, reviewer, [places[1]]), activation.work) is JobStatus.FAILED
    failed = standing(run, places[1])
    assert failed.status is MapStatus.FAILED
    assert damaged.name in failed.sentence


def test_a_cancelled_job_makes_nothing(run: Run, reviewer: Account) -> None:
    job_id = ask(run, reviewer, pairs(run, 2))
    with session_scope() as opened:
        jobs.request_cancel(opened, opened.get_one(Job, job_id))
    assert run_job(job_id, activation.work) is None
    assert standing(run, pairs(run, 1)[0]).status is MapStatus.NONE


def test_a_lost_checkpoint_is_said_so(run: Run, reviewer: Account) -> None:
    places = pairs(run, 1)
    (get_storage().checkpoints / str(run.checkpoint) / "manifest.json").unlink()
    activation._opened.cache_clear()
    assert run_job(ask(run, reviewer, places), activation.work) is JobStatus.FAILED
    assert "missing or damaged" in standing(run, places[0]).sentence
