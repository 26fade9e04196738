import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Direction
from app.errors import NotFoundError
from app.services import evidence
from app.services.list_cells import wrong_cells
from app.services.list_kinds import CHOOSERS, choose, of_direction, of_label
from app.services.list_queries import ListKind, ListQuery
from tests.run_factory import make_world


def test_every_kind_of_list_can_be_made() -> None:
    assert set(CHOOSERS) == set(ListKind)


def test_a_label_and_a_direction_leave_only_their_errors(session: Session) -> None:
    world = make_world(session)
    seen = evidence.load(session, world.run, basis=evidence.Basis.HALF)
    query = ListQuery(label=world.labels[1].id, direction=Direction.MISSED)
    whole = choose(session, world.run, query, seen).cells
    assert (whole == wrong_cells(seen)).all()
    cells = whole & of_label(query, seen) & of_direction(query, seen)
    assert cells.sum() == ((seen.truth[:, 1] == 1) & (seen.probabilities[:, 1] < 0.5)).sum() > 0
    assert not cells[:, [0, 2, 3]].any()


def test_where_sides_mean_nothing_a_direction_takes_nothing_away(session: Session) -> None:
    world = make_world(session)
    seen = evidence.load(session, world.run)
    assert of_direction(ListQuery(kind=ListKind.DUPLICATES, direction=Direction.MISSED), seen).all()


def test_a_label_that_the_run_does_not_know_is_refused(session: Session) -> None:
    world = make_world(session)
    seen = evidence.load(session, world.run)
    with pytest.raises(NotFoundError):
        of_label(ListQuery(label=10_000), seen)
