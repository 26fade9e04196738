"""Removing the files that nothing refers to any more."""

import os
import time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus, Recipe
from app.models import Image, Import, Job, Project, Run
from app.services import imports, jobs, projects, tidying
from app.services.tidying import Store
from app.storage import Storage, get_storage, write_atomically
from tests.factories import ImageFactory, ProjectFactory

DAY_SECONDS = 86_400.0


@pytest.fixture(autouse=True)
def _no_broker(sent: list[tuple[str, int]]) -> None:
    """Keep what is asked for here."""


def write(path: Path, *, old: bool = True) -> Path:
    write_atomically(path, [b"bytes"])
    if old:
        age(path)
    return path


def age(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (time.time() - DAY_SECONDS,) * 2)


def files_of(image: Image) -> list[Path]:
    storage = get_storage()
    small = (storage.rendition(image.sha256, "thumbnail"), storage.rendition(image.sha256, "screen"))
    paths = [storage.original(image.sha256), *small]
    return [write(path) for path in paths]


def leftovers(session: Session) -> list[tidying.Leftover]:
    return list(tidying.leftovers(get_storage(), tidying.needed(session), tidying.limit()))


def tidy(session: Session) -> list[Path]:
    before, wanted = tidying.limit(), tidying.needed(session)
    found = list(tidying.leftovers(get_storage(), wanted, before))
    return [each.path for each in found if tidying.remove(each, before)]


