"""Gathering files for an import and starting it, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus
from app.errors import AppError, ConflictError, InvalidInputError, NotFoundError
from app.models import Account, Import, ImportRefusal, Project
from app.models.types import now
from app.services import imports, uploads
from app.services.import_tables import TableOptions
from app.services.imports import UnknownChoice
from app.storage import get_storage
from tests.factories import AccountFactory, LabelFactory, ProjectFactory


@pytest.fixture
def account(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session)
    return made


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    LabelFactory.create(session=session, project_id=made.id, name="human")
    return made


@pytest.fixture
def batch(session: Session, project: Project, account: Account, sent: list[tuple[str, int]]) -> Import:
    return imports.create_import(session, project, account)


def send(batch: Import, name: str, data: bytes) -> None:
    with uploads.receive(get_storage(), batch.id, name=name, key="", most_bytes=10**6) as incoming:
        incoming.write(data)


def test_an_import_without_files_cannot_begin(session: Session, batch: Import) -> None:
    with pytest.raises(InvalidInputError, match="No file"):
        imports.start_upload(session, batch, TableOptions())


def test_it_begins_once(session: Session, batch: Import, sent: list[tuple[str, int]]) -> None:
    send(batch, "a.jpg", b"x")
    job = imports.start_upload(session, batch, TableOptions())
    with pytest.raises(ConflictError):
        imports.start_import(session, batch, TableOptions())
    with pytest.raises(ConflictError):
        imports.get_open_import(session, batch.project_id, batch.id)
    session.commit()
    assert sent == [("loupe.import", job.id)]


def test_unknown_labels_must_be_decided_on(session: Session, batch: Import) -> None:
    send(batch, "t.csv", b"file,label\na.jpg,boat|kite|human\n")
    options = TableOptions(table="t.csv")
    with pytest.raises(InvalidInputError, match="choose what to do"):
        imports.start_upload(session, batch, options)
    imports.start_upload(session, batch, options, UnknownChoice("some", ("kite", "never named")))
    assert imports.table_options(batch).create == ("kite",)


@pytest.mark.parametrize(("which", "made"), [("all", ("boat",)), ("none", ())])
def test_all_or_none_of_them_can_be_made(session: Session, batch: Import, which: str, made: tuple[str, ...]) -> None:
    send(batch, "t.csv", f"file,label\na.jpg,boat|{'x' * 99}\n".encode())
    imports.start_upload(session, batch, TableOptions(table="t.csv"), UnknownChoice(which))
    assert imports.table_options(batch).create == made


def test_a_table_that_did_not_come_is_refused(session: Session, batch: Import) -> None:
    send(batch, "a.jpg", b"x")
    with pytest.raises(InvalidInputError, match=r"t\.csv"):
        imports.start_upload(session, batch, TableOptions(table="t.csv"))


def test_an_import_of_another_project_is_not_found(session: Session, batch: Import) -> None:
    other = ProjectFactory.create(session=session)
    with pytest.raises(NotFoundError):
        imports.get_import(session, other.id, batch.id)


def test_abandoned_uploads_are_removed_after_a_day(session: Session, batch: Import, project: Project) -> None:
    send(batch, "a.jpg", b"x")
    fresh = imports.create_import(session, project, None)
    assert get_storage().upload_folder(batch.id).exists()
    batch.created_at = now() - timedelta(days=2)
    session.flush()
    imports.create_import(session, project, None)
    assert not get_storage().upload_folder(batch.id).exists()
    assert session.get(Import, fresh.id) is not None
    session.expire_all()
    assert session.get(Import, batch.id) is None


@pytest.mark.parametrize("given", ["missing folder", "missing table", "nothing"])
def test_what_is_not_there_is_refused_before_anything_begins(
    session: Session, project: Project, tmp_path: Path, given: str
) -> None:
    images = tmp_path / "none" if given == "missing folder" else None
    table = tmp_path / "none.csv" if given == "missing table" else None
    with pytest.raises(AppError):
        imports.import_folder(session, project, images, table)


def test_only_a_failed_import_can_be_tried_again(session: Session, batch: Import) -> None:
    send(batch, "a.jpg", b"x")
    job = imports.start_upload(session, batch, TableOptions())
    with pytest.raises(ConflictError):
        imports.retry_import(session, batch)
    job.status = JobStatus.FAILED
    session.flush()
    assert imports.retry_import(session, batch).id != job.id


def test_the_report_has_the_form_that_the_command_line_promises(session: Session, batch: Import) -> None:
    batch.accepted, batch.duplicates, batch.unknown_labels = 3, 1, ["boat"]
    batch.options = {"details": {"columns": ["date"], "images": 2}}
    session.add(ImportRefusal(import_id=batch.id, file=None, row=7, reason="No such image."))
    session.add(ImportRefusal(import_id=batch.id, file="x.jpg", row=None, reason="Empty."))
    session.flush()
    assert imports.report_dict(session, batch) == {
        "accepted": 3,
        "duplicates": 1,
        "refused": [{"file": "x.jpg", "reason": "Empty."}],
        "rows_refused": [{"row": 7, "reason": "No such image."}],
        "unknown_labels": ["boat"],
        "details": {"columns": ["date"], "images": 2},
    }
    assert imports.count_refusals(session, batch.id) == (1, 1)
    assert [refusal.file for refusal in imports.refusals(session, batch.id)] == ["x.jpg", None]


def test_labels_of_a_table_that_is_gone_cannot_be_made(session: Session, batch: Import, account: Account) -> None:
    batch.unknown_labels = ["boat"]
    assert not imports.may_repeat(batch)
    with pytest.raises(InvalidInputError):
        imports.repeat_with_labels(session, batch, ["boat"], account)


def test_started_imports_are_listed_newest_first(
    loupe: Path, project: Project, batch: Import, session: Session
) -> None:
    send(batch, "a.jpg", b"x")
    imports.start_upload(session, batch, TableOptions())
    assert [found.id for found, _job in imports.recent_imports(session, project.id)] == [batch.id]
    session.commit()
    with session_scope(writes=False) as other:
        assert not imports.is_over(imports.job_of(other, other.get_one(Import, batch.id)))
