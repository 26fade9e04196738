"""What an import keeps of the further columns of its table, on both databases."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import JobStatus
from app.formats.labels_csv import NO_LABEL_COLUMN
from app.models import Annotation, Image, Import, Project
from app.services import exports, imports, labels
from app.services.import_tables import TableOptions
from tests.factories import ProjectFactory
from tests.integration.worker.pictures import folder_of
from worker.jobs import imports as imports_job
from worker.running import run_job


@pytest.fixture
def project(loupe: Path, sent: list[tuple[str, int]]) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
        labels.create_label(session, made, name="human")
    return made


def bring(project: Project, source: Path | None, table: Path, **options: Any) -> dict[str, Any]:
    with session_scope() as session:
        made = imports.import_folder(session, project, source, table, TableOptions(**options))
    assert made.job_id is not None
    assert run_job(made.job_id, imports_job.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as session:
        return imports.report_dict(session, session.get_one(Import, made.id))


def details_of(project: Project) -> dict[str, dict[str, str]]:
    with session_scope(writes=False) as session:
        found = session.scalars(select(Image).where(Image.project_id == project.id))
        return {image.name: image.details for image in found}


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_further_columns_of_the_table_stay_with_the_images(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg", "b.jpg", "c.jpg"])
    table = written(tmp_path / "t.csv", "file,label,date,source\na.jpg,human,1913,Star\nb.jpg,,c. 1890,\n")
    report = bring(project, source, table)
    assert details_of(project) == {
        "a.jpg": {"date": "1913", "source": "Star"},
        "b.jpg": {"date": "c. 1890"},
        "c.jpg": {},
    }
    assert report["details"] == {"columns": ["date", "source"], "images": 2}


def test_repeating_an_import_brings_details_up_to_date(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg"])
    bring(project, source, written(tmp_path / "t.csv", "file,label,date,source\na.jpg,human,1913,Star\n"))
    report = bring(project, source, written(tmp_path / "t.csv", "file,label,date,source\na.jpg,human,1914,\n"))
    assert details_of(project) == {"a.jpg": {"date": "1914", "source": "Star"}}
    assert (report["accepted"], report["duplicates"]) == (0, 1)
    with session_scope(writes=False) as session:
        assert len(session.scalars(select(Annotation)).all()) == 1


def test_columns_that_were_left_out_are_not_kept(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg"])
    table = written(tmp_path / "t.csv", "file,label,date,source\na.jpg,human,1913,Star\n")
    report = bring(project, source, table, left_out=("source",))
    assert (details_of(project), report["details"]["columns"]) == ({"a.jpg": {"date": "1913"}}, ["date"])


def test_a_table_of_details_tags_no_image(project: Project, tmp_path: Path) -> None:
    bring(project, folder_of(tmp_path / "in", ["a.jpg"]), written(tmp_path / "t.csv", "file,label\n"))
    report = bring(
        project, None, written(tmp_path / "d.csv", "file,date,page\na.jpg,1913,4\n"), label_column=NO_LABEL_COLUMN
    )
    assert details_of(project) == {"a.jpg": {"date": "1913", "page": "4"}}
    assert report["details"] == {"columns": ["date", "page"], "images": 1}
    with session_scope(writes=False) as session:
        assert session.scalars(select(Annotation)).all() == []
        assert session.scalars(select(Import).order_by(Import.id.desc())).first().labelled == 0  # type: ignore[union-attr]


def test_details_are_kept_before_the_project_has_labels(tmp_path: Path, project: Project) -> None:
    with session_scope() as session:
        bare: Project = ProjectFactory.create(session=session)
    bring(bare, folder_of(tmp_path / "in", ["a.jpg"]), written(tmp_path / "t.csv", "file,label,date\na.jpg,x,1913\n"))
    assert details_of(bare) == {"a.jpg": {"date": "1913"}}


def test_details_come_back_from_a_full_export(project: Project, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "in", ["a.jpg", "b.jpg", "c.jpg"])
    table = written(tmp_path / "t.csv", "file,label,date,note: long\na.jpg,human,1913,=1\nb.jpg,,1914,x\n")
    bring(project, source, table)
    with session_scope() as session:
        whole = "".join(exports.full_lines(session, project))
        other: Project = ProjectFactory.create(session=session)
        labels.create_label(session, other, name="human")
    bring(other, source, written(tmp_path / "full.csv", whole))
    assert details_of(other) == details_of(project)
    with session_scope() as session:
        assert "".join(exports.lesson_lines(session, other)) == "".join(exports.lesson_lines(session, project))
