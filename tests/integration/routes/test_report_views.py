"""How a report is looked at is read from its address and written back to it."""

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.scores import Scoring
from app.domain.statuses import Split
from app.errors import InvalidInputError
from app.models import Account
from app.routes.report_views import View, viewed
from app.services.evidence import Basis
from tests.run_factory import make_world

SignIn = Callable[[Account], TestClient]


def test_an_address_holds_what_differs_from_the_usual_view() -> None:
    assert View().params == "split=validation&at=tuned"
    odd = View(Split.TEST, Basis.HALF, Scoring(0.5, undefined_as_one=True), "-recall")
    assert parse_qs(odd.params) == {
        "split": ["test"], "at": ["half"], "beta": ["0.5"], "undefined": ["1"], "sort": ["-recall"]
    }  # fmt: skip
    assert viewed(Split.TEST, Basis.HALF, "0.5", "1", "-recall") == odd


def test_one_thing_changed_leaves_the_others() -> None:
    view = View(Split.TEST, Basis.HALF, Scoring(2.0), "recall")
    assert view.but(beta=0.5) == "split=test&at=half&beta=0.5&sort=recall"
    assert view.but(basis="tuned", undefined_as_one=True) == "split=test&at=tuned&beta=2&undefined=1&sort=recall"


def test_sorting_by_the_same_column_again_turns_it_round() -> None:
    assert "sort=-recall" in View().sorted_by("recall")
    assert "sort=recall" in View(sort="-recall").sorted_by("recall")
    assert "sort=-precision" in View(sort="-recall").sorted_by("precision")


@pytest.mark.parametrize(("text", "beta"), [("1", 1.0), ("0,5", 0.5), (" 2.0 ", 2.0), ("", 1.0)])
def test_beta_is_read_as_people_write_it(text: str, beta: float) -> None:
    assert viewed(beta=text).scoring.beta == beta


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf", "11", "0.05"])
def test_what_is_no_beta_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match="Beta is a number"):
        viewed(beta=text)


def test_the_page_refuses_it_too(session: Session, sign_in: SignIn) -> None:
    world = make_world(session, n=12)
    answer = sign_in(world.reviewer).get(f"/projects/{world.project.id}/runs/1/report?beta=0")
    assert answer.status_code == 422
    assert "Beta is a number from 0.1 to 10" in answer.text
