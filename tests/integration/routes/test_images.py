"""Images over HTTP: the grid, one image, its bytes and who gets them, on both databases."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Role, Split, TruthValue
from app.models import Account, Image, Label, Project
from app.routes.images import query_of, read_filter
from app.services import images
from app.services.images import ImageFilter, ImageStatus, LabelState
from app.storage import get_storage, write_atomically
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]


class Setting:
    """A project with a label, an image whose bytes are there, and a member in each role."""

    def __init__(self, session: Session) -> None:
        self.project: Project = ProjectFactory.create(session=session)
        self.label: Label = LabelFactory.create(session=session, project_id=self.project.id, name="human")
        self.image: Image = ImageFactory.create(session=session, project_id=self.project.id, name='box 3/ü "1".jpg')
        self.people: dict[Role, Account] = {}
        for role in Role:
            self.people[role] = AccountFactory.create(session=session)
            MemberFactory.create(
                session=session, project_id=self.project.id, account_id=self.people[role].id, role=role
            )
        self.stranger: Account = AccountFactory.create(session=session)
        session.commit()
        storage = get_storage()
        write_atomically(storage.original(self.image.sha256), [b"original bytes"])
        write_atomically(storage.rendition(self.image.sha256, "thumbnail"), [b"small bytes"])
        write_atomically(storage.rendition(self.image.sha256, "screen"), [b"large bytes"])

    @property
    def at(self) -> str:
        return images.image_urls(self.project.id, self.image).page


@pytest.fixture
def setting(session: Session) -> Setting:
    return Setting(session)


@pytest.fixture
def visitor(setting: Setting, sign_in: SignIn) -> TestClient:
    return sign_in(setting.people[Role.ANNOTATOR])


@pytest.mark.parametrize(("kind", "data"), [("thumbnail", b"small bytes"), ("screen", b"large bytes")])
def test_a_version_is_sent_once_and_then_only_confirmed(
    setting: Setting, visitor: TestClient, kind: str, data: bytes
) -> None:
    first = visitor.get(f"{setting.at}/{kind}")
    assert (first.content, first.headers["content-type"]) == (data, "image/jpeg")
    assert first.headers["cache-control"] == "private, max-age=86400"
    assert first.headers["x-content-type-options"] == "nosniff"
    again = visitor.get(f"{setting.at}/{kind}", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert visitor.get(f"{setting.at}/{kind}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_original_is_sent_untouched_under_its_own_name(setting: Setting, visitor: TestClient) -> None:
    answer = visitor.get(f"{setting.at}/original")
    assert (answer.content, answer.headers["content-type"]) == (b"original bytes", "image/jpeg")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''%C3%BC%20%221%22.jpg"
    assert answer.headers["etag"] == f'"{setting.image.sha256}"'


def test_a_lost_version_is_replaced_and_what_stands_in_is_not_kept(setting: Setting, visitor: TestClient) -> None:
    get_storage().rendition(setting.image.sha256, "thumbnail").unlink()
    answer = visitor.get(f"{setting.at}/thumbnail")
    assert (answer.content, answer.headers["cache-control"]) == (b"large bytes", "private, no-store")
    assert "etag" not in answer.headers or setting.image.sha256 not in answer.headers["etag"]


def test_a_lost_file_is_told_in_a_sentence(setting: Setting, visitor: TestClient) -> None:
    get_storage().original(setting.image.sha256).unlink()
    answer = visitor.get(f"{setting.at}/original", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "missing from the data folder" in answer.json()["error"]["sentence"]


@pytest.mark.parametrize("kind", ["thumbnail", "screen", "original"])
def test_only_members_get_the_bytes(setting: Setting, client: TestClient, sign_in: SignIn, kind: str) -> None:
    assert client.get(f"{setting.at}/{kind}").status_code == 303
    assert sign_in(setting.stranger).get(f"{setting.at}/{kind}").status_code == 404


def test_the_grid_shows_images_with_their_labels_and_keeps_the_filter(setting: Setting, visitor: TestClient) -> None:
    page = visitor.get(f"/projects/{setting.project.id}/images?status=not_tagged&text=BOX")
    assert page.status_code == 200
    assert f"{setting.at}/thumbnail" in page.text
    assert f"{setting.at}?status=not_tagged&amp;text=BOX" in page.text
    none = visitor.get(f"/projects/{setting.project.id}/images?text=nothing+like+it")
    assert "No image is like that" in none.text


def test_an_old_or_silly_filter_still_opens_the_page(setting: Setting, visitor: TestClient) -> None:
    answer = visitor.get(f"/projects/{setting.project.id}/images?status=xx&label=abc&state=7&split=&import=-1&after=")
    assert answer.status_code == 200


def test_a_filter_goes_into_an_address_and_comes_back() -> None:
    wanted = ImageFilter(
        status=ImageStatus.TAGGED,
        label_id=3,
        label_state=LabelState.ABSENT,
        split=Split.TRAIN,
        text="a & b",
        import_id=4,
    )
    assert query_of(wanted, after="x/y") == (
        "?status=tagged&label=3&state=absent&split=train&text=a+%26+b&import=4&after=x%2Fy"
    )
    assert read_filter("tagged", "3", "absent", "train", " a & b ", "4") == wanted
    assert query_of(ImageFilter()) == ""
    assert read_filter("excluded") == ImageFilter(excluded=True)


def test_a_reviewer_decides_and_the_history_tells(setting: Setting, sign_in: SignIn, session: Session) -> None:
    reviewer = sign_in(setting.people[Role.REVIEWER])
    answer = reviewer.post(
        f"{setting.at}/decide?status=not_tagged", data={"label_id": setting.label.id, "answer": "present"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{setting.at}?status=not_tagged")
    resolved = images.resolved_labels(session, [setting.image.id])
    assert resolved == {setting.image.id: {setting.label.id: TruthValue.PRESENT}}
    page = reviewer.get(setting.at).text
    assert setting.people[Role.REVIEWER].name in page


def test_an_annotator_sees_no_way_to_decide_or_exclude(setting: Setting, visitor: TestClient) -> None:
    page = visitor.get(setting.at).text
    assert "/decide" not in page
    assert "/exclude" not in page
    assert visitor.post(f"{setting.at}/exclude").status_code == 403


def test_an_image_is_excluded_and_taken_in_again(setting: Setting, sign_in: SignIn) -> None:
    lead = sign_in(setting.people[Role.LEAD])
    assert lead.post(f"{setting.at}/exclude").status_code == 303
    assert "This image is excluded" in lead.get(setting.at).text
    assert excluded(setting) == 1
    answer = lead.post(f"{setting.at}/include?status=excluded")
    assert answer.headers["location"] == setting.at
    assert excluded(setting) == 0


def excluded(setting: Setting) -> int:
    with session_scope(writes=False) as session:
        return images.counts(session, setting.project.id).excluded


def test_details_are_shown_and_only_web_addresses_are_links(
    setting: Setting, visitor: TestClient, session: Session
) -> None:
    setting.image.details = {
        "source": "<b>Star</b> & Sons",
        "link": "https://example.org/1?a=b&c",
        "trap": "javascript:alert(1)",
        "both": "see https://example.org",
    }
    session.commit()
    page = visitor.get(setting.at).text
    assert "&lt;b&gt;Star&lt;/b&gt; &amp; Sons" in page
    assert 'href="https://example.org/1?a=b&amp;c" target="_blank" rel="noopener noreferrer"' in page
    assert 'href="javascript' not in page
    assert 'href="see' not in page


def test_images_are_found_by_a_detail(setting: Setting, visitor: TestClient, session: Session) -> None:
    setting.image.details = {"source": "Star"}
    for number in range(3):
        details = {"source": "Star" if number == 0 else "Courier"}
        ImageFactory.create(session=session, project_id=setting.project.id, name=f"more-{number}.jpg", details=details)
    session.commit()
    at = f"/projects/{setting.project.id}/images"
    assert f'hx-get="/projects/{setting.project.id}/slices"' in visitor.get(at).text
    stars = visitor.get(at, params={"slice": "detail.source:Star"}).text
    assert ("2 images" in stars, "more-0.jpg" in stars, "more-1.jpg" in stars) == (True, True, False)
    assert 'value="detail.source:Star" selected' in stars
    gone = visitor.get(at, params={"slice": "detail.source:Moon"}).text
    assert "No image is like that" in gone
    one = visitor.get(f"{setting.at}?slice=detail.source:Star").text
    assert "more-0" not in one
    assert f"{at}?slice=detail.source%3AStar" in one
