"""Lists of errors are pages with filters, and their addresses mean the same list again."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Direction, JobKind, JobStatus, Split
from app.models import Account, Job
from app.routes.review_lists import wanted_list
from app.services import inspections, review_lists
from app.services.evidence import Basis
from app.services.inspections import Findings
from app.services.list_queries import CellKind, ListKind, ListQuery, Reviewed
from tests.factories import AccountFactory, MemberFactory, ProjectFactory
from tests.run_factory import World, make_run, make_world

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
     "?reviewed=open", "?reviewed=done", "?page=99", "?split=nonsense", "?slice=&annotator=&label="],
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


def inspect(session: Session, world: World, estimated: int | None = 3) -> None:
    ids = np.array([image.id for image in world.images], dtype=np.int64)
    quality = np.where(np.arange(len(ids))[:, None] % 5 == 0, 0.1, 0.9) * np.ones(world.truth.shape)
    found = Findings(ids, quality, np.append(np.full(len(ids) - 1, 0.2), 0.9))
    inspections.write(session, world.run.id, found, [ids[:0]] * len(ids), [np.zeros(0)] * len(ids))
    figures = {"estimated": {str(label.id): estimated for label in world.labels}, "judged_anew": 7}
    inspections.complete(session, world.run.id, figures)
    session.commit()


@pytest.mark.parametrize("kind", ["errors", "images", "suspects", "duplicates", "outliers", "disagreement"])
def test_every_list_can_be_chosen_and_says_what_it_holds(
    session: Session, world: World, sign_in: SignIn, kind: str
) -> None:
    inspect(session, world)
    page = sign_in(world.reviewer).get(f"{root(world)}/errors?list={kind}")
    assert page.status_code == 200
    assert f"errors?list={kind}&amp;split={'all' if ListKind(kind).whole else 'validation'}" in page.text
    narrowed = sign_in(world.reviewer).get(
        f"{root(world)}/errors?list={kind}&label={world.labels[0].id}&annotator={world.annotator.id}&slice=shape:tall"
    )
    assert "No image belongs to this list as it is narrowed" in narrowed.text


def test_suspects_are_of_all_splits_and_say_how_many_are_left(session: Session, world: World, sign_in: SignIn) -> None:
    inspect(session, world)
    client = sign_in(world.reviewer)
    page = client.get(f"{root(world)}/errors?list=suspects").text
    assert "48 places" in page  # 12 images with four labels each
    assert "doubt 90 %" in page
    assert "About 12 answers are wrong over all labels" in page
    assert "has learned from 7 of these images" in page
    alone = client.get(f"{root(world)}/errors?list=suspects&label={world.labels[1].id}").text
    assert f"About 3 wrong answers for “{world.labels[1].name}”" in alone
    validation = client.get(f"{root(world)}/errors?list=suspects&split=validation").text
    assert 0 < validation.count("doubt 90 %") < page.count("doubt 90 %")


def test_where_nothing_can_be_estimated_the_page_says_so(session: Session, world: World, sign_in: SignIn) -> None:
    inspect(session, world, estimated=None)
    page = sign_in(world.reviewer).get(f"{root(world)}/errors?list=suspects&label={world.labels[1].id}").text
    assert "cannot be estimated" in page


def test_a_search_is_asked_for_waited_for_and_shown(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    address = f"{root(world)}/errors?list=suspects"
    assert "Nobody has searched this run" in client.get(address).text
    answer = client.post(f"{root(world)}/inspection")
    assert answer.headers["location"] == address
    assert client.post(f"{root(world)}/inspection").status_code == 303
    (job,) = session.scalars(select(Job).where(Job.kind == JobKind.INSPECT)).all()
    session.commit()
    assert f'hx-get="{root(world)}/inspection"' in client.get(address).text
    fragment = client.get(f"{root(world)}/inspection")
    assert "as soon as a worker is free" in fragment.text
    job.status, job.stage, job.done, job.total = JobStatus.RUNNING, "Comparing the images", 3, 9
    session.commit()
    assert "Comparing the images" in client.get(f"{root(world)}/inspection").text
    job.status, job.error = JobStatus.FAILED, "The disk is full."
    session.commit()
    assert client.get(f"{root(world)}/inspection").headers["hx-refresh"] == "true"
    failed = client.get(address).text
    assert "The disk is full." in failed
    assert "Try again" in failed
    inspect(session, world)
    assert "Try again" not in client.get(address).text


def test_two_models_are_compared_with_the_run_before(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    assert "no other finished run" in client.get(f"{root(world)}/errors?list=disagreement").text
    make_run(
        session,
        world.project,
        world.labels,
        world.images,
        world.splits,
        world.truth,
        np.clip(1 - world.probabilities, 0, 1).astype(np.float32),
        number=2,
        active=False,
    )
    session.commit()
    page = client.get(f"/projects/{world.project.id}/runs/2/errors?list=disagreement").text
    assert "other=1" in page
    assert "run 1 says" in page
    assert "run 2 says" in client.get(f"{root(world)}/errors?list=disagreement").text


def test_what_narrows_a_list_is_offered_and_kept(session: Session, world: World, sign_in: SignIn) -> None:
    for image in world.images[:9]:
        image.details = {"source": "Evening <News>"}
    session.commit()
    client = sign_in(world.reviewer)
    label = world.labels[0].id
    query = f"list=duplicates&split=all&label={label}&annotator={world.annotator.id}&slice=detail.source:Evening <News>"
    form = client.get(f"{root(world)}/errors/narrow", params=query).text
    assert f'<input type="hidden" name="label" value="{label}">' in form
    assert '<option value="detail.source:Evening &lt;News&gt;" selected>Evening &lt;News&gt; (9)</option>' in form
    assert f'<option value="{world.annotator.id}" selected>' in form
    page = client.get(f"{root(world)}/errors?{query}").text
    assert f"{root(world)}/errors/narrow?list=duplicates" in page


def test_the_annotator_may_not_see_the_lists(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.annotator)
    assert client.get(f"{root(world)}/errors?list=suspects").status_code == 403
    assert client.post(f"{root(world)}/inspection").status_code == 403
