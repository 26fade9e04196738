"""The lead's page of progress."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.models import Account, Label
from app.routes.progress import MOST_LINES, day_chart, label_chart
from app.services.tagging_days import DayOfLabel
from tests.desk import Desk, make_desk
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=12)


def test_the_page_tells_what_is_done_and_by_whom(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.lead).get(f"/projects/{world.project.id}/progress").text
    assert "images are done" in page
    assert world.annotator.name in page
    assert 'hx-trigger="every 30s"' in page


def test_the_figures_come_alone(world: World, sign_in: SignIn) -> None:
    part = sign_in(world.lead).get(f"/projects/{world.project.id}/progress/figures", headers=HTMX).text
    assert part.strip().startswith("<div")
    assert 'id="tagging-figures"' in part
    assert "<html" not in part


def test_only_leads_see_the_pace_of_people(world: World, sign_in: SignIn) -> None:
    for account in (world.reviewer, world.annotator):
        client = sign_in(account)
        for path in ("", "/figures", "/course", "/people.csv", "/days.csv", "/labels.csv"):
            assert client.get(f"/projects/{world.project.id}/progress{path}").status_code == 403


def test_the_course_is_drawn_and_told(world: World, sign_in: SignIn) -> None:
    part = sign_in(world.lead).get(f"/projects/{world.project.id}/progress/course", headers=HTMX).text
    assert part.count("data-chart-plot") == 2
    assert "12</td>" in part


def test_days_are_those_of_the_reader(world: World, sign_in: SignIn) -> None:
    client, path = sign_in(world.lead), f"/projects/{world.project.id}/progress"
    there = client.get(f"{path}/course", headers=HTMX | {"X-Time-Zone": "Pacific/Kiritimati"}).text
    assert "as days go by in Pacific/Kiritimati" in there
    assert "days.csv?zone=Pacific/Kiritimati" in there
    assert "as days go by in UTC" in client.get(f"{path}/course", headers=HTMX | {"X-Time-Zone": "Nowhere"}).text
    assert client.get(f"{path}/days.csv?zone=Pacific/Kiritimati").status_code == 200


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("people", "person,answers,answers_last_7_days,answers_per_active_hour,skips,last_answer"),
        ("days", "day,person,answers"),
        ("labels", "day,label,found,found_until_then"),
    ],
)
def test_tables_for_a_spreadsheet(world: World, sign_in: SignIn, name: str, first: str) -> None:
    answer = sign_in(world.lead).get(f"/projects/{world.project.id}/progress/{name}.csv")
    assert answer.text.splitlines()[0] == first
    assert len(answer.text.splitlines()) > 1
    assert f'filename="{name}.csv"' in answer.headers["content-disposition"]


def test_a_project_without_images_says_what_to_do(session: Session, owner: Account, sign_in: SignIn) -> None:
    desk: Desk = make_desk(session)
    session.delete(desk.image)
    session.commit()
    assert "No images yet" in sign_in(owner).get(f"/projects/{desk.project.id}/progress").text


def test_several_opinions_are_told_apart_from_images(session: Session, owner: Account, sign_in: SignIn) -> None:
    desk: Desk = make_desk(session)
    desk.image.opinions, desk.image.needed = 3, 3
    desk.submit({desk.a: Answer.PRESENT})
    session.commit()
    assert "some want several people" in sign_in(owner).get(f"/projects/{desk.project.id}/progress").text


def test_the_charts_have_a_bar_a_day_and_a_line_a_label() -> None:
    today = date(2026, 11, 22)
    bars = day_chart([(today - timedelta(days=1), 0), (today, 4)])
    assert bars["data"]["values"] == [{"day": "2026-11-21", "answers": 0}, {"day": "2026-11-22", "answers": 4}]
    label = Label(id=1, name="human", colour="cobalt")
    lines = label_chart([DayOfLabel(today, label, 2, 5), DayOfLabel(today, Label(id=2, name="x"), 1, 1)], [label])
    assert lines["data"]["values"] == [{"day": "2026-11-22", "label": "human", "total": 5, "found": 2}]
    assert lines["encoding"]["color"]["scale"] == {"domain": ["human"], "range": ["hue:cobalt"]}
    assert MOST_LINES == 12
