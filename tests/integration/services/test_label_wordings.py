"""The wordings of a definition."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.services import label_wordings
from app.services.label_wordings import Piece
from tests.desk import make_desk
from tests.factories import ImageFactory


def test_wordings_tell_how_many_answers_were_given_under_each(session: Session) -> None:
    desk = make_desk(session)
    label_wordings.keep(session, desk.a, desk.person)
    desk.submit({desk.a: Answer.PRESENT})
    second = ImageFactory.create(session=session, project_id=desk.project.id)
    desk.submit({desk.a: Answer.ABSENT}, image_id=second.id)
    label_wordings.reword(session, desk.a, "a person", None)
    session.flush()
    desk.submit({desk.a: Answer.PRESENT})
    found = label_wordings.history(session, desk.a)
    assert [(one.definition.version, one.definition.text, one.who, one.answers) for one in found] == [
        (2, "a person", "", 1),
        (1, "", desk.person.name, 1),
    ]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("a person", "a person or a part of one"),
        ("", "new"),
        ("old", ""),
        ("", ""),
        ("  a\nb ", "a\nc"),
        ("x y", "y x"),
    ],
)
def test_two_wordings_are_told_apart_word_by_word_and_none_is_lost(earlier: str, later: str) -> None:
    pieces = label_wordings.compare(earlier, later)
    assert "".join(text for piece, text in pieces if piece is not Piece.LATER) == earlier
    assert "".join(text for piece, text in pieces if piece is not Piece.EARLIER) == later


def test_what_both_say_is_said_once() -> None:
    assert label_wordings.compare("a person seen", "a beast seen") == [
        (Piece.BOTH, "a "),
        (Piece.EARLIER, "person "),
        (Piece.LATER, "beast "),
        (Piece.BOTH, "seen"),
    ]
