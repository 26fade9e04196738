"""Lists of errors are pages with filters, and their addresses mean the same list again."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import Direction, Split
from app.models import Account
from app.routes.review_lists import wanted_list
from app.services import review_lists
from app.services.evidence import Basis
from app.services.list_queries import CellKind, ListKind, ListQuery, Reviewed
from tests.factories import AccountFactory, MemberFactory, ProjectFactory
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def root(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1"


def places(session: Session, world: World, query: ListQuery | None = None) -> list[tuple[int, int]]:
    found = list(review_lists.open_list(session, world.run, query or ListQuery()).pairs())
    session.commit()  # on SQLite the client would wait for this transaction
    return found


def test_the_review_tab_leads_to_the_newest_errors(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.reviewer).get(f"/projects/{world.project.id}/review")
    assert answer.headers["location"] == f"{root(world)}/errors"


def test_without_a_run_the_review_tab_says_so(session: Session, sign_in: SignIn) -> None:
    project = ProjectFactory.create(session=session)
    account = AccountFactory.create(session=session)
    MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role="reviewer")
    session.commit()
    answer = sign_in(account).get(f"/projects/{project.id}/review")
    assert answer.status_code == 200
    assert "nothing to review yet" in answer.text


def test_errors_are_listed_with_the_place_each_has(session: Session, world: World, sign_in: SignIn) -> None:
    page = sign_in(world.reviewer).get(f"{root(world)}/errors").text
    for position, (image_id, label_id) in enumerate(places(session, world)):
        assert f"position={position}&amp;item={image_id}-{label_id}" in page


@pytest.mark.parametrize(
    "query",
    ["", "?direction=missed", "?direction=wrongly_added", "?list=images", "?split=all", "?split=train", "?at=half",
     "?reviewed=open", "?reviewed=done", "?page=99", "?split=nonsense"],
)  # fmt: skip
def test_every_filter_gives_a_page(world: World, sign_in: SignIn, query: str) -> None:
    assert sign_in(world.reviewer).get(f"{root(world)}/errors{query}").status_code == 200


def test_a_cell_opens_its_images(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    label = world.labels[0]
    for cell in CellKind:
        page = client.get(f"{root(world)}/cells/{label.id}/{cell.value}").text
        for image_id, _label in places(session, world, ListQuery(kind=ListKind.CELL, label=label.id, cell=cell)):
            assert f"item={image_id}-{label.id}" in page
    assert client.get(f"{root(world)}/cells/999999/tp").status_code == 404


def test_an_address_means_the_list_it_was_made_from() -> None:
    query = ListQuery(
        kind=ListKind.CELL,
        split=None,
        basis=Basis.HALF,
        label=3,
        direction=Direction.MISSED,
        cell=CellKind.FP,
        added=4,
        other=2,
        reviewed=Reviewed.OPEN,
        slice="a:b",
        annotator=7,
        as_of=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    written = query.address()
    assert "split=all" in written
    read = wanted_list(
        ListKind.CELL, "all", Basis.HALF, 3, Direction.MISSED, CellKind.FP, 4, 2, Reviewed.OPEN, "a:b", 7, 1767323045000
    )
    assert read == query
    assert wanted_list(split=Split.TEST).split is Split.TEST
