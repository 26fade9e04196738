"""What the thresholds page loads: counts, images at the cut, the curve of one threshold for all."""

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest
from fastai.metrics import accuracy_multi
from fastapi.testclient import TestClient
from sklearn.metrics import f1_score
from sqlalchemy.orm import Session
from torch import tensor

from app.domain.statuses import Split
from app.models import Account
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def path(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/thresholds"


def test_counts_come_as_json_for_the_labels_asked_for(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    first, _second, third, _fourth = (label.id for label in world.labels)
    made = client.get(f"/api/v1{path(world)}?labels={third},{first}").json()["labels"]
    assert [each["id"] for each in made] == [third, first]
    assert {len(made[0][name]) for name in ("present", "absent", "collection")} == {1001}
    assert sum(made[0]["collection"]) == 60
    assert "F1 changes by" in made[0]["gain"]
    assert len(client.get(f"/api/v1{path(world)}").json()["labels"]) == 4


@pytest.mark.parametrize("labels", ["a", "1,,2", "-1", ",".join(["1"] * 61)])
def test_what_is_no_label_is_refused(world: World, sign_in: SignIn, labels: str) -> None:
    assert sign_in(world.reviewer).get(f"/api/v1{path(world)}?labels={labels}").status_code == 422


def test_images_at_the_cut_can_be_judged(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    label = world.labels[0].id
    page = client.get(f"{path(world)}/{label}/images?at=0.5").text
    assert page.count("data-cut-image=") == 12
    assert page.count('data-judge="label_error"') == 12
    image = int(page.partition('data-cut-image="')[2].partition('"')[0])
    body = {"image_id": image, "label_id": label, "verdict": "ambiguous", "client_key": "a-key-of-a-browser"}
    assert client.post(f"/api/v1/projects/{world.project.id}/runs/1/verdicts", json=body).status_code == 200
    own = client.get(f"{path(world)}/{label}/images?at=0.5").text
    assert 'data-own-key="a-key-of-a-browser"' in own
    other = sign_in(world.lead).get(f"{path(world)}/{label}/images?at=0.5").text
    assert "Ambiguous" in other
    assert "a-key-of-a-browser" not in other


def test_an_image_that_nobody_annotated_is_only_shown(session: Session, sign_in: SignIn) -> None:
    world = make_world(session, n=12, unknown=1.0)
    page = sign_in(world.reviewer).get(f"{path(world)}/{world.labels[0].id}/images?at=0.5").text
    assert "not annotated" in page
    assert "data-judge" not in page


@pytest.mark.parametrize("at", ["", "much", "-0.1", "1.1", "nan"])
def test_a_cut_outside_0_to_1_is_refused(world: World, sign_in: SignIn, at: str) -> None:
    answer = sign_in(world.reviewer).get(f"{path(world)}/{world.labels[0].id}/images?at={at}")
    assert answer.status_code == 422


def test_the_curve_of_one_threshold_holds_what_fastai_and_scikit_learn_compute(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    rows = world.rows(Split.VALIDATION)
    truth, said = world.truth[rows], world.probabilities[rows].astype(np.float64)
    table = list(csv.DictReader(io.StringIO(client.get(f"{path(world)}/shared.csv").text)))
    assert len(table) == 29
    for row in table:
        limit = float(row["threshold"])
        theirs = accuracy_multi(tensor(said), tensor(truth), thresh=limit, sigmoid=False)
        assert float(row["accuracy_multi"]) == pytest.approx(float(theirs), abs=1e-5)
        macro = f1_score(truth, said >= limit, average="macro", zero_division=0)
        assert float(row["macro_f1"]) == pytest.approx(macro, abs=1e-5)
    fragment = client.get(f"{path(world)}/shared").text
    best = max(table, key=lambda row: float(row["macro_f1"]))
    assert f'"threshold": {float(best["threshold"]):.3f}'[:16] in fragment
    assert "for all labels (best" not in fragment
    assert "for all labels (best Macro-F1)" in sign_in(world.lead).get(f"{path(world)}/shared").text


def test_without_answers_the_curve_says_so(session: Session, sign_in: SignIn) -> None:
    world = make_world(session, n=3, unknown=1.0)
    client = sign_in(world.reviewer)
    assert "no threshold can be measured" in client.get(f"{path(world)}/shared").text
    assert client.get(f"{path(world)}/shared.csv").text.splitlines()[1] == "0.05,,"


def test_an_annotator_does_not_see_it(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.annotator)
    for address in (f"/api/v1{path(world)}", f"{path(world)}/shared", f"{path(world)}/shared.csv"):
        assert client.get(address).status_code == 403