def test_what_is_kept_of_an_unfinished_run_goes_when_the_run_is_over(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    open_job, over = (
        Job(project_id=project.id, kind=JobKind.TRAIN, status=status) for status in (JobStatus.QUEUED, JobStatus.FAILED)
    )
    session.add_all([open_job, over])
    session.flush()
    made = [
        Run(project_id=project.id, number=number, job_id=job.id, recipe=Recipe.FINETUNE, seed=1)
        for number, job in enumerate((open_job, over), start=1)
    ]
    session.add_all(made)
    session.flush()
    storage = get_storage()
    kept, gone = (storage.unfinished(run.id) for run in made)
    for folder in (kept, gone):
        write(folder / "state.pt")
        age(folder)
    assert [(each.store, each.path) for each in leftovers(session)] == [(Store.UNFINISHED, gone)]
    assert tidy(session) == [gone]
    assert (kept / "state.pt").is_file()


def test_what_two_projects_share_stays_when_one_is_deleted(session: Session) -> None:
    kept, gone = (ProjectFactory.create(session=session, name=name) for name in ("kept", "gone"))
    shared = ImageFactory.create(session=session, project_id=kept.id)
    ImageFactory.create(session=session, project_id=gone.id, sha256=shared.sha256)
    own = ImageFactory.create(session=session, project_id=gone.id)
    stays, goes = files_of(shared), files_of(own)
    assert tidy(session) == []
    projects.delete_project(session, gone, confirmation="gone")
    assert sorted(tidy(session)) == sorted(goes)
    assert all(path.is_file() for path in stays)
    assert not any(path.exists() for path in goes)
    assert tidy(session) == []


def test_deleting_a_project_has_its_files_removed_an_hour_later(
    session: Session, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        projects.delete_project(session, ProjectFactory.create(session=session, name=name), confirmation=name)
    session.commit()
    job = session.scalars(select(Job)).one()
    assert (job.kind, job.status, sent) == (JobKind.TIDY, JobStatus.QUEUED, [])
    swept: list[tuple[str, int]] = []
    monkeypatch.setattr(jobs, "send", lambda task, job_id: swept.append((task, job_id)))
    session.rollback()
    jobs.sweep()
    assert swept == []
    assert job.enqueued_at is not None
    job.enqueued_at -= tidying.MARGIN + jobs.RESEND_AFTER
    session.add(job)
    session.commit()
    jobs.sweep()
    assert swept == [("loupe.tidy", job.id)]


def test_what_was_written_within_the_hour_stays(session: Session) -> None:
    own = ImageFactory.build()
    files_of(own)
    fresh = write(get_storage().original(own.sha256), old=False)
    assert fresh not in tidy(session)
    assert fresh.is_file()


def test_images_are_left_alone_while_others_come_in(session: Session) -> None:
    orphan = files_of(ImageFactory.build())
    project = ProjectFactory.create(session=session)
    job = jobs.create_job(session, JobKind.IMPORT, project_id=project.id)
    assert tidying.needed(session).coming_in
    assert tidy(session) == []
    job.status = JobStatus.SUCCEEDED
    session.flush()
    assert sorted(tidy(session)) == sorted(orphan)


def test_what_an_import_has_just_found_there_is_put_back(session: Session) -> None:
    storage = get_storage()
    path, *_others = files_of(ImageFactory.build())
    before, wanted = tidying.limit(), tidying.needed(session)
    found = list(tidying.leftovers(storage, wanted, before))
    assert storage.renew(path)
    assert [each.path for each in found if not tidying.remove(each, before)] == [path]
    assert path.read_bytes() == b"bytes"
    assert not storage.renew(storage.original("0" * 64))


def test_runs_imports_and_jobs_that_are_gone_leave_nothing(session: Session) -> None:
    storage, project = get_storage(), ProjectFactory.create(session=session)
    job = jobs.create_job(session, JobKind.TRAIN, project_id=project.id)
    run = Run(project_id=project.id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=1)
    session.add(run)
    waiting = imports.create_import(session, project, None)
    session.flush()
    stays, goes = (
        {
            storage.checkpoints / str(run_id) / "weights.safetensors",
            storage.activation_map(run_id, 1, 1),
            storage.upload_folder(import_id) / "a.bin",
            storage.root / "predictions" / f"{job_id}.csv",
        }
        for run_id, import_id, job_id in ((run.id, waiting.id, job.id), (99, 99, 99))
    )
    aside = {storage.checkpoints / ".tidy-ab-98" / "weights.safetensors"}
    notes = {storage.root / "originals" / "ab" / "readme.txt", storage.root / "uploads" / "notes" / "a.txt"}
    for path in stays | goes | aside | notes:
        write(path)
        age(path.parent)
    tidy(session)
    assert {path for path in stays | goes | aside | notes if path.exists()} == stays | notes
    assert not (storage.checkpoints / "99").exists()


def test_an_import_that_is_over_keeps_its_table_and_one_that_failed_its_files(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    left: dict[JobStatus, list[str]] = {}
    for status in (JobStatus.SUCCEEDED, JobStatus.CANCELLED, JobStatus.FAILED):
        made = started(session, project, status)
        folder = get_storage().upload_folder(made.id)
        for name in ("a.bin", "table.csv"):
            write(folder / name)
    tidy(session)
    for made in session.scalars(select(Import)):
        job = session.get_one(Job, made.job_id)
        left[job.status] = sorted(path.name for path in get_storage().upload_folder(made.id).iterdir())
    assert left == {
        JobStatus.SUCCEEDED: ["table.csv"],
        JobStatus.CANCELLED: ["table.csv"],
        JobStatus.FAILED: ["a.bin", "table.csv"],
    }


def started(session: Session, project: Project, status: JobStatus) -> Import:
    made = imports.create_import(session, project, None)
    imports.give_job(session, made, JobKind.IMPORT).status = status
    session.flush()
    return made


def test_a_new_import_does_not_inherit_what_waited_under_its_number(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    first = imports.create_import(session, project, None)
    number = first.id
    session.delete(first)
    session.flush()
    for each in (number, number + 1):
        write(get_storage().upload_folder(each) / "a.bin", old=False)
    second = imports.create_import(session, project, None)
    assert not get_storage().upload_folder(second.id).exists()


def test_a_new_data_folder_has_nothing_to_tidy(session: Session, tmp_path: Path) -> None:
    wanted = tidying.needed(session)
    assert list(tidying.leftovers(Storage(tmp_path / "new"), wanted, time.time())) == []


def test_what_is_left_over_is_told_with_its_size(session: Session) -> None:
    path = write(get_storage().checkpoints / "7" / "weights.safetensors")
    age(path.parent)
    found = list(tidying.leftovers(get_storage(), tidying.needed(session), tidying.limit()))
    assert [(each.store, each.path, each.size) for each in found] == [(Store.CHECKPOINTS, path.parent, 5)]
