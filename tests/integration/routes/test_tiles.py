"""Tiles go to members alone, are kept by their browser, and say in words why they are not there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image as Picture

from app.db import session_scope
from app.models import Account, Image
from app.storage import get_storage
from tests.factories import AccountFactory, ImageFactory, MemberFactory, ProjectFactory
from worker.imaging.tiles import write_pyramid


@pytest.fixture
def scan(loupe: Path) -> Image:
    with session_scope() as session:
        project = ProjectFactory.create(session=session)
        made: Image = ImageFactory.create(session=session, project_id=project.id, width=4000, height=600)
    return made


@pytest.fixture
def person(scan: Image) -> Account:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session)
        MemberFactory.create(session=session, project_id=scan.project_id, account_id=account.id)
    return account


@pytest.fixture
def annotator(person: Account, sign_in: Callable[[Account], TestClient]) -> TestClient:
    return sign_in(person)


def root(image: Image) -> str:
    return f"/projects/{image.project_id}/images/{image.id}/tiles"


def draw(tmp_path: Path, image: Image) -> Path:
    source, target = tmp_path / "scan.png", get_storage().tiles(image.sha256)
    Picture.new("RGB", (image.width, image.height), (200, 40, 40)).save(source)
    write_pyramid(source, target)
    return target


def test_it_says_how_the_tiles_lie_and_sends_them(annotator: TestClient, scan: Image, tmp_path: Path) -> None:
    draw(tmp_path, scan)
    told = annotator.get(root(scan))
    assert told.status_code == 200
    assert told.headers["cache-control"] == "no-store"
    values = told.json()
    assert values["status"] == "ready"
    assert (values["width"], values["height"], values["levels"], values["tile"]) == (4000, 600, 4, 512)
    assert values["address"].startswith(f"{root(scan)}/{{level}}/{{column}}_{{row}}.jpg?v=")
    address = values["address"].format(level=3, column=0, row=0)
    tile = annotator.get(address)
    assert (tile.status_code, tile.headers["content-type"]) == (200, "image/jpeg")
    assert tile.headers["cache-control"] == "private, max-age=86400, immutable"
    assert tile.content[:3] == b"\xff\xd8\xff"
    again = annotator.get(address, headers={"if-none-match": tile.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_tiles_are_asked_for_once(
    annotator: TestClient, scan: Image, sent: list[tuple[str, int]], tmp_path: Path
) -> None:
    assert annotator.get(root(scan)).json() == {"status": "none", "sentence": ""}
    assert sent == []
    for _ in range(2):
        asked = annotator.post(root(scan))
        assert asked.status_code == 202
        assert asked.json()["status"] == "waiting"
    assert [task for task, _id in sent] == ["loupe.tiles"]
    assert annotator.get(root(scan)).status_code == 202
    draw(tmp_path, scan)
    assert annotator.post(root(scan)).json()["status"] == "ready"


def test_small_images_have_none(annotator: TestClient, scan: Image, sent: list[tuple[str, int]]) -> None:
    with session_scope() as session:
        small = ImageFactory.create(session=session, project_id=scan.project_id)
    assert annotator.post(root(small)).json() == {"status": "small", "sentence": ""}
    assert sent == []


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("4/0_0.jpg", 404),
        ("3/8_0.jpg", 404),
        ("3/0_2.jpg", 404),
        ("-1/0_0.jpg", 422),
        ("3/0_0.png", 404),
        ("3/a_b.jpg", 422),
        (f"3/{10**30}_0.jpg", 422),
        ("../pyramid.json", 404),
        ("3/..%2F..%2Fpyramid_0.jpg", 404),
        ("%2e%2e/%2e%2e_0.jpg", 422),
    ],
)
def test_other_places_hold_nothing(annotator: TestClient, scan: Image, tmp_path: Path, place: str, status: int) -> None:
    draw(tmp_path, scan)
    answer = annotator.get(f"{root(scan)}/{place}", headers={"accept": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["sentence"]


def test_tiles_that_were_removed_are_refused_in_words(annotator: TestClient, scan: Image, tmp_path: Path) -> None:
    draw(tmp_path, scan).unlink()
    answer = annotator.get(f"{root(scan)}/3/0_0.jpg", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json()["error"]["sentence"] == "The tiles of this image are not there. Please load the page again."


def test_tiles_of_another_project_do_not_exist(
    annotator: TestClient, scan: Image, sign_in: Callable[[Account], TestClient], tmp_path: Path
) -> None:
    draw(tmp_path, scan)
    with session_scope() as session:
        other = ProjectFactory.create(session=session)
        # The same bytes, of which this person sees one copy only.
        twin = ImageFactory.create(
            session=session, project_id=other.id, sha256=scan.sha256, width=scan.width, height=scan.height
        )
        stranger = AccountFactory.create(session=session)
    assert annotator.get(root(scan)).status_code == 200
    for address in (root(twin), f"{root(twin)}/0/0_0.jpg", f"/projects/{scan.project_id}/images/{twin.id}/tiles"):
        assert annotator.get(address).status_code == 404
    assert sign_in(stranger).get(f"{root(scan)}/0/0_0.jpg").status_code == 404
