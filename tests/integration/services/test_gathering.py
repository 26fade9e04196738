"""What came for an import, before it begins, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.errors import InvalidInputError
from app.formats.folder_labels import FOLDERS
from app.models import Import
from app.services import gathering, imports, uploads
from app.services.import_tables import TableOptions
from app.storage import get_storage
from tests.factories import ImageFactory, LabelFactory, ProjectFactory


@pytest.fixture
def batch(session: Session) -> Import:
    project = ProjectFactory.create(session=session)
    LabelFactory.create(session=session, project_id=project.id, name="human")
    ImageFactory.create(session=session, project_id=project.id, name="old.jpg")
    return imports.create_import(session, project, None)


def send(batch: Import, name: str, data: bytes = b"x") -> None:
    with uploads.receive(get_storage(), batch.id, name=name, key="", most_bytes=10**6) as incoming:
        incoming.write(data)


def look(session: Session, batch: Import, **options: str) -> gathering.Gathered:
    return gathering.gather(session, batch, get_storage(), TableOptions(**options))  # type: ignore[arg-type]


def test_nothing_came_yet(session: Session, batch: Import) -> None:
    found = look(session, batch)
    assert (found.images, found.tables, found.preview) == (0, [], None)


def test_the_table_that_lies_on_top_is_taken_until_another_is_chosen(session: Session, batch: Import) -> None:
    send(batch, "photos/a.jpg")
    send(batch, "photos/deep/other.csv", b"file,label\nold.jpg,human\n")
    send(batch, "photos/labels.csv", b"file,label\na.jpg,human\nold.jpg,\nnone.jpg,\n")
    found = look(session, batch)
    assert (found.images, found.options.table) == (1, "photos/labels.csv")
    assert found.preview is not None
    # Rows mean what came with the table, and what the project has already.
    assert (found.preview.row_count, found.preview.found_count) == (3, 2)
    other = look(session, batch, table="photos/deep/other.csv")
    assert other.preview is not None
    assert other.preview.row_count == 1


def test_a_broken_zip_is_told_before_anything_begins(session: Session, batch: Import) -> None:
    send(batch, "photos.zip", b"PK\x03\x04 cut off")
    found = look(session, batch)
    assert (found.archives, [name for name, _reason in found.refused]) == (1, ["photos.zip"])


def test_a_table_too_large_to_be_one_is_refused(
    session: Session, batch: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MAX_CSV_BYTES", 5)
    send(batch, "labels.csv", b"file,label\n")
    with pytest.raises(InvalidInputError, match="larger than"):
        look(session, batch)


def test_the_names_of_folders_can_stand_for_a_table_but_never_before_one(session: Session, batch: Import) -> None:
    send(batch, "cats/1.png")
    assert look(session, batch).tables == []
    send(batch, "dogs/1.png", b"y")
    found = look(session, batch)
    assert (found.tables, found.options.table) == ([FOLDERS], FOLDERS)
    assert found.preview is not None
    assert [(row.file, row.found) for row in found.preview.rows] == [("cats/1.png", True), ("dogs/1.png", True)]
    assert [unknown.name for unknown in found.preview.unknown] == ["cats", "dogs"]
    send(batch, "cats/labels.csv", b"file,label\n1.png,human\n")
    assert look(session, batch).options.table == "cats/labels.csv"
