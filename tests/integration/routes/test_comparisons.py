"""The comparison's page: two runs, chosen in any of three ways, or several; and its files."""

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import Split, Verdict
from app.models import Account
from app.services import comparisons, reviews
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


@pytest.fixture
def three(session: Session, world: World) -> World:
    make_run(
        session,
        world.project,
        world.labels[:3],
        world.images,
        world.splits,
        world.truth[:, :3],
        world.probabilities[::-1, :3],
        number=3,
        active=False,
    )
    session.commit()
    return world


@pytest.mark.parametrize("figure", ["f1", "precision", "recall", "average_precision", "nonsense"])
def test_several_runs_stand_in_one_table(three: World, sign_in: SignIn, figure: str) -> None:
    page = sign_in(three.reviewer).get(f"{address(three)}?runs=2,1,3&figure={figure}")
    assert page.status_code == 200
    assert "Runs 2, 1, 3" in page.text
    assert "difference from run 2" in page.text
    assert "Not all of these runs know: landscape" in page.text
    assert f"{address(three)}?runs=2,3&truth=today" in page.text


def test_the_parts_of_the_change_and_the_largest_losses_are_shown(
    session: Session, world: World, sign_in: SignIn
) -> None:
    page = sign_in(world.reviewer).get(address(world)).text
    made = comparisons.side_by_side(session, world.project.id, (1, 2))
    assert "Only the model changed" in page
    assert f"{made.split.model.change:+.2f}".replace("-", "\N{MINUS SIGN}") in page
    overall = made.largest[0].overall
    assert overall is not None
    assert f"<strong>{overall.loss:.2f}</strong>" in page
    place = f"label={overall.label.id}&amp;item={overall.image.id}-{overall.label.id}"
    assert (place in page) == overall.is_listed


def test_files_hold_the_same_figures(session: Session, three: World, sign_in: SignIn) -> None:
    client = sign_in(three.reviewer)
    made = comparisons.side_by_side(session, three.project.id, (1, 2))
    told = client.get(f"/api/v1{address(three)}?runs=1,2")
    assert told.json()["macro_f1"]["after"] == made.macro_f1.after
    assert "runs-1-2.json" in told.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address(three)}.csv?runs=1,2").text)))
    assert float(rows[2]["after"]) == made.labels[0].f1.after
    several = client.get(f"{address(three)}.csv?runs=1,2,3")
    assert "runs-1-2-3.csv" in several.headers["content-disposition"]
    assert len(several.text.splitlines()) == 1 + 2 * (3 * 4 + 3)


def test_files_need_two_runs(session: Session, sign_in: SignIn) -> None:
    alone = make_world(session)
    assert sign_in(alone.reviewer).get(f"{address(alone)}.csv").status_code == 409


def test_what_reviewers_had_looked_at_is_said(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    assert "These figures may flatter" not in client.get(address(world)).text
    row = world.rows(Split.VALIDATION)[0]
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=world.images[row].id,
        label_id=world.labels[0].id,
        verdict=Verdict.LABEL_ERROR,
        client_key="one",
    )
    session.commit()
    page = client.get(address(world)).text
    assert "These figures may flatter" in page
    assert "They changed 1 answer." in page
    assert "These figures may flatter" not in client.get(f"{address(world)}?runs=1,2&truth=newer").text
    alone = client.get(f"{address(world)}?runs=1,2&untouched=true").text
    assert "only the 19 images that nobody judged" in alone


def test_runs_with_nothing_in_common_leave_the_choice_on_the_page(
    session: Session, world: World, sign_in: SignIn
) -> None:
    other = [Split.VALIDATION if row % 3 == 1 else Split.TRAIN for row in range(60)]
    make_run(
        session,
        world.project,
        world.labels,
        world.images,
        other,
        world.truth,
        world.probabilities,
        number=3,
        active=False,
    )
    session.commit()
    page = sign_in(world.reviewer).get(f"{address(world)}?runs=1,3")
    assert page.status_code == 200
    assert "Runs 1 and 3 have no validation image and label in common" in page.text
    assert 'name="runs"' in page.text
