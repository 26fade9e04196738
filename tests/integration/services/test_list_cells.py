import pytest
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.services import evidence
from app.services.list_cells import column_of, no_cells, wrong_cells
from tests.run_factory import make_world


def test_unknown_cells_are_never_wrong(session: Session) -> None:
    world = make_world(session, unknown=0.3)
    seen = evidence.load(session, world.run)
    wrong = wrong_cells(seen)
    assert not wrong[seen.truth < 0].any()
    assert (wrong == ((seen.truth == 1 - seen.predictions) & (seen.truth >= 0))).all()


def test_labels_have_columns_and_strange_ones_none(session: Session) -> None:
    world = make_world(session)
    seen = evidence.load(session, world.run)
    assert [column_of(seen, label.id) for label in world.labels] == [0, 1, 2, 3]
    with pytest.raises(NotFoundError):
        column_of(seen, 10_000)
    assert not no_cells(seen).cells.any()
