"""What an import's job writes down, on both databases; the job itself is tested in tests/integration/worker."""

import pytest
from sqlalchemy.orm import Session

from app.formats.labels_csv import LabelRow
from app.models import Image, Import, ImportRefusal
from app.services import import_results, imports
from app.services.import_results import NewImage
from tests.factories import ImageFactory, ProjectFactory


@pytest.fixture
def batch(session: Session) -> Import:
    return imports.create_import(session, ProjectFactory.create(session=session), None)


def new(name: str, sha256: str, look: str = "0" * 16) -> NewImage:
    return NewImage(name, sha256, size_bytes=1, format="JPEG", width=1, height=1, perceptual_hash=look)


def test_the_same_bytes_are_stored_once_and_a_name_is_given_once(session: Session, batch: Import) -> None:
    stored = import_results.store_images(
        session, batch, [new("a.jpg", "1"), new("a.jpg", "2"), new("b.jpg", "1"), new("a (2).jpg", "3"), new("a", "4")]
    )
    assert [each.name for each in stored] == ["a.jpg", "a (2).jpg", "a.jpg", "a (2) (2).jpg", "a"]
    assert [each.repeats for each in stored] == [None, None, "a.jpg", None, None]
    again = import_results.store_images(session, batch, [new("other.jpg", "2"), new("a", "5")])
    assert [(each.name, each.repeats) for each in again] == [("a (2).jpg", "a (2).jpg"), ("a (2)", None)]


def test_a_name_as_long_as_a_name_can_be_still_gets_its_number(session: Session, batch: Import) -> None:
    name = "x" * 996 + ".jpg"
    stored = import_results.store_images(session, batch, [new(name, "1"), new(name, "2")])
    assert len(stored[1].name) == 1000
    assert stored[1].name.endswith(" (2).jpg")


def test_beginning_again_forgets_the_report_and_nothing_else(session: Session, batch: Import) -> None:
    import_results.store_images(session, batch, [new("a.jpg", "1")])
    session.add(ImportRefusal(import_id=batch.id, file="x", row=None, reason="r"))
    batch.accepted, batch.notes = 1, ["n"]
    import_results.begin(session, batch.id)
    assert (batch.accepted, batch.notes, imports.count_refusals(session, batch.id)) == (0, [], (0, 0))
    assert set(import_results.known_images(session, batch.project_id)) == {"1"}


def test_of_two_rows_for_one_picture_the_first_counts() -> None:
    rows = {"a.jpg": LabelRow(2, "a.jpg", ("x",)), "same.jpg": LabelRow(3, "same.jpg", ("y",))}
    kept, refused = import_results.rows_of_images(rows, {"a.jpg": 7, "same.jpg": 7})
    assert [(image_id, row.line) for image_id, row in kept] == [(7, 2)]
    assert [refusal.row for refusal in refused] == [3]


def test_a_group_keeps_its_name_when_a_later_import_adds_to_it(session: Session, batch: Import) -> None:
    stored = import_results.store_images(session, batch, [new("a", "1", "00" * 8), new("b", "2", "ff" * 8)])
    assert import_results.group_near_duplicates(session, batch) == []
    import_results.store_images(session, batch, [new("c", "3", "00" * 7 + "01")])
    assert import_results.group_near_duplicates(session, batch) == [["a", "c"]]
    session.expire_all()
    key = session.get_one(Image, stored[0].image_id).group_key
    assert key == f"near-{stored[0].image_id}"
    ImageFactory.create(session=session, project_id=batch.project_id, name="d", perceptual_hash="00" * 7 + "03")
    # The one that came now belongs to no import of ours: nothing new to tell, but it is grouped.
    import_results.group_near_duplicates(session, batch)
    session.expire_all()
    assert {image.name: image.group_key for image in session.query(Image)} == {"a": key, "b": None, "c": key, "d": key}
