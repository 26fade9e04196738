"""Labels going out, and coming back through an import, on both databases."""

import csv
import io
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, JobKind, Recipe, Split, View
from app.domain.thresholds import F1
from app.models import Image, Label, Prediction, Project, Run
from app.services import annotations, exports, imports, jobs, label_merging, labels, truths
from app.services.import_tables import TableOptions
from app.services.thresholds import Chosen, keep_tuned
from tests.factories import AccountFactory, ProjectFactory, annotate
from tests.integration.worker.pictures import folder_of
from worker.jobs import imports as imports_job
from worker.running import run_job

NAMES = ["Häuser, alt", 'the "big" one', "人物", "human"]
PROBABILITIES = (0, 0.25, 0.5, 0.75)
FILES = ["a, b.jpg", 'c "d".jpg', "ünï/é.jpg", "none.jpg", "untagged.jpg", "=1+1.jpg"]


@pytest.fixture
def project(loupe: Path, sent: list[tuple[str, int]], tmp_path: Path) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session, name="Fotos 1900/1914")
        for name in NAMES:
            labels.create_label(session, made, name=name)
    bring_in(made, folder_of(tmp_path / "in", FILES))
    return made


def bring_in(project: Project, folder: Path | None, table: Path | None = None) -> None:
    with session_scope() as session:
        made = imports.import_folder(session, project, folder, table, TableOptions(create_all=True))
    assert made.job_id is not None
    run_job(made.job_id, imports_job.work)


def image_named(session: Session, project: Project, name: str) -> Image:
    found = session.query(Image).filter_by(project_id=project.id, name=name).one()
    assert isinstance(found, Image)
    return found


def tag(session: Session, project: Project, name: str, present: list[str], answer: Answer = Answer.PRESENT) -> None:
    known = {label.name: label for label in labels.live_labels(session, project.id)}
    annotations.submit(
        session,
        project=project,
        image_id=image_named(session, project, name).id,
        account=AccountFactory.create(session=session, name=f"Tagger of {name}"),
        answers={known[label].id: answer for label in present},
        view=View.ANNOTATE,
    )


def lesson(project: Project) -> str:
    with session_scope(writes=False) as session:
        return "".join(exports.lesson_lines(session, session.get_one(Project, project.id)))


def full(project: Project) -> dict[str, dict[str, str]]:
    text = b"".join(exports.stream(project.id, exports.ExportForm.FULL)).decode("utf-8-sig")
    return {row["file"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def tag_all(session: Session, project: Project) -> None:
    tag(session, project, "a, b.jpg", ["Häuser, alt", "human"])
    tag(session, project, 'c "d".jpg', ['the "big" one'])
    tag(session, project, "ünï/é.jpg", ["人物"])
    tag(session, project, "=1+1.jpg", NAMES)
    tag(session, project, "none.jpg", [])


def test_the_lessons_form_comes_back_unchanged_through_an_import(project: Project, tmp_path: Path) -> None:
    with session_scope() as session:
        tag_all(session, project)
        other: Project = ProjectFactory.create(session=session)
    table = tmp_path / "labels.csv"
    table.write_bytes(b"".join(exports.stream(project.id, exports.ExportForm.LESSON)))
    bring_in(other, tmp_path / "in", table)
    assert sorted(lesson(other).splitlines()[1:]) == sorted(lesson(project).splitlines()[1:])
    assert {name: row["status"] for name, row in full(other).items()} == {
        name: row["status"] for name, row in full(project).items()
    }
    for name in NAMES:
        assert {row[f"answer: {name}"] for row in full(other).values()} >= {"present", "absent", "unknown"}


def test_none_apply_is_an_empty_cell_and_not_tagged_is_no_row(project: Project) -> None:
    with session_scope() as session:
        tag(session, project, "none.jpg", [])
    assert lesson(project) == "file,label\r\nnone.jpg,\r\n"
    rows = full(project)
    assert rows["none.jpg"]["status"] == "none apply"
    assert rows["untagged.jpg"]["status"] == "not tagged"
    assert rows["untagged.jpg"]["answer: human"] == "unknown"


def test_doubt_and_dispute_are_never_written_as_none_apply(project: Project) -> None:
    with session_scope() as session:
        tag(session, project, "none.jpg", ["human"], Answer.UNSURE)
        tag(session, project, "untagged.jpg", ["human"])
        image = image_named(session, project, "untagged.jpg")
        human = next(label for label in labels.live_labels(session, project.id) if label.name == "human")
        annotate(session, image, AccountFactory.create(session=session), {human: Answer.ABSENT})
        truths.refresh(session, [image.id])
    assert lesson(project) == "file,label\r\n"
    rows = full(project)
    assert rows["none.jpg"]["answer: human"] == "unsure"
    assert (rows["untagged.jpg"]["status"], rows["untagged.jpg"]["answer: human"]) == ("disputed", "disputed")


def test_the_full_form_tells_who_when_split_and_what_the_model_says(project: Project) -> None:
    with session_scope() as session:
        tag(session, project, "none.jpg", ["human"])
        image = image_named(session, project, "none.jpg")
        image.split = Split.VALIDATION
        live = labels.live_labels(session, project.id)
        run = add_run(session, project, live)
        session.add(
            Prediction(
                run_id=run.id, image_id=image.id, probabilities=struct.pack("<4f", 0, 0.25, 0.5, 0.75), held_out=True
            )
        )
        keep_tuned(session, run.id, [Chosen(live[2].id, 0.6, tuned=True)], F1, name="discovery")
    row = full(project)["none.jpg"]
    assert (row["labels"], row["who"], row["split"]) == ("human", "Tagger of none.jpg", "validation")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(row["when"])).total_seconds()) < 60
    assert [row[f"probability: {name}"] for name in NAMES] == ["0.000000", "0.250000", "0.500000", "0.750000"]
    assert [row[f"predicted: {name}"] for name in NAMES] == ["absent", "absent", "absent", "present"]
    assert row["threshold: 人物"] == "0.600000"
    assert row["threshold set"] == "run 1, threshold set 1, discovery"
    assert full(project)["untagged.jpg"]["threshold set"] == ""


