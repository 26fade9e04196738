"""The table of runs, over HTTP."""

import csv
import io
import json
import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.models import Account, Job, Run
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session, sent: object) -> World:
    return make_world(session, n=12)


def more(world: World, count: int) -> None:
    """Let further runs have finished, each a little better."""
    with session_scope() as session:
        for number in range(2, 2 + count):
            job = Job(project_id=world.project.id, kind=JobKind.TRAIN, status=JobStatus.SUCCEEDED)
            session.add(job)
            session.flush()
            run = Run(project_id=world.project.id, number=number, job_id=job.id, recipe=Recipe.FINETUNE, seed=1)
            figure = number / (count + 2)
            run.evaluation = {
                "n_images": 12 + number,
                "at_half": {"mean_average_precision": figure},
                "tuned": {"macro": {"f1": figure}},
            }
            session.add(run)


def specs(page: str) -> list[dict[str, object]]:
    found = re.findall(r'<script type="application/json">(\{.*?\})</script>', page, re.DOTALL)
    return [json.loads(each) for each in found]


def test_one_run_is_a_table_without_charts(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.reviewer).get(f"/projects/{world.project.id}/runs").text
    assert page.count('<tr id="run-') == 1
    assert 'aria-sort="descending"' in page
    assert "runs-by-time" not in page


def test_the_table_is_sorted_and_filtered_by_its_address(world: World, sign_in: SignIn) -> None:
    more(world, 9)
    client, address = sign_in(world.reviewer), f"/projects/{world.project.id}/runs"
    page = client.get(f"{address}?sort=f1").text
    order = [int(number) for number in re.findall(r'<tr id="run-(\d+)"', page)]
    assert sorted(order) == list(range(1, 11))
    assert [number for number in order if number > 1] == list(range(2, 11))
    assert 'aria-sort="ascending"' in page
    page = client.get(f"{address}?recipe=quick&sort=nonsense").text
    assert re.findall(r'<tr id="run-(\d+)"', page) == ["1"]
    assert "1 of 10 runs." in page
    assert "No run is like that." in client.get(f"{address}?text=nothing").text


def test_a_thousand_runs_come_in_pages_and_in_one_curve(world: World, sign_in: SignIn) -> None:
    more(world, 999)
    client, address = sign_in(world.reviewer), f"/projects/{world.project.id}/runs"
    page = client.get(f"{address}?page=10").text
    assert page.count('<tr id="run-') == 100
    assert '<tr id="run-1"' in page
    charts = [spec for spec in specs(page) if "layer" in spec]
    assert len(charts) == 2
    assert len(charts[0]["data"]["values"]) == 2000  # type: ignore[index]
    assert client.get(f"{address}?page=99").text.count('<tr id="run-') == 100


def test_the_runs_that_are_found_can_be_taken_out(world: World, sign_in: SignIn) -> None:
    more(world, 3)
    answer = sign_in(world.reviewer).get(f"/projects/{world.project.id}/runs.csv?recipe=finetune&sort=number")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["run"] for row in rows] == ["2", "3", "4"]
    assert float(rows[0]["macro_f1"]) == pytest.approx(2 / 5)
    assert rows[0]["annotated_images"] == "14"
