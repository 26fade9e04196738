"""The import's job from end to end, on both databases."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture
from sqlalchemy import select

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import Answer, JobStatus
from app.models import Annotation, Image, Import, Label, Project
from app.services import images, imports, jobs, labels, uploads
from app.services.images import ImageStatus
from app.services.import_tables import TableOptions
from app.storage import get_storage
from tests.factories import ProjectFactory
from tests.integration.worker.pictures import folder_of, jpeg, picture
from worker.jobs import image_files
from worker.jobs import imports as imports_job
from worker.running import run_job, stopping

LABELS = ["human", "animal"]


@pytest.fixture
def project(loupe: Path, sent: list[tuple[str, int]]) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
        for name in LABELS:
            labels.create_label(session, made, name=name)
    return made


def bring(
    project: Project, source: Path | None, csv: Path | None = None, **options: Any
) -> tuple[dict[str, Any], Import]:
    with session_scope() as session:
        made = imports.import_folder(session, project, source, csv, TableOptions(**options))
    assert made.job_id is not None
    assert run_job(made.job_id, imports_job.work) is JobStatus.SUCCEEDED
    return told(made)


def told(made: Import) -> tuple[dict[str, Any], Import]:
    with session_scope(writes=False) as session:
        fresh = session.get_one(Import, made.id)
        return imports.report_dict(session, fresh), fresh


def names(project: Project) -> list[str]:
    with session_scope(writes=False) as session:
        return sorted(session.scalars(select(Image.name).where(Image.project_id == project.id)))


def present(project: Project) -> dict[str, set[str] | None]:
    """Which labels each image has; None where nobody answered."""
    with session_scope(writes=False) as session:
        names = {label.id: label.name for label in session.scalars(select(Label))}
        found: dict[str, set[str] | None] = {}
        for image in session.scalars(select(Image).where(Image.project_id == project.id)):
            resolved = images.resolved_labels(session, [image.id]).get(image.id)
            found[image.name] = (
                {names[label] for label, value in resolved.items() if value == "present"} if resolved else None
            )
    return found


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_folder_becomes_images_with_renditions_and_untouched_originals(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["one.jpg", "box 3/two.jpg"])
    report, made = bring(project, source)
    assert report == {
        "accepted": 2,
        "duplicates": 0,
        "refused": [],
        "rows_refused": [],
        "unknown_labels": [],
        "details": {"columns": [], "images": 0},
    }
    assert names(project) == ["box 3/two.jpg", "one.jpg"]
    storage = get_storage()
    with session_scope(writes=False) as session:
        image = session.scalars(select(Image).where(Image.name == "one.jpg")).one()
    assert storage.original(image.sha256).read_bytes() == (source / "one.jpg").read_bytes()
    assert (image.width, image.height, image.format, image.import_id) == (64, 48, "JPEG", made.id)
    for kind in ("thumbnail", "screen"):
        with Picture.open(storage.rendition(image.sha256, kind)) as shown:
            assert shown.size == (64, 48)
    assert not list(storage.upload_folder(made.id).glob("*"))


def test_repeating_an_import_duplicates_nothing(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["one.jpg", "two.jpg"])
    table = write_csv(tmp_path / "labels.csv", "file,label\none.jpg,human\ntwo.jpg,\n")
    bring(project, source, table)
    report, _ = bring(project, source, table)
    assert (report["accepted"], report["duplicates"]) == (0, 2)
    with session_scope(writes=False) as session:
        assert len(session.scalars(select(Image)).all()) == 2
        assert len(session.scalars(select(Annotation)).all()) == 2


def test_none_apply_and_not_tagged_are_told_apart(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["both.jpg", "none.jpg", "untagged.jpg"])
    table = write_csv(tmp_path / "labels.csv", "file,label\nboth.jpg,human|animal\nnone.jpg,\n")
    bring(project, source, table)
    assert present(project) == {"both.jpg": {"human", "animal"}, "none.jpg": set(), "untagged.jpg": None}
    with session_scope(writes=False) as session:
        counted = images.counts(session, project.id)
    assert (counted.tagged, counted.none_apply, counted.not_tagged) == (1, 1, 1)


def test_unknown_labels_are_told_and_made_only_on_request(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg", "b.jpg"])
    table = write_csv(tmp_path / "labels.csv", "file,label\na.jpg,human|boat\nb.jpg,boat|kite\n")
    report, first = bring(project, source, table)
    assert report["unknown_labels"] == ["boat", "kite"]
    assert present(project) == {"a.jpg": {"human"}, "b.jpg": set()}
    with session_scope() as session:
        again = imports.repeat_with_labels(session, session.get_one(Import, first.id), ["boat", "gone"], None)
    assert again.job_id is not None
    run_job(again.job_id, imports_job.work)
    assert told(again)[0]["unknown_labels"] == ["kite"]
    assert present(project) == {"a.jpg": {"human", "boat"}, "b.jpg": {"boat"}}


def test_all_unknown_labels_can_be_made_at_once(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg"])
    table = write_csv(tmp_path / "labels.csv", f"file,label\na.jpg,boat|{'x' * 90}\n")
    report, made = bring(project, source, table, create_all=True)
    assert report["unknown_labels"] == ["x" * 90]
    assert any("at most 80" in note for note in made.notes)
    assert present(project) == {"a.jpg": {"boat"}}


def test_rows_without_an_image_are_refused_by_number(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg"])
    table = write_csv(tmp_path / "labels.csv", "file,label\nmissing.jpg,human\na.jpg,animal\n,human\n")
    report, made = bring(project, source, table)
    assert [row["row"] for row in report["rows_refused"]] == [2, 4]
    assert "missing.jpg" in report["rows_refused"][0]["reason"]
    assert made.labelled == 1


def test_a_table_alone_tags_images_that_are_there(project: Project, tmp_path: Path) -> None:
    bring(project, folder_of(tmp_path / "in", ["a.jpg", "b.jpg"]))
    report, _ = bring(project, None, write_csv(tmp_path / "labels.csv", "file;label\r\nA.JPG;animal\r\n"))
    assert report["accepted"] == 0
    assert present(project) == {"a.jpg": {"animal"}, "b.jpg": None}


def test_labels_a_table_never_names_stay_unknown_if_so_chosen(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg"])
    bring(project, source, write_csv(tmp_path / "one.csv", "file,label\na.jpg,animal\n"))
    bring(project, source, write_csv(tmp_path / "two.csv", "file,label\na.jpg,human\n"), unmentioned="unknown")
    assert present(project) == {"a.jpg": {"animal", "human"}}


def test_a_file_under_a_new_name_is_a_duplicate_and_its_row_counts(project: Project, tmp_path: Path) -> None:
    bring(project, folder_of(tmp_path / "in", ["a.jpg"]))
    source = folder_of(tmp_path / "again", ["renamed.jpg"])
    report, made = bring(project, source, write_csv(tmp_path / "t.csv", "file,label\nrenamed.jpg,human\n"))
    assert (report["accepted"], report["duplicates"]) == (0, 1)
    assert any("renamed.jpg" in note and "a.jpg" in note for note in made.notes)
    assert present(project) == {"a.jpg": {"human"}}


def test_another_image_of_the_same_name_is_kept_beside_it(project: Project, tmp_path: Path) -> None:
    bring(project, folder_of(tmp_path / "in", ["a.jpg"]))
    source = folder_of(tmp_path / "other", ["a.jpg"], first_seed=9)
    _, made = bring(project, source, write_csv(tmp_path / "t.csv", "file,label\na.jpg,human\n"))
    assert names(project) == ["a (2).jpg", "a.jpg"]
    assert any("a (2).jpg" in note for note in made.notes)
    # The table came with the second one: it is that one which its row means.
    assert present(project) == {"a.jpg": None, "a (2).jpg": {"human"}}


def test_every_bad_file_is_refused_by_itself(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["good.jpg", "last.jpg"])
    (source / "empty.jpg").write_bytes(b"")
    (source / "cut.jpg").write_bytes((source / "good.jpg").read_bytes()[:300])
    (source / "text.jpg").write_text("no image at all")
    (source / "notes.pdf").write_bytes(b"%PDF-1.4 ...")
    (source / ".DS_Store").write_bytes(b"litter")
    (source / "link.jpg").symlink_to("/etc/passwd")
    (source / "png inside.jpg").write_bytes(png())
    report, made = bring(project, source)
    assert {each["file"] for each in report["refused"]} == {
        "empty.jpg", "cut.jpg", "text.jpg", "notes.pdf", "link.jpg",
    }  # fmt: skip
    assert all(each["reason"].endswith(".") for each in report["refused"])
    assert report["accepted"] == 3
    assert any(note.startswith("png inside.jpg: ") for note in made.notes)


def png(size: tuple[int, int] = (40, 40)) -> bytes:
    buffer = io.BytesIO()
    picture(77, size).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_hostile_zip_gives_what_is_good_in_it(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("photos/a.jpg", jpeg(1))
        packed.writestr("../../escaped.jpg", jpeg(2))
        packed.writestr("/absolute.jpg", jpeg(3))
        packed.writestr("photos/bomb.jpg", b"\0" * 60_000_000)
        packed.writestr("__MACOSX/._a.jpg", b"litter")
        packed.writestr("photos/ünï.jpg", jpeg(4))
    report, _ = bring(project, path)
    assert names(project) == ["photos/a.jpg", "photos/ünï.jpg"]
    assert {each["file"] for each in report["refused"]} == {
        "../../escaped.jpg", "/absolute.jpg", "photos/bomb.jpg",
    }  # fmt: skip
    assert not (tmp_path / "escaped.jpg").exists()


def test_a_broken_zip_is_refused_with_a_reason(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    report, _ = bring(project, path)
    assert [each["file"] for each in report["refused"]] == ["photos.zip"]


def test_a_picture_with_too_many_pixels_is_refused(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "huge.png").write_bytes(png((1200, 1000)))
    monkeypatch.setattr(get_settings(), "image_max_megapixels", 1)
    report, _ = bring(project, source)
    assert "megapixels" in report["refused"][0]["reason"]


def test_a_table_in_an_old_encoding_is_read_and_told(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["Völker.jpg"])
    table = write_csv(tmp_path / "t.csv", "file;label\r\nVölker.jpg;human\r\n", "cp1252")
    _, made = bring(project, source, table)
    assert present(project) == {"Völker.jpg": {"human"}}
    assert any("Windows-1252" in note for note in made.notes)


def test_a_hopeless_table_is_refused_and_the_images_stay(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg"])
    report, _ = bring(project, source, write_csv(tmp_path / "t.csv", "colour,size\nred,3\n"))
    assert report["accepted"] == 1
    assert report["refused"][0]["file"] == "t.csv"


def test_labels_that_differ_in_capitals_are_found_and_told(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg"])
    report, made = bring(project, source, write_csv(tmp_path / "t.csv", "file,label\na.jpg,Human\n"))
    assert report["unknown_labels"] == []
    assert present(project) == {"a.jpg": {"human"}}
    assert any("“Human”" in note for note in made.notes)


def test_nearly_the_same_images_share_a_group(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg", "b.jpg"])
    (source / "a again.jpg").write_bytes(jpeg(0, quality=40))
    _, made = bring(project, source)
    with session_scope(writes=False) as session:
        groups = {image.name: image.group_key for image in session.scalars(select(Image))}
    assert groups["a.jpg"] is not None
    assert groups["a.jpg"] == groups["a again.jpg"]
    assert groups["b.jpg"] is None
    assert any("a again.jpg" in note and "a.jpg" in note for note in made.notes)


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException], None]:
    """Let taking the n-th file fail, once."""

    def at(number: int, error: BaseException) -> None:
        whole, calls = image_files.take, iter(range(1000))

        def take(*given: Any) -> Any:
            if next(calls) == number:
                raise error
            return whole(*given)

        monkeypatch.setattr(imports_job, "take", take)

    return at


def test_an_import_that_died_half_way_goes_on_without_doubling_anything(
    project: Project,
    tmp_path: Path,
    interrupt: Callable[[int, BaseException], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports_job, "BATCH", 2)
    source = folder_of(tmp_path / "in", [f"{number:02}.jpg" for number in range(12)])
    (source / "00 bad.jpg").write_bytes(b"nothing")
    table = write_csv(tmp_path / "t.csv", "file,label\n00.jpg,human\n11.jpg,\n")
    with session_scope() as session:
        made = imports.import_folder(session, project, source, table)
    assert made.job_id is not None
    interrupt(9, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_job(made.job_id, imports_job.work)
    assert 0 < len(names(project)) < 12
    with session_scope() as session:
        jobs.get_job(session, made.job_id).status = JobStatus.QUEUED
    assert run_job(made.job_id, imports_job.work) is JobStatus.SUCCEEDED
    report, _ = told(made)
    assert (report["accepted"], report["duplicates"], len(report["refused"])) == (12, 0, 1)
    assert len(names(project)) == 12
    assert present(project)["00.jpg"] == {"human"}


def test_a_cancelled_import_keeps_what_is_in_and_says_so(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder_of(tmp_path / "in", [f"{number:02}.jpg" for number in range(20)])
    with session_scope() as session:
        made = imports.import_folder(session, project, source)
    assert made.job_id is not None
    job_id, whole = made.job_id, image_files.take

    def take(entry: Any, folder: Path) -> Any:
        if entry.name == "12.jpg":
            with session_scope() as session:
                jobs.request_cancel(session, jobs.get_job(session, job_id))
            reading.progress.stop()
        return whole(entry, folder)

    reading = Caught(monkeypatch)
    monkeypatch.setattr(imports_job, "take", take)
    assert run_job(job_id, imports_job.work) is JobStatus.CANCELLED
    report, fresh = told(made)
    assert 0 < report["accepted"] == len(names(project)) < 20
    assert "Cancelled after" in fresh.notes[0]


class Caught:
    """The progress of the job under way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.progress: Any = None
        whole = imports_job.bring_in

        def bring_in(progress: Any, *rest: Any) -> None:
            self.progress = progress
            whole(progress, *rest)

        monkeypatch.setattr(imports_job, "bring_in", bring_in)


