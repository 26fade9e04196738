"""When and where images come from, on both databases."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Image
from app.services import image_origins
from app.services.image_origins import Origins
from tests.queue_room import make_room


def told(session: Session, details: list[dict[str, str]], names: tuple[str, ...] = ()) -> Origins:
    room = make_room(session)
    for image, each in zip(room.images, details, strict=False):
        image.details = each
    for image, name in zip(room.images, names, strict=False):
        image.name = name
    session.flush()
    wanted = [image.id for image in room.images[: len(details)]]
    return image_origins.origins(session, select(Image.id).where(Image.id.in_(wanted)).order_by(Image.id))


def test_the_columns_that_say_date_and_source_are_found(session: Session) -> None:
    details = [
        {"title": "1001 nights", "Issue date": "2 May 1913", "Newspaper": "The Sun"},
        {"title": "Fire", "Issue date": "undated", "Newspaper": ""},
        {"title": "Harbour", "Issue date": "1912"},
        {"Issue date": "1913", "Newspaper": "The Times"},
        {"Issue date": "c. 1910"},
    ]
    found = told(session, details)
    assert found.moments == [(1913, 5, 2), None, (1912, 0, 0), (1913, 0, 0), (1910, 0, 0)]
    assert found.sources == ["The Sun", "", "", "The Times", ""]
    assert found.dated


def test_another_column_of_dates_will_do(session: Session) -> None:
    found = told(session, [{"taken": "1913", "date of scan": "x"}, {"taken": "1914", "date of scan": "y"}])
    assert found.moments == [(1913, 0, 0), (1914, 0, 0)]


def test_without_a_source_the_folder_tells_and_without_dates_nothing_does(session: Session) -> None:
    found = told(session, [{}, {}], names=("box 2/1.jpg", "box 1/2.jpg"))
    assert (found.moments, found.sources, found.dated) == ([None, None], ["box 2", "box 1"], False)
