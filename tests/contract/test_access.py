"""Who reaches what: every route of the application, asked as a stranger, a signed-in outsider, and in each role.

How a route is known to be reached. The application is the real one, with its middleware, its CSRF check and its access
dependencies. Only two things of the route under test are taken away: its function is replaced by a probe that says
"reached", and what else it asks for (query, form, body, and dependencies that only read those) is dropped, so that
neither a 404 of the function nor a 422 for a missing field can be mistaken for a refusal, or hide that there was none.
What then answers is the access dependency or the probe, and nothing else.

What this cannot see, whether a function looks a row up within its project, the second half of this file asks: a lead
hands in the numbers of another project's rows, with plausible fields, and must be told that there is no such thing.
"""

import enum
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.db import session_scope
from app.deps import check_csrf
from app.domain.statuses import Answer, JobKind, JobStatus, Recipe, Role
from app.main import create_app
from app.models import Account, Comment, Configuration, Import, Invitation, Job, LabelGroup, LabelQuestion, Project, Run
from app.security import csrf_token
from app.services import accounts, invitations, label_changes, labels
from tests.factories import AccountFactory, ImageFactory, MemberFactory, ProjectFactory, annotate

# Files that every browser may have, and the sign of life; none of them looks at a session.
PUBLIC = {"/static/{version}/{name:path}", "/lib/{name}", "/health"}
ROLES = [Role.ANNOTATOR.value, Role.REVIEWER.value, Role.LEAD.value]
VISITORS = ["stranger", "outsider", *ROLES, "owner"]
NAME = re.compile(r"\{(\w+)(?::\w+)?\}")
PARAMETERS = ("path_params", "query_params", "header_params", "cookie_params", "body_params")


@dataclass(frozen=True)
class Path:
    """A route as the application serves it, under one method."""

    method: str
    path: str
    dependant: Dependant
    endpoint: Callable[..., Any]

    @property
    def audiences(self) -> list[str]:
        stated = (getattr(each.call, "audience", None) for each in self.dependant.dependencies)
        return [audience for audience in stated if audience is not None]

    @property
    def names(self) -> list[str]:
        """The names in braces."""
        return [found[1] for found in NAME.finditer(self.path)]

    def filled(self, values: Mapping[str, object]) -> str:
        return NAME.sub(lambda found: str(values[found[1]]), self.path)


def walk(routes: Iterable[Any]) -> Iterator[Path]:
    """Give every route of an application, those of included routers as they are served."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from walk(route.effective_candidates())
        else:
            for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
                yield Path(method, route.path, route.dependant, route.endpoint)


# One application for all: building it takes longer than asking it.
APPLICATION = create_app()
SERVED = {(each.method, each.path): each for each in walk(APPLICATION.routes)}
EVERY_ROUTE = list(SERVED)
GUARDED = [(method, path) for method, path in EVERY_ROUTE if path not in PUBLIC]
# The rows that an address can name below a project, and what else may stand in one.
ROWS = {
    *("account_id", "change_id", "comment_id", "configuration_id", "group_id", "image_id", "import_id"),
    *("invitation_id", "job_id", "label_id", "number", "question_id"),
}
NO_ROWS = {"version": "1", "kind": "thumbnail", "cell": "tp", "form": "lesson", "level": 0, "column": 0, "row": 0}
NO_ROWS["kind_of_file"] = "onnx"
WITHIN_PROJECTS = [
    (method, path) for method, path in GUARDED if "{project_id}" in path and ROWS & set(NAME.findall(path))
]


def named(route: object) -> str:
    return " ".join(route) if isinstance(route, tuple) else str(route)


@contextmanager
def probed(route: Path) -> Iterator[None]:
    """Replace a route's function and what it asks for, and leave what decides on access as it is."""

    def probe(**_values: object) -> PlainTextResponse:
        return PlainTextResponse("reached")

    async def waiting_probe(**_values: object) -> PlainTextResponse:
        return PlainTextResponse("reached")

    dependant = route.dependant
    before = {name: getattr(dependant, name) for name in (*PARAMETERS, "dependencies", "call")}
    dependant.call = waiting_probe if inspect.iscoroutinefunction(route.endpoint) else probe
    dependant.dependencies = [
        each for each in dependant.dependencies if hasattr(each.call, "audience") or each.call is check_csrf
    ]
    for name in PARAMETERS:
        setattr(dependant, name, [])
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(dependant, name, value)


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
    return made


