import csv
import html
import io
import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Annotation
from app.services import desk_settings
from tests.integration.services.test_slice_reports import KEY, sliced_world
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    made = sliced_world(session)
    session.commit()
    return made


def address(world: World) -> str:
    return f"/projects/{world.project.id}/runs/{world.run.number}/report/slices"


def test_the_page_names_the_slice_that_is_judged_badly_and_leads_to_its_errors(world: World, sign_in: SignIn) -> None:
    visitor = sign_in(world.reviewer)
    page = visitor.get(address(world), params={"dimension": KEY, "at": "half"}).text
    assert "Differences larger than chance" in page
    assert "lower by more than chance" in page
    links = {html.unescape(each) for each in re.findall(r'href="([^"]*/errors\?[^"]*slice=[^"]*)"', page)}
    assert all(visitor.get(link).status_code == 200 for link in links)
    assert any(f"label={world.labels[0].id}&slice=detail.paper%3AStar" in link for link in links)


def test_another_label_and_figure_can_be_shown(world: World, sign_in: SignIn) -> None:
    visitor = sign_in(world.reviewer)
    params = {"dimension": KEY, "label": str(world.labels[2].id), "show": "recall", "split": "train", "at": "half"}
    page = visitor.get(address(world), params=params).text
    assert f"“{world.labels[2].name}” in detail" in page
    assert "Recall of every label" in page
    assert visitor.get(address(world), params={"label": "999999"}).status_code == 200


def test_figures_are_saved_as_csv_and_json(world: World, sign_in: SignIn) -> None:
    visitor = sign_in(world.reviewer)
    params = {"dimension": KEY, "at": "half"}
    told = visitor.get(f"/api/v1{address(world)}", params=params)
    assert told.headers["content-disposition"] == 'attachment; filename="run-1-by-detail-validation-half.json"'
    rows = list(csv.DictReader(io.StringIO(visitor.get(f"{address(world)}.csv", params=params).text)))
    assert len(rows) == len(told.json()["slices"]) * (len(world.labels) + 2)
    assert told.json()["project"] == world.project.name


def test_a_dimension_that_is_not_there_is_not_found(world: World, sign_in: SignIn) -> None:
    visitor = sign_in(world.reviewer)
    for at in (address(world), f"{address(world)}.csv", f"/api/v1{address(world)}"):
        assert visitor.get(at, params={"dimension": "detail.gone"}).status_code == 404


def test_a_project_without_anything_to_slice_by_says_what_to_do(session: Session, sign_in: SignIn) -> None:
    bare = make_world(session, n=12)
    for row, image in enumerate(bare.images):
        image.details = {"number": str(row)}
    session.query(Annotation).update({"account_id": None})
    session.commit()
    page = sign_in(bare.lead).get(address(bare)).text
    assert "Nothing tells these images apart" in page
    assert "Import a table" in page


def test_annotators_see_no_reports(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.annotator).get(address(world)).status_code == 403


def test_everybody_in_a_project_may_choose_from_its_slices(world: World, sign_in: SignIn) -> None:
    at = f"/projects/{world.project.id}/slices"
    choice = sign_in(world.annotator).get(at, params={"slice": "detail.paper:Star"}).text
    assert '<option value="detail.paper:Star" selected>Star (60)</option>' in choice
    assert '<optgroup label="paper">' in choice
    gone = sign_in(world.annotator).get(at, params={"slice": "detail.paper:Moon"}).text
    assert '<option value="detail.paper:Moon" selected>Moon</option>' in gone


def test_who_annotated_is_not_named_where_names_are_hidden_nor_told_where_people_answer_blind(
    world: World, sign_in: SignIn, session: Session
) -> None:
    # Another person than the one by whom all is answered, so that people tell images apart.
    for annotation in session.scalars(select(Annotation).limit(20)):
        annotation.account_id = world.lead.id
    world.annotator.name = "Anna Annotator"
    desk_settings.change(session, world.project, {"names_hidden": True})
    session.commit()
    choice, narrow = f"/projects/{world.project.id}/slices", f"/projects/{world.project.id}/runs/1/errors/narrow"
    report = f"{address(world)}?dimension=annotator"
    for person, is_named in ((world.reviewer, False), (world.lead, True)):
        client = sign_in(person)
        for path in (choice, narrow, report):
            told = client.get(path).text
            assert ("Anna Annotator" in told) is is_named
            assert ("Person " in told) is not is_named
    desk_settings.change(session, world.project, {"opinions": 2})
    session.commit()
    told = sign_in(world.annotator).get(choice, params={"id": "desk-slice"}).text
    assert 'id="desk-slice"' in told
    assert "annotator:" not in told