def test_an_import_whose_worker_is_shut_down_is_queued_again_with_its_files(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_scope() as session:
        made = imports.create_import(session, project, None)
    storage = get_storage()
    for number in range(4):
        with uploads.receive(storage, made.id, name=f"{number}.jpg", key="", most_bytes=10**6) as incoming:
            incoming.write(jpeg(number))
    with session_scope() as session:
        job = imports.start_upload(session, session.get_one(Import, made.id), TableOptions())
    stopping.set()
    try:
        assert run_job(job.id, imports_job.work) is JobStatus.QUEUED
    finally:
        stopping.clear()
    assert len(uploads.list_uploads(storage, made.id)) == 4
    assert run_job(job.id, imports_job.work) is JobStatus.SUCCEEDED
    assert len(names(project)) == 4
    assert uploads.list_uploads(storage, made.id) == []


def test_a_full_disk_ends_the_import_as_failed_with_the_cause_and_it_can_be_tried_again(
    project: Project, tmp_path: Path, interrupt: Callable[[int, BaseException], None]
) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg", "b.jpg"])
    with session_scope() as session:
        made = imports.import_folder(session, project, source)
    assert made.job_id is not None
    interrupt(1, OSError(28, "No space left on device"))
    assert run_job(made.job_id, imports_job.work) is JobStatus.FAILED
    with session_scope() as session:
        assert "disk is full" in jobs.get_job(session, made.job_id).error
        again = imports.retry_import(session, session.get_one(Import, made.id))
    assert run_job(again.id, imports_job.work) is JobStatus.SUCCEEDED
    assert names(project) == ["a.jpg", "b.jpg"]
    assert told(made)[0]["accepted"] == 2


def test_answers_of_people_stay_beside_what_a_table_says(project: Project, tmp_path: Path) -> None:
    bring(project, folder_of(tmp_path / "in", ["a.jpg"]))
    table = write_csv(tmp_path / "t.csv", "file,label\na.jpg,human\n")
    bring(project, None, table)
    with session_scope(writes=False) as session:
        image = session.scalars(select(Image)).one()
        entries = images.history(session, image)
        assert [(entry.account, {label.name: value for label, value in entry.answers}) for entry in entries] == [
            (None, {"human": Answer.PRESENT, "animal": Answer.ABSENT})
        ]
        assert images.statuses(session, [image.id])[image.id] is ImageStatus.TAGGED