@pytest.fixture
def people(project: Project) -> dict[str, Account]:
    with session_scope() as session:
        made = {name: AccountFactory.create(session=session) for name in ("outsider", *ROLES)}
        made["owner"] = AccountFactory.create(session=session, is_owner=True)
        for role in ROLES:
            MemberFactory.create(session=session, project_id=project.id, account_id=made[role].id, role=Role(role))
    return made


def visit(account: Account | None) -> TestClient:
    client = TestClient(APPLICATION, follow_redirects=False, raise_server_exceptions=False)
    cookie, token = "loupe_browser", "some-browser"
    if account is not None:
        with session_scope() as session:
            cookie, token = "loupe_session", accounts.start_session(session, account)
    client.cookies.set(cookie, token)
    client.headers.update({"x-csrf-token": csrf_token(token), "accept": "application/json"})
    return client


def expected(audience: str) -> dict[str, int]:
    """What each visitor is to be answered: 200 where the route is reached."""
    if audience == "everyone":
        return dict.fromkeys(VISITORS, 200)
    if audience == "signed in":
        return dict.fromkeys(VISITORS, 200) | {"stranger": 401}
    if audience == "owner":
        return dict.fromkeys(VISITORS, 403) | {"stranger": 401, "owner": 200}
    least = Role(audience)
    by_role = {role: 200 if Role(role).at_least(least) else 403 for role in ROLES}
    return {"stranger": 401, "outsider": 404, "owner": 200} | by_role


def test_the_walk_finds_the_routes() -> None:
    assert len(EVERY_ROUTE) == len(list(walk(APPLICATION.routes)))
    assert {("GET", "/"), ("POST", "/sign-in"), ("GET", "/projects/{project_id}")} <= set(EVERY_ROUTE)
    assert {path for _method, path in EVERY_ROUTE} >= PUBLIC


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_route_states_one_audience(route: tuple[str, str]) -> None:
    assert len(SERVED[route].audiences) == 1


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_route_below_a_project_is_for_its_members(route: tuple[str, str]) -> None:
    (audience,) = SERVED[route].audiences
    assert (audience in ROLES) == ("{project_id}" in route[1])


@pytest.mark.parametrize("route", EVERY_ROUTE, ids=named)
def test_only_public_routes_go_without_an_audience(route: tuple[str, str]) -> None:
    assert (SERVED[route].audiences == []) == (route[1] in PUBLIC)


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_route_is_reached_by_its_audience_and_by_nobody_else(
    sent: object, project: Project, people: dict[str, Account], route: tuple[str, str]
) -> None:
    served = SERVED[route]
    (audience,) = served.audiences
    address = served.filled(dict.fromkeys(served.names, 1) | {"project_id": project.id})
    with probed(served):
        answers = {visitor: visit(people.get(visitor)).request(served.method, address) for visitor in VISITORS}
    for answer in answers.values():
        assert (answer.text == "reached") == (answer.status_code == 200)
    assert {visitor: answer.status_code for visitor, answer in answers.items()} == expected(audience)


