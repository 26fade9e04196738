"""What protects people: form tokens, origins, headers, cookies, and silence about the inside."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app import config
from app.db import session_scope
from app.main import create_app
from app.models import Account, Project
from app.security import HEADERS, csrf_token
from app.services import accounts, labels
from tests.factories import PASSWORD, AccountFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]
SECRET = "secret detail of the inside"


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
    return made


@pytest.fixture
def fragile(client: TestClient) -> TestClient:
    """The client, seeing faults as a browser does."""
    return TestClient(client.app, follow_redirects=False, raise_server_exceptions=False)


def break_home(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_session: Session) -> bool:
        raise error

    monkeypatch.setattr(accounts, "any_account", fail)


# Form tokens and origins


def test_a_change_without_a_token_is_refused(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    del client.headers["x-csrf-token"]
    assert client.post("/projects", data={"name": "Farm"}).status_code == 403
    assert client.post("/projects", json={"name": "Farm"}).status_code == 403
    assert client.put("/projects", data={"name": "Farm"}).status_code in {403, 405}


@pytest.mark.parametrize("token", ["", "wrong", csrf_token.__name__, "é"])
def test_a_change_with_a_wrong_token_is_refused(sign_in: SignIn, owner: Account, token: str) -> None:
    client = sign_in(owner)
    del client.headers["x-csrf-token"]
    assert client.post("/projects", data={"name": "Farm", "csrf_token": token}).status_code == 403


def test_the_token_of_another_sign_in_is_refused(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    client.headers["x-csrf-token"] = csrf_token("another session")
    assert client.post("/projects", data={"name": "Farm"}).status_code == 403


def test_the_token_in_a_page_is_the_one_that_is_asked_for(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    del client.headers["x-csrf-token"]
    found = re.search(r'name="csrf_token" value="(\w+)"', client.get("/projects/new").text)
    assert found is not None
    answer = client.post("/projects", data={"name": "Farm", "csrf_token": found[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/projects/1")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://testserver.evil.example", "null", "http://testserver:81"]
)
def test_a_change_from_another_site_is_refused_even_with_the_token(
    sign_in: SignIn, owner: Account, origin: str
) -> None:
    answer = sign_in(owner).post("/projects", data={"name": "Farm"}, headers={"origin": origin})
    assert answer.status_code == 403


def test_a_change_from_our_own_site_is_carried_out(sign_in: SignIn, owner: Account) -> None:
    answer = sign_in(owner).post("/projects", data={"name": "Farm"}, headers={"origin": "http://testserver"})
    assert answer.status_code == 303


def test_signing_in_asks_for_a_token_too(client: TestClient, owner: Account) -> None:
    del client.headers["x-csrf-token"]
    answer = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "loupe_session" not in answer.headers.get("set-cookie", "")


# Sizes


@pytest.mark.parametrize("path", ["/sign-in", "/projects"])
def test_a_body_larger_than_any_form_is_not_taken_in(fragile: TestClient, path: str) -> None:
    fragile.cookies.set("loupe_browser", "some-browser")
    token = {"x-csrf-token": csrf_token("some-browser")}
    answer = fragile.post(path, files={"email": ("big.bin", b"x" * 3_000_000)}, headers=token)
    assert answer.status_code == 413


def test_a_body_that_does_not_say_its_size_is_cut_off(fragile: TestClient) -> None:
    fragile.cookies.set("loupe_browser", "some-browser")
    headers = {"x-csrf-token": csrf_token("some-browser"), "content-type": "application/x-www-form-urlencoded"}
    pieces = (b"email=" + b"x" * 100_000 for _piece in range(30))
    assert fragile.post("/sign-in", content=pieces, headers=headers).status_code == 413


# Headers


def test_every_kind_of_answer_carries_the_headers(
    client: TestClient, sign_in: SignIn, owner: Account, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragile = TestClient(client.app, follow_redirects=False, raise_server_exceptions=False)
    sheet = re.search(r'href="(/static/[^"]+\.css[^"]*)"', client.get("/sign-in").text)
    assert sheet is not None
    answers = {
        "page": client.get("/sign-in"),
        "redirect": client.get("/account"),
        "static": client.get(sheet[1]),
        "json": client.get("/health"),
        "not found": client.get("/nowhere"),
        "not found as json": client.get("/api/v1/nowhere"),
        "not allowed": client.put("/sign-in"),
        "refused": client.post("/sign-in", headers={"x-csrf-token": "wrong"}),
        "unreadable": sign_in(owner).post(f"/projects/{project.id}/settings", data={"valid_percent": "many"}),
        "member's page": sign_in(owner).get(f"/projects/{project.id}"),
    }
    break_home(monkeypatch, RuntimeError(SECRET))
    answers["fault"] = fragile.get("/")
    assert [answers["page"].status_code, answers["not found"].status_code, answers["fault"].status_code] == [
        200,
        404,
        500,
    ]
    assert answers["unreadable"].status_code == 422
    for kind, answer in answers.items():
        missing = {name for name, value in HEADERS.items() if answer.headers.get(name) != value}
        assert missing == set(), kind


def test_the_policy_lets_no_inline_code_and_no_other_site_in() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= {
        rule.strip() for rule in policy.split(";")
    }


def test_pages_are_kept_by_no_cache(sign_in: SignIn, owner: Account) -> None:
    assert "no-store" in sign_in(owner).get("/account").headers["cache-control"]


def test_https_is_insisted_on_where_it_is_switched_on(
    client: TestClient, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "strict-transport-security" not in client.get("/sign-in").headers
    monkeypatch.setenv("LOUPE_SECURE_COOKIES", "true")
    config.get_settings.cache_clear()
    secure = TestClient(create_app(), base_url="https://testserver", follow_redirects=False)
    page = secure.get("/sign-in")
    assert "strict-transport-security" in page.headers
    assert "secure" in page.headers["set-cookie"].lower()


# Cookies


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: TestClient, owner: Account) -> None:
    answer = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    assert "loupe_session=" in cookie
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_a_sign_in_survives_a_restart(client: TestClient, owner: Account) -> None:
    token = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD}).cookies["loupe_session"]
    restarted = TestClient(create_app(), cookies={"loupe_session": token}, follow_redirects=False)
    assert restarted.get("/account").status_code == 200


def test_each_sign_in_has_a_token_of_its_own(client: TestClient, owner: Account) -> None:
    client.cookies.set("loupe_session", "chosen-by-somebody-else")
    client.headers["x-csrf-token"] = csrf_token("chosen-by-somebody-else")
    answer = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD})
    assert answer.cookies["loupe_session"] != "chosen-by-somebody-else"


def test_signing_out_ends_the_session_on_the_server(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    token = client.cookies["loupe_session"]
    assert client.post("/sign-out").status_code == 303
    with session_scope() as session:
        assert accounts.account_of_token(session, token) is None


# Silence about the inside


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_unforeseen_error_tells_nothing_of_the_inside(
    fragile: TestClient, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    break_home(monkeypatch, RuntimeError(SECRET))
    answer = fragile.get("/", headers={"accept": accept})
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text


def test_an_unforeseen_error_leaves_nothing_half_done(
    sign_in: SignIn, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError(SECRET)

    client = sign_in(owner)
    fragile = TestClient(
        client.app, cookies=client.cookies, headers=dict(client.headers), raise_server_exceptions=False
    )
    monkeypatch.setattr(labels, "create_labels", fail)
    answer = fragile.post("/projects", data={"name": "Farm", "labels": "human"})
    assert answer.status_code == 500
    assert owner.name in answer.text
    with session_scope() as session:
        assert session.query(Project).count() == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("SELECT", {}, Exception(SECRET)), 503),
        (IntegrityError("INSERT", {}, Exception(SECRET)), 409),
    ],
)
def test_trouble_with_the_database_is_told_in_a_sentence(
    fragile: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    break_home(monkeypatch, error)
    answer = fragile.get("/")
    assert answer.status_code == status
    assert SECRET not in answer.text


@pytest.mark.parametrize("number", ["99999999999999999999999999", "-1", "0", "2147483648", "abc", "1.5", "%00"])
def test_odd_numbers_in_an_address_are_no_fault(sign_in: SignIn, owner: Account, number: str) -> None:
    client = sign_in(owner)
    fragile = TestClient(client.app, cookies=client.cookies, raise_server_exceptions=False)
    assert fragile.get(f"/projects/{number}").status_code in {404, 422}


@pytest.mark.parametrize(
    "text", ["\x00", "nul\x00byte", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "🖼" * 500]
)
def test_odd_characters_in_a_form_are_no_fault(sign_in: SignIn, owner: Account, text: str) -> None:
    client = sign_in(owner)
    fragile = TestClient(
        client.app,
        cookies=client.cookies,
        headers=dict(client.headers),
        raise_server_exceptions=False,
        follow_redirects=False,
    )
    assert fragile.post("/account/name", data={"name": text}).status_code in {303, 422}
    answer = fragile.post("/projects", data={"name": "Farm", "description": text, "labels": text})
    assert answer.status_code in {303, 409, 422}


@pytest.mark.parametrize(
    "name",
    [
        "../pyproject.toml",
        "..%2f..%2fpyproject.toml",
        "%2e%2e/%2e%2e/app/main.py",
        "/etc/passwd",
        "css/../../app/db.py",
    ],
)
def test_nothing_but_our_own_files_is_served(client: TestClient, name: str) -> None:
    for address in (f"/static/any/{name}", f"/lib/{name}"):
        answer = client.get(address)
        assert answer.status_code in {307, 404}
        assert "import" not in answer.text.replace("important", "")


def test_what_people_type_is_never_markup(sign_in: SignIn, owner: Account) -> None:
    client = sign_in(owner)
    evil = "<script>alert(1)</script>"
    client.post("/projects", data={"name": evil, "description": evil, "labels": "<b>human</b>"})
    for path in ("/", "/projects/1", "/projects/1/labels", "/projects/1/labels?edit=1", "/projects/1/settings"):
        page = client.get(path)
        assert page.status_code == 200
        assert evil not in page.text
        assert "<b>human" not in page.text


def test_an_error_page_knows_who_is_signed_in(sign_in: SignIn, owner: Account) -> None:
    page = sign_in(owner).get("/projects/999")
    assert page.status_code == 404
    assert owner.name in page.text


def test_an_account_shut_out_is_out_at_once(sign_in: SignIn, owner: Account) -> None:
    with session_scope() as session:
        account = AccountFactory.create(session=session)
    client = sign_in(account)
    assert client.get("/account").status_code == 200
    with session_scope() as session:
        accounts.set_disabled(session, accounts.get_account(session, account.id), disabled=True)
    assert client.get("/account").status_code == 303
