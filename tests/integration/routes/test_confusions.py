"""The page of confusion: every number is a link to as many places as it says, and the tables can be saved."""

import csv
import html
import io
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus
from app.models import Account
from app.services import confusions
from app.services.evidence import Basis
from tests.run_factory import World, make_run, make_world

SignIn = Callable[[Account], TestClient]
NUMBER = re.compile(r'<a href="([^"]*(?:/errors\?|/cells/)[^"]*)"[^>]*>(\d+)</a>')
PLACES = re.compile(r"(\d+) places?\b")


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=150, n_labels=3, unknown=0.1, seed=5)


def page_of(world: World, *, number: int = 1) -> str:
    return f"/projects/{world.project.id}/runs/{number}/confusion"


def test_every_number_on_the_page_is_a_link_to_as_many_places(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    page = client.get(f"{page_of(world)}?least=1")
    assert page.status_code == 200
    links = {html.unescape(address): int(number) for address, number in NUMBER.findall(page.text)}
    lists = {parse_qs(urlsplit(address).query).get("list", ["cell"])[0] for address in links}
    assert lists == {"cell", "confused", "shown_together", "predicted_together"}
    for address, number in links.items():
        found = PLACES.search(client.get(address).text)
        assert found is not None
        assert int(found[1]) == number


@pytest.mark.parametrize(("row", "column"), [(0, 1), (0, None), (None, 1), (None, None), (2, 2)])
def test_the_same_places_are_judged_one_by_one_and_many_at_once(
    world: World, sign_in: SignIn, row: int | None, column: int | None
) -> None:
    client = sign_in(world.reviewer)
    ids = [label.id for label in world.labels]
    query = f"list=confused&split=train{'' if row is None else f'&label={ids[row]}'}"
    query += "" if column is None else f"&added={ids[column]}"
    root = f"/projects/{world.project.id}/runs/1/errors"
    listed = client.get(f"{root}?{query}").text
    found = PLACES.search(listed)
    assert found is not None
    assert f'href="/projects/{world.project.id}/runs/1/confusion?split=train' in html.unescape(listed)
    one = html.unescape(client.get(f"{root}/review?{query}").text)
    many = re.search(rf'href="({root}/grid[^"]*)"', one)
    assert many is not None
    grid = client.get(many[1]).text
    assert grid.count('data-image="') == min(48, int(found[1]))


def test_the_most_confused_are_sentences_down_to_a_least_number(
    session: Session, world: World, sign_in: SignIn
) -> None:
    made = confusions.reckon(session, world.run)
    session.commit()
    client = sign_in(world.reviewer)
    text = html.unescape(client.get(f"{page_of(world)}?least=1").text)
    for pair in made.confused:
        missed, added = made.labels[pair.label].name, made.labels[pair.added].name
        images = "image" if pair.count == 1 else "images"
        assert f"“{missed}” was missed on {pair.count} {images} where “{added}” was added" in text
    few = html.unescape(client.get(f"{page_of(world)}?least=1000").text)
    assert "was missed on" not in few
    assert "Nowhere was one label missed and another added on so many images." in few
    assert client.get(f"{page_of(world)}?least=0").status_code == 422


@pytest.mark.parametrize("show", ["counts", "rows", "columns"])
@pytest.mark.parametrize("split", ["validation", "train", "test"])
def test_the_page_can_be_read_in_every_way(world: World, sign_in: SignIn, show: str, split: str) -> None:
    page = sign_in(world.reviewer).get(f"{page_of(world)}?show={show}&split={split}&at=half")
    assert page.status_code == 200
    assert ("nothing to measure on" in page.text) == (split == "test")
    assert "nan" not in page.text.replace("annotat", "")


def test_labels_that_exclude_each_other_have_the_ordinary_table(
    session: Session, world: World, sign_in: SignIn
) -> None:
    client = sign_in(world.reviewer)
    assert "Which label was taken for which" not in client.get(page_of(world)).text
    drawing = f"/api/v1{page_of(world)}-picture?table=one_label"
    assert client.get(drawing).status_code == 404
    truth = np.eye(3, dtype=np.int8)[np.arange(len(world.images)) % 3]
    given = (session, world.project, world.labels, world.images, world.splits, truth, world.probabilities)
    make_run(*given, number=2, active=False)
    session.commit()
    page = client.get(page_of(world, number=2))
    assert "Which label was taken for which" in page.text
    links = [html.unescape(each) for each in re.findall(r'href="([^"]*list=one_label[^"]*)"', page.text)]
    numbers = {html.unescape(address): int(number) for address, number in NUMBER.findall(page.text)}
    for address in links:
        found = PLACES.search(client.get(address).text)
        assert found is not None
        assert int(found[1]) == numbers[address]
    assert len(client.get(drawing.replace("/runs/1/", "/runs/2/")).json()["data"]["values"]) == 9


def test_files_hold_the_tables_of_the_page(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    made = client.get(f"/api/v1{page_of(world)}?at=half").json()
    table = confusions.reckon(session, world.run, basis=Basis.HALF)
    session.commit()
    assert made["project"] == world.project.name
    assert made["tables"]["label_by_label"]["counts"] == table.label_by_label.tolist()
    assert made["tables"]["predicted"]["counts"] == table.predicted.tolist()
    answer = client.get(f"{page_of(world)}.csv?at=half")
    assert "run-1-confusion-validation-half.csv" in answer.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    written = [int(line["count"]) for line in lines if line["table"] == "label_by_label"]
    assert written == table.label_by_label.ravel().tolist()


def test_drawings_are_given_for_their_tables(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    for table, cells in (("label_by_label", 16), ("together", 18)):
        spec = client.get(f"/api/v1{page_of(world)}-picture?table={table}&show=rows").json()
        assert len(spec["data"]["values"]) == cells


def test_one_label_and_no_image_are_no_trouble(session: Session, sign_in: SignIn) -> None:
    world = make_world(session, n=12, n_labels=1)
    page = sign_in(world.reviewer).get(page_of(world))
    assert page.status_code == 200
    assert "Which labels go together" not in page.text


def test_a_run_that_has_not_finished_is_shown_on_its_way(session: Session, world: World, sign_in: SignIn) -> None:
    world.run.job.status = JobStatus.RUNNING
    session.commit()
    answer = sign_in(world.reviewer).get(page_of(world))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{world.project.id}/runs/1")


def test_an_annotator_does_not_see_it(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.annotator).get(page_of(world)).status_code == 403
