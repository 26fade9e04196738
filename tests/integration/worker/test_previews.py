"""Making previews: the pictures, what is said of them, and that the database is not held meanwhile."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Image, Job, Project
from app.services import previews
from app.services.previews import PreviewKind, Wish
from app.storage import get_storage
from tests.factories import AccountFactory
from tests.integration.trainable import make_project
from worker import idling
from worker.jobs import previews as work
from worker.ml.previews import show_batch
from worker.running import run_job

SMALL = {"size": 64}


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=8, untagged=1)
    session.commit()
    return made


@pytest.fixture
def lead(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session)
    session.commit()
    return made


def asked(project: Project, lead: Account, wish: Wish) -> int:
    with session_scope() as opened:
        return previews.ask(opened, opened.get_one(Project, project.id), opened.get_one(Account, lead.id), wish).id


def pictures(job_id: int) -> list[np.ndarray]:
    files = sorted((get_storage().previews / str(job_id)).iterdir())
    return [np.asarray(Picture.open(file)) for file in files]


def result(job_id: int) -> dict[str, object]:
    with session_scope(writes=False) as opened:
        found: dict[str, object] = opened.get_one(Job, job_id).params["result"]
        return found


def test_a_batch_shows_images_with_their_labels(project: Project, lead: Account) -> None:
    job_id = asked(project, lead, Wish(PreviewKind.BATCH, Recipe.FINETUNE, SMALL, seed=3, count=4))
    assert run_job(job_id, work.work) is JobStatus.SUCCEEDED
    shown = pictures(job_id)
    assert [each.shape for each in shown] == [(64, 64, 3)] * 4
    told = result(job_id)
    assert (told["pictures"], told["width"], told["height"]) == (4, 64, 64)
    images = told["images"]
    assert isinstance(images, list)
    assert all(set(each["labels"].values()) <= {"present", "absent"} for each in images)


def test_one_image_is_shown_several_times(project: Project, lead: Account) -> None:
    plain = Wish(PreviewKind.ONE, Recipe.FINETUNE, SMALL | {"augment": "none"}, count=3)
    job_id = asked(project, lead, plain)
    assert run_job(job_id, work.work) is JobStatus.SUCCEEDED
    first, second, third = pictures(job_id)
    assert np.array_equal(first, second)
    assert np.array_equal(second, third)


def test_a_damaged_image_is_named(session: Session, project: Project, lead: Account) -> None:
    with session_scope(writes=False) as opened:
        image = opened.query(Image).filter_by(project_id=project.id).first()
    assert image is not None
    damaged = get_storage().rendition(image.sha256, "screen")
    damaged.parent.mkdir(parents=True, exist_ok=True)
    damaged.write_bytes(b"torn")
    job_id = asked(project, lead, Wish(PreviewKind.ONE, Recipe.FINETUNE, SMALL, image.id))
    assert run_job(job_id, work.work) is JobStatus.FAILED
    with session_scope(writes=False) as opened:
        assert image.name in opened.get_one(Job, job_id).error


def test_no_session_is_open_while_pictures_are_made(
    project: Project, lead: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = show_batch

    def while_somebody_else_writes(*given):  # type: ignore[no-untyped-def] # noqa: ANN002, ANN202
        with session_scope() as other:
            other.get_one(Project, project.id).description = "written meanwhile"
        return before(*given)

    monkeypatch.setattr(work, "show_batch", while_somebody_else_writes)
    job_id = asked(project, lead, Wish(PreviewKind.BATCH, Recipe.FINETUNE, SMALL, count=2))
    assert run_job(job_id, work.work) is JobStatus.SUCCEEDED


def test_pictures_of_forgotten_previews_are_removed(loupe: Path) -> None:
    storage = get_storage()
    old, new = storage.previews / "1", storage.previews / "2"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    work.clear_old(storage)
    assert [old.exists(), new.exists()] == [False, True]


def test_the_process_is_quiet_after_some_minutes() -> None:
    assert not idling.is_quiet(100.0, 100.0 + idling.QUIET_SECONDS - 1)
    assert idling.is_quiet(100.0, 100.0 + idling.QUIET_SECONDS)
    assert not idling.wants_to_begin_anew()
