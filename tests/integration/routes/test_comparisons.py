"""The comparison's page: two runs, chosen in any of three ways."""

from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account
from app.services import comparisons
from tests.run_factory import World, make_run, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    made = make_world(session)
    better = (0.7 * made.truth + 0.3 * made.probabilities).astype(np.float32)
    make_run(session, made.project, made.labels, made.images, made.splits, made.truth, better, number=2, active=False)
    session.commit()
    return made


def address(world: World) -> str:
    return f"/projects/{world.project.id}/compare"


@pytest.mark.parametrize("query", ["", "?runs=1,2", "?runs=2,1", "?runs=1&runs=2", "?runs=1,2&truth=newer"])
def test_two_runs_are_shown_side_by_side(world: World, sign_in: SignIn, query: str) -> None:
    page = sign_in(world.reviewer).get(address(world) + query)
    assert page.status_code == 200
    assert "Run 1 → run 2" in page.text
    assert "Run 2 is better than run 1" in page.text


def test_figures_and_flips_are_those_of_the_service(session: Session, world: World, sign_in: SignIn) -> None:
    page = sign_in(world.reviewer).get(address(world)).text
    made = comparisons.side_by_side(session, world.project.id, (1, 2))
    for label in made.labels:
        assert f"{label.f1.before:.2f} → <strong>{label.f1.after:.2f}</strong>" in page
        if label.n_fixed:
            assert f"list=fixed&amp;label={label.label.id}&amp;other=1&amp;position=0" in page


@pytest.mark.parametrize(
    ("query", "status"), [("?runs=1", 422), ("?runs=1,1", 422), ("?runs=a,b", 422), ("?runs=1,9", 404)]
)
def test_a_wrong_choice_is_refused_with_a_sentence(world: World, sign_in: SignIn, query: str, status: int) -> None:
    assert sign_in(world.reviewer).get(address(world) + query).status_code == status


def test_with_one_run_the_page_says_what_is_missing(session: Session, sign_in: SignIn) -> None:
    alone = make_world(session)
    page = sign_in(alone.reviewer).get(address(alone))
    assert page.status_code == 200
    assert "not two runs yet" in page.text
