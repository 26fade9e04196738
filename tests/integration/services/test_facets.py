from sqlalchemy.orm import Session

from app.services import facets
from tests.factories import ImageFactory, ProjectFactory


def test_every_image_has_one_value_of_each_facet(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    ids = [
        ImageFactory.create(session=session, project_id=project.id, name=name, details=details).id
        for name, details in [
            ("a/b/1.jpg", {"date": "1913", "titre": "Été “à l'eau”"}),
            ("2.jpg", {"date": "undated"}),
            ("a/3.jpg", {"date": "c. 1899"}),
        ]
    ]
    found = {facet.key: facet for facet in facets.facets(session, project.id)}
    # Two of three dates are too few to call the column one of dates.
    assert list(found) == ["detail.date", "detail.titre", "folder", "import", "annotator", "size", "shape"]
    assert all(facet.image_ids == ids for facet in found.values())
    assert found["detail.titre"].values == ["Été “à l'eau”", "", ""]
    assert found["folder"].values == ["a/b", "", "a"]
    assert found["annotator"].values == ["", "", ""]


def test_one_kind_or_one_column_can_be_read_alone(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    for number in range(2):
        details = {"date": f"191{number}", "page": str(number)}
        ImageFactory.create(session=session, project_id=project.id, name=str(number), details=details)
    assert [facet.key for facet in facets.facets(session, project.id, "detail.page")] == ["detail.page"]
    assert [facet.key for facet in facets.facets(session, project.id, "decade.date")] == ["decade.date", "detail.date"]
    assert [facet.key for facet in facets.facets(session, project.id, "size")] == ["size"]
    assert facets.facets(session, project.id, "nonsense") == []


def test_a_project_without_images_has_empty_facets(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    assert all(facet.values == [] for facet in facets.facets(session, project.id))


def test_texts_are_shortened_so_that_they_still_differ() -> None:
    one, two = facets.short("x" * 300 + "1"), facets.short("x" * 300 + "2")
    assert (len(one), len(two), one == two) == (100, 100, False)
    assert facets.short("x" * 100) == "x" * 100
    assert facets.detail_key("a:b%") == "a%3Ab%25"