@pytest.mark.parametrize("route", [route for route in GUARDED if "{project_id}" in route[1]], ids=named)
def test_a_project_that_does_not_exist_looks_like_one_that_is_not_yours(
    sent: object, project: Project, people: dict[str, Account], route: tuple[str, str]
) -> None:
    served = SERVED[route]
    outsider = visit(people["outsider"])
    with probed(served):
        answers = [
            outsider.request(served.method, served.filled(dict.fromkeys(served.names, 1) | {"project_id": number}))
            for number in (project.id, 999_999)
        ]
    assert answers[0].status_code == answers[1].status_code == 404
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("path", [path for method, path in GUARDED if method == "GET" and "/api/" not in path])
def test_a_stranger_who_opens_a_page_is_led_to_sign_in_and_back(sent: object, project: Project, path: str) -> None:
    served = SERVED["GET", path]
    if served.audiences == ["everyone"]:
        return
    address = served.filled(dict.fromkeys(served.names, 1) | {"project_id": project.id})
    stranger = visit(None)
    answer = stranger.get(address, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={address}")


def rows_of(session: Session, project: Project, *, number: int) -> dict[str, object]:
    """Make one row of each kind that an address can name."""
    account = AccountFactory.create(session=session)
    label = labels.create_label(session, project, name="human")
    image = ImageFactory.create(session=session, project_id=project.id)
    annotate(session, image, account, {label: Answer.PRESENT})
    job = Job(project_id=project.id, kind=JobKind.TRAIN, status=JobStatus.SUCCEEDED)
    brought = Import(project_id=project.id, source="upload")
    session.add_all([job, brought])
    session.flush()
    session.add(Run(project_id=project.id, number=number, job_id=job.id, recipe=Recipe.QUICK, seed=1))
    invitations.invite(session, created_by=account, project=project)
    comment = Comment(image_id=image.id, account_id=account.id, text="A plough.")
    kept = Configuration(project_id=project.id, name="maps", recipe=Recipe.QUICK)
    group = LabelGroup(project_id=project.id, title="Kind")
    question = LabelQuestion(label_id=label.id)
    session.add_all([comment, kept, group, question])
    session.flush()
    invitation = session.query(Invitation).filter_by(project_id=project.id).one()
    return {
        "account_id": account.id,
        "change_id": label_changes.changes_of(session, project.id)[0].change.id,
        "comment_id": comment.id,
        "configuration_id": kept.id,
        "group_id": group.id,
        "image_id": image.id,
        "import_id": brought.id,
        "invitation_id": invitation.id,
        "job_id": job.id,
        "label_id": label.id,
        "number": number,
        "question_id": question.id,
    }


def plausible(annotation: Any) -> Any:
    """Make a value that a field would take."""
    choices = [each for each in get_args(annotation) if each is not type(None)]
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return {
            name: plausible(each.annotation) for name, each in annotation.model_fields.items() if each.is_required()
        }
    if inspect.isclass(annotation) and issubclass(annotation, enum.Enum):
        return next(iter(annotation)).value
    simple = {int: 1, float: 0.5, bool: True, str: "00000000-0000-4000-8000-000000000000", dict: {}, list: []}
    if annotation in simple:
        return simple[annotation]
    if getattr(annotation, "__origin__", None) in {list, dict, set, tuple}:
        return {} if annotation.__origin__ is dict else []
    return plausible(choices[0]) if choices and inspect.isclass(choices[0]) else next(iter(choices), "x")


@pytest.mark.parametrize("route", WITHIN_PROJECTS, ids=named)
def test_a_row_of_another_project_is_not_found(
    sent: object, project: Project, people: dict[str, Account], route: tuple[str, str]
) -> None:
    with session_scope() as session:
        rows_of(session, session.get_one(Project, project.id), number=1)
        foreign = rows_of(session, ProjectFactory.create(session=session), number=2)
    served = SERVED[route]
    fields = {each.alias: plausible(each.field_info.annotation) for each in served.dependant.body_params}
    is_json = any(type(each.field_info).__name__ == "Body" for each in served.dependant.body_params)
    # A body alone is not wrapped in its parameter's name.
    body = next(iter(fields.values())) if is_json and len(fields) == 1 else fields
    address = served.filled(foreign | NO_ROWS | {"project_id": project.id})
    lead = visit(people[Role.LEAD.value])
    asked = [each for each in served.dependant.query_params if each.field_info.is_required()]
    query = {each.alias: plausible(each.field_info.annotation) for each in asked}
    if is_json:
        answer = lead.request(served.method, address, params=query, json=body)
    else:
        answer = lead.request(served.method, address, params=query, data=body)
    assert answer.status_code == 404, answer.text