def add_run(session: Session, project: Project, live: list[Label]) -> Run:
    job = jobs.create_job(session, JobKind.TRAIN, project_id=project.id)
    run = Run(
        project_id=project.id,
        number=1,
        job_id=job.id,
        recipe=Recipe.QUICK,
        seed=1,
        is_active=True,
        labels=[{"id": label.id, "name": label.name} for label in live],
    )
    session.add(run)
    session.flush()
    return run


def test_answers_of_a_table_are_told_as_such(project: Project, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("file,label\nnone.jpg,human\n")
    bring_in(project, None, table)
    assert full(project)["none.jpg"]["who"] == exports.BY_IMPORT


def test_a_spreadsheet_runs_no_file_name_as_a_formula(project: Project) -> None:
    assert "'=1+1.jpg" in full(project)


def test_a_large_collection_is_written_in_pieces(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = full(project)
    monkeypatch.setattr(exports, "BATCH", 2)
    assert full(project) == whole
    assert len(whole) == len(FILES)


def test_the_preview_begins_with_tagged_images(project: Project) -> None:
    with session_scope() as session:
        tag(session, project, "none.jpg", ["human"])
        assert exports.preview_rows(session, project)[0].file == "none.jpg"


def test_the_file_is_named_after_the_project_and_the_day(project: Project) -> None:
    name = exports.file_name(project, exports.ExportForm.LESSON)
    assert name.startswith("Fotos-1900-1914-labels-20")
    assert name.endswith(".csv")


def test_answers_for_a_merged_label_go_out_under_the_name_that_stays(project: Project) -> None:
    with session_scope() as session:
        tag(session, project, FILES[0], [NAMES[0]])
        tag(session, project, FILES[1], [NAMES[0]], Answer.UNSURE)
        source, target = labels.live_labels(session, project.id)[:2]
        label_merging.merge(session, project, source, target, definition="", account=None)
    with session_scope(writes=False) as session:
        rows = {row.file: row for row in exports.export_rows(session, session.get_one(Project, project.id))}
    assert rows[FILES[0]].labels == [NAMES[1]]
    assert NAMES[0] not in rows[FILES[0]].cells
    assert (rows[FILES[1]].cells[NAMES[1]].answer, rows[FILES[1]].status) == ("unsure", "tagged")
    assert not exports.in_lesson_form(rows[FILES[1]])
