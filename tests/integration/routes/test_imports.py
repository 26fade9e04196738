"""Imports over HTTP: sending files, deciding on the table, the report, on both databases."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus
from app.models import Account, Image, Import, Label, Project
from app.services import jobs, labels, uploads
from app.storage import get_storage
from tests.factories import AccountFactory, ProjectFactory
from tests.integration.worker.pictures import jpeg
from worker.jobs import imports as imports_job
from worker.running import run_job

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    labels.create_label(session, made, name="human")
    session.commit()
    return made


@pytest.fixture
def lead(owner: Account, sign_in: SignIn) -> TestClient:
    return sign_in(owner)


@pytest.fixture
def begun(lead: TestClient, project: Project) -> dict[str, Any]:
    """The addresses of an import that files can be sent to."""
    answer = lead.post(f"/api/v1/projects/{project.id}/imports")
    assert answer.status_code == 201
    told: dict[str, Any] = answer.json()
    return told


def send(client: TestClient, begun: dict[str, Any], name: str, data: bytes, key: str = "") -> Any:
    return client.put(begun["files"], params={"name": name, "key": key}, content=data)


def finish(begun: dict[str, Any]) -> None:
    with session_scope(writes=False) as session:
        job_id = session.get_one(Import, begun["id"]).job_id
    assert job_id is not None
    assert run_job(job_id, imports_job.work) is JobStatus.SUCCEEDED


def test_files_are_sent_checked_imported_and_reported(lead: TestClient, begun: dict[str, Any]) -> None:
    assert send(lead, begun, "box/a.jpg", jpeg(1)).json() == {"name": "box/a.jpg", "bytes": len(jpeg(1))}
    send(lead, begun, "bad.jpg", b"nothing")
    send(lead, begun, "labels.csv", b"file,label\na.jpg,human|boat\nzzz.jpg,human\n")
    check = lead.get(begun["check"]).text
    assert "Import 2 images" in check
    assert "boat" in check
    refused = lead.post(f"{begun['page']}/start", data={"use_table": "1", "table": "labels.csv"})
    assert refused.status_code == 422
    assert "choose what to do" in refused.text
    started = lead.post(
        f"{begun['page']}/start",
        data={"use_table": "1", "table": "labels.csv", "unknown": "some", "create": ["boat"]},
    )
    assert (started.status_code, started.headers["location"]) == (303, begun["page"])
    assert "every 1s" in lead.get(begun["page"]).text
    finish(begun)
    report = lead.get(begun["page"]).text
    assert "every 1s" not in report
    assert "bad.jpg" in report
    assert "Row 3 of the table" in report
    assert lead.get(f"/api/v1{begun['page']}").json() == {
        "status": "succeeded",
        "accepted": 1,
        "duplicates": 0,
        "refused": [{"file": "bad.jpg", "reason": "This is a text file, not an image."}],
        "rows_refused": [{"row": 3, "reason": "No image is called “zzz.jpg”."}],
        "unknown_labels": [],
        "details": {"columns": [], "images": 0},
    }
    table = lead.get(f"{begun['page']}/refusals.csv")
    assert table.text.splitlines()[1] == 'bad.jpg,,"This is a text file, not an image."'


def test_two_people_send_at_once(lead: TestClient, begun: dict[str, Any], session: Session) -> None:
    names = [f"{number}.jpg" for number in range(6)]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda name: send(lead, begun, name, jpeg(int(name[0]))), names))
    assert [answer.status_code for answer in answers] == [201] * 6
    lead.post(f"{begun['page']}/start")
    finish(begun)
    assert sorted(session.scalars(select(Image.name))) == names


@pytest.mark.parametrize("name", ["../../escaped.jpg", "/etc/x.jpg", "C:\\x.jpg", "a\x07.jpg", ""])
def test_hostile_names_are_refused_with_a_sentence(lead: TestClient, begun: dict[str, Any], name: str) -> None:
    answer = send(lead, begun, name, b"x")
    assert answer.status_code == 422
    assert answer.json()["error"]["sentence"]
    assert not list(get_storage().upload_folder(begun["id"]).glob("*"))


def test_a_file_above_the_limit_is_refused(
    lead: TestClient, begun: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "upload_max_mb", 1)
    answer = send(lead, begun, "big.tif", b"x" * 1_000_001)
    assert answer.status_code == 413
    assert "1 MB" in answer.json()["error"]["sentence"]

    def pieces() -> Any:
        yield from (b"x" * 400_000 for _ in range(4))

    # Without a declared length the limit holds while the pieces come.
    answer = lead.put(begun["files"], params={"name": "big.tif"}, content=pieces())
    assert answer.status_code == 413
    assert not list(get_storage().upload_folder(begun["id"]).glob("*"))


def test_a_begun_import_takes_no_more_files(lead: TestClient, begun: dict[str, Any]) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    lead.post(f"{begun['page']}/start")
    assert send(lead, begun, "b.jpg", jpeg(2)).status_code == 409
    assert lead.post(f"{begun['page']}/start").status_code == 409


def test_nobody_but_a_lead_sends_files(
    lead: TestClient, begun: dict[str, Any], session: Session, sign_in: SignIn
) -> None:
    stranger = AccountFactory.create(session=session)
    session.commit()
    assert send(sign_in(stranger), begun, "a.jpg", jpeg(1)).status_code == 404


def test_files_of_another_project_cannot_be_sent_to(lead: TestClient, begun: dict[str, Any], session: Session) -> None:
    other = ProjectFactory.create(session=session)
    session.commit()
    assert lead.put(f"/api/v1/projects/{other.id}/imports/{begun['id']}/files?name=a.jpg").status_code == 404


def test_the_table_is_read_anew_as_chosen(lead: TestClient, begun: dict[str, Any]) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    send(lead, begun, "t.csv", "bild;wort\na.jpg;höhle\n".encode("cp1252"))
    assert "There is no column" in lead.get(begun["check"]).text
    chosen = {"table": "t.csv", "file_column": "bild", "label_column": "wort", "encoding": "cp1252"}
    assert "höhle" in lead.get(begun["check"], params=chosen).text
    wrong = lead.get(begun["check"], params=chosen | {"encoding": "utf-8"}).text
    assert "not in the encoding" in wrong


def test_images_can_come_without_their_table(lead: TestClient, begun: dict[str, Any], session: Session) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    send(lead, begun, "t.csv", b"file,label\na.jpg,boat\n")
    assert lead.post(f"{begun['page']}/start", data={"table": "t.csv"}).status_code == 303
    finish(begun)
    assert [label.name for label in session.scalars(select(Label))] == ["human"]
    assert "was not read" in lead.get(begun["page"]).text


@pytest.mark.parametrize("wanted", [{"create": ["boat"]}, {"everything": "1"}])
def test_labels_left_out_are_made_from_the_report(
    lead: TestClient, begun: dict[str, Any], project: Project, wanted: dict[str, Any]
) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    send(lead, begun, "t.csv", b"file,label\na.jpg,boat\n")
    lead.post(f"{begun['page']}/start", data={"use_table": "1", "table": "t.csv", "unknown": "none"})
    finish(begun)
    assert "boat" in lead.get(begun["page"]).text
    answer = lead.post(f"{begun['page']}/labels", data=wanted)
    assert answer.status_code == 303
    finish({"id": int(answer.headers["location"].rpartition("/")[2])})
    with session_scope(writes=False) as session:
        assert {label.name for label in labels.live_labels(session, project.id)} == {"human", "boat"}


def test_an_import_that_waits_is_cancelled_at_once(lead: TestClient, begun: dict[str, Any]) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    lead.post(f"{begun['page']}/start")
    assert lead.post(f"{begun['page']}/cancel").status_code == 303
    assert "cancelled before it began" in lead.get(begun["page"]).text


def test_a_failed_import_offers_to_try_again(lead: TestClient, begun: dict[str, Any]) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    lead.post(f"{begun['page']}/start")
    with session_scope() as session:
        job_id = session.get_one(Import, begun["id"]).job_id
        assert job_id is not None
        job = jobs.get_job(session, job_id)
        job.status, job.error = JobStatus.FAILED, "The disk is full."
    assert "The disk is full." in lead.get(begun["page"]).text
    assert lead.post(f"{begun['page']}/retry").status_code == 303
    finish(begun)
    assert uploads.list_uploads(get_storage(), begun["id"]) == []


def test_the_page_of_an_import_that_has_not_begun_goes_on_where_it_was(lead: TestClient, begun: dict[str, Any]) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    page = lead.get(begun["page"]).text
    assert "Import 1 image" in page
    assert begun["files"] in page


def test_further_columns_are_offered_and_kept_unless_left_out(
    lead: TestClient, begun: dict[str, Any], session: Session
) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    send(lead, begun, "t.csv", b"file,label,date,source\na.jpg,human,1913,Star\n")
    first = lead.get(begun["check"]).text
    assert "Also keep these columns" in first
    assert "such as \u201c1913\u201d" in first
    chosen = {"table": "t.csv", "use_table": "1", "offered": ["date", "source"], "detail": ["date"]}
    again = lead.get(begun["check"], params=chosen).text
    assert len(re.findall(r'value="date"\s+checked', again)) == 1
    assert re.findall(r'value="source"\s+checked', again) == []
    assert lead.post(f"{begun['page']}/start", data=chosen | {"unknown": "none"}).status_code == 303
    finish(begun)
    assert lead.get(f"/api/v1{begun['page']}").json()["details"] == {"columns": ["date"], "images": 1}
    assert session.query(Image).one().details == {"date": "1913"}
    assert "Kept with the images: the column date." in lead.get(begun["page"]).text


def test_a_table_without_labels_is_read_for_its_details(lead: TestClient, begun: dict[str, Any]) -> None:
    send(lead, begun, "a.jpg", jpeg(1))
    send(lead, begun, "t.csv", b"file,date,source\na.jpg,1913,Star\n")
    assert "or say that there are no labels" in lead.get(begun["check"]).text
    chosen = {"table": "t.csv", "use_table": "1", "label_column": "-"}
    check = lead.get(begun["check"], params=chosen).text
    assert "says nothing of labels" in check
    assert "The table never names" not in check
    assert lead.post(f"{begun['page']}/start", data=chosen).status_code == 303
    finish(begun)
    assert lead.get(f"/api/v1{begun['page']}").json()["details"] == {"columns": ["date", "source"], "images": 1}
