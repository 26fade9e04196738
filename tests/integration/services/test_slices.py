import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.errors import NotFoundError
from app.models import Image, Import
from app.services import slices
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory, annotate


@pytest.fixture
def project_id(session: Session) -> int:
    """A project with six photographs of two papers, from two decades, in two folders."""
    project = ProjectFactory.create(session=session)
    made: int = project.id
    for number in range(6):
        details = {"date": f"c. {1908 + number}", "paper": "Courier" if number % 2 else "Star: daily"}
        ImageFactory.create(
            session=session,
            project_id=made,
            name=f"box {number // 4}/{number}.jpg" if number else "lone.jpg",
            details=details if number < 5 else {},
            width=3000 if number == 1 else 640,
            height=2000 if number == 1 else 480,
        )
    return made


def images_of(session: Session, project_id: int) -> list[Image]:
    return session.query(Image).filter_by(project_id=project_id).order_by(Image.id).all()


def test_every_detail_and_the_decade_of_dates_tell_images_apart(session: Session, project_id: int) -> None:
    found = {each.key: each for each in slices.dimensions(session, project_id)}
    # No two dates are the same, so that only their decades make slices.
    assert list(found) == ["decade.date", "detail.paper", "folder", "size"]
    assert [(value.name, value.count) for value in found["decade.date"].values] == [
        ("1900s", 2),
        ("1910s", 3),
        ("not given", 1),
    ]
    assert [value.address for value in found["decade.date"].values] == [
        "decade.date:1900s",
        "decade.date:1910s",
        "decade.date:",
    ]
    assert [(value.name, value.count) for value in found["detail.paper"].values] == [
        ("Star: daily", 3),
        ("Courier", 2),
        ("not given", 1),
    ]
    assert [(value.name, value.count) for value in found["folder"].values] == [
        ("box 0", 3),
        ("box 1", 2),
        ("no folder", 1),
    ]


def test_an_address_finds_exactly_the_images_counted_under_it(session: Session, project_id: int) -> None:
    for dimension in slices.dimensions(session, project_id):
        for value in dimension.values:
            assert len(slices.member_ids(session, project_id, value.address)) == value.count, value


def test_a_value_that_one_image_alone_has_is_found(session: Session, project_id: int) -> None:
    address = slices.detail_address("date", "c. 1909")
    assert slices.member_ids(session, project_id, address).tolist() == [images_of(session, project_id)[1].id]


def test_an_address_that_means_nothing_finds_no_image(session: Session, project_id: int) -> None:
    for address in ("", "nonsense", "detail.paper", "detail.paper:Moon", "detail.gone:x", "decade.paper:1910s"):
        assert len(slices.member_ids(session, project_id, address)) == 0, address


def test_membership_follows_the_images_asked_for(session: Session, project_id: int) -> None:
    ids = np.array([image.id for image in images_of(session, project_id)], dtype=np.int64)
    asked = ids[[4, 0, 3]]
    made = slices.survey(session, project_id).membership(asked, "detail.paper")
    assert [(value.name, value.count) for value in made.dimension.values] == [("Star: daily", 2), ("Courier", 1)]
    assert made.members.tolist() == [[True, False], [True, False], [False, True]]
    nothing = slices.survey(session, project_id).membership(ids[:0], "detail.paper")
    assert nothing.dimension.values == ()
    with pytest.raises(NotFoundError):
        slices.survey(session, project_id).membership(ids, "detail.gone")


def test_rare_values_are_found_together_and_each_by_its_own_address(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    for number in range(25):
        for copy in range(1 + (number < 20)):
            details = {"paper": f"paper {number:02}"}
            name = f"{number}-{copy}.jpg"
            ImageFactory.create(session=session, project_id=project.id, name=name, details=details)
    (dimension,) = slices.dimensions(session, project.id)
    assert len(dimension.values) == 21
    assert (dimension.values[-1].name, dimension.values[-1].count) == ("others", 5)
    assert len(slices.member_ids(session, project.id, dimension.values[-1].address)) == 5
    assert len(slices.member_ids(session, project.id, slices.detail_address("paper", "paper 24"))) == 1


def test_long_names_and_values_have_short_addresses_that_differ(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    column = "a column: " + "n" * 100
    for ending in ("one", "two"):
        for copy in range(2):
            details = {column: "v" * 400 + ending}
            name = f"{ending}-{copy}.jpg"
            ImageFactory.create(session=session, project_id=project.id, name=name, details=details)
    (dimension,) = slices.dimensions(session, project.id)
    assert [value.count for value in dimension.values] == [2, 2]
    assert {value.name[-3:] for value in dimension.values} == {"one", "two"}
    for value in dimension.values:
        assert len(value.address) < 200
        assert value.address == slices.detail_address(column, value.name)
        assert len(slices.member_ids(session, project.id, value.address)) == 2


def test_an_image_belongs_to_everybody_who_answered_for_it(session: Session, project_id: int) -> None:
    label = LabelFactory.create(session=session, project_id=project_id)
    ada, ben = AccountFactory.create(session=session, name="Ada"), AccountFactory.create(session=session, name="Ben")
    first, second, third, fourth = images_of(session, project_id)[:4]
    annotate(session, first, ada, {label: Answer.PRESENT})
    annotate(session, second, ada, {label: Answer.PRESENT})
    annotate(session, second, ben, {label: Answer.ABSENT}, View.GRID)
    annotate(session, third, ben, {label: Answer.PRESENT}, View.REVIEW)
    annotate(session, fourth, None, {label: Answer.PRESENT}, View.IMPORT)
    annotator = next(each for each in slices.dimensions(session, project_id) if each.key == "annotator")
    assert {value.name: value.count for value in annotator.values} == {
        "Ada": 2,
        "Ben": 1,
        "an imported table": 1,
        "nobody": 3,
    }
    ids = np.array([image.id for image in (first, second, third)], dtype=np.int64)
    made = slices.survey(session, project_id).membership(ids, "annotator")
    by_name = {value.name: made.members[:, column] for column, value in enumerate(made.dimension.values)}
    assert by_name["Ada"].tolist() == [True, True, False]
    assert by_name["Ben"].tolist() == [False, True, False]


def test_imports_tell_images_apart(session: Session, project_id: int) -> None:
    batch = Import(project_id=project_id, source="upload", options={})
    session.add(batch)
    session.flush()
    for image in images_of(session, project_id)[:2]:
        image.import_id = batch.id
    session.flush()
    dimension = next(each for each in slices.dimensions(session, project_id) if each.key == "import")
    assert [value.count for value in dimension.values] == [2, 4]
    assert dimension.values[0].name.startswith(f"Import {batch.id} of ")


def test_shape_and_size_come_from_the_pixels(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    for number, (width, height) in enumerate([(800, 600), (600, 800), (700, 720), (1500, 1000), (4000, 3000)] * 2):
        ImageFactory.create(session=session, project_id=project.id, name=str(number), width=width, height=height)
    found = {each.key: {v.address: v.count for v in each.values} for each in slices.dimensions(session, project.id)}
    assert found["shape"] == {"shape:wide": 6, "shape:square": 2, "shape:upright": 2}
    assert found["size"] == {"size:small": 4, "size:medium": 4, "size:large": 2}
