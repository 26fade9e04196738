"""Comments are kept once, seen by everybody in the project, and removed by who wrote them."""

import pytest
from sqlalchemy.orm import Session

from app.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from app.models import Account, Comment
from app.services import comments
from app.services.comments import MAX_LENGTH
from tests.factories import ProjectFactory
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=6)


def add(session: Session, world: World, text: str, account: Account | None = None, **more: object) -> Comment:
    who = account or world.reviewer
    return comments.add(
        session,
        project=world.project,
        account=who,
        image_id=world.images[0].id,
        text=text,
        **more,  # type: ignore[arg-type]
    )


def remove(session: Session, world: World, made: Comment, account: Account) -> None:
    comments.remove(session, project=world.project, account=account, image_id=made.image_id, comment_id=made.id)


def texts(session: Session, world: World) -> list[tuple[str, str, str]]:
    return [(one.comment.text, one.who, one.label) for one in comments.remarks(session, world.images[0].id)]


def test_comments_tell_who_wrote_them_and_about_what(session: Session, world: World) -> None:
    add(session, world, "  A plough, no animal. ", label_id=world.labels[0].id)
    add(session, world, "See box 4.", world.annotator)
    assert texts(session, world) == [
        ("A plough, no animal.", "Reviewer", world.labels[0].name),
        ("See box 4.", "Annotator", ""),
    ]


def test_sent_twice_it_is_kept_once(session: Session, world: World) -> None:
    first = add(session, world, "Once", client_key="key-00001")
    assert add(session, world, "Once", client_key="key-00001") is first
    assert len(texts(session, world)) == 1
    with pytest.raises(ConflictError):
        add(session, world, "Once", world.annotator, client_key="key-00001")


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (MAX_LENGTH + 1)])
def test_nothing_and_too_much_are_refused(session: Session, world: World, text: str) -> None:
    with pytest.raises(InvalidInputError):
        add(session, world, text)


def test_only_the_author_removes_a_comment(session: Session, world: World) -> None:
    made = add(session, world, "Mine")
    with pytest.raises(ForbiddenError):
        remove(session, world, made, world.lead)
    for _time in range(2):
        remove(session, world, made, world.reviewer)
    assert texts(session, world) == []


def test_rows_of_other_projects_are_not_found(session: Session, world: World) -> None:
    made = add(session, world, "Mine")
    other = ProjectFactory.create(session=session)
    with pytest.raises(NotFoundError):
        comments.remove(session, project=other, account=world.reviewer, image_id=made.image_id, comment_id=made.id)
    with pytest.raises(NotFoundError):
        comments.add(session, project=other, account=world.reviewer, image_id=world.images[0].id, text="Hello")
    with pytest.raises(NotFoundError):
        add(session, world, "Hello", label_id=999_999)
