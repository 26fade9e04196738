"""What annotators see of each other, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Role
from app.models import Comment
from app.services import blindness, desk_settings
from app.services.images import ImageFilter, ImageStatus
from app.services.queue_wishes import QueueFilter, QueueStatus
from tests.factories import annotate
from tests.integration.services.test_agreements import Team


@pytest.fixture
def team(session: Session) -> Team:
    made = Team(session, people=2)
    made.say("pp")
    for person in made.people:
        session.add(Comment(image_id=made.images[0].id, account_id=person.id, text=f"From {person.name}"))
    desk_settings.change(session, made.project, {"opinions": 2})
    return made


def hidden(team: Team, reader: int, role: Role = Role.ANNOTATOR) -> set[int]:
    found = blindness.hidden_among(team.session, team.project, team.people[reader], role, team.images)
    return {[image.id for image in team.images].index(image_id) for image_id in found}


def test_others_answers_are_hidden_until_one_has_answered(team: Team) -> None:
    assert hidden(team, 0) == set()
    assert hidden(team, 1) == {0, 1}
    annotate(team.session, team.images[0], team.people[1], {team.labels[0]: Answer.ABSENT})
    assert hidden(team, 1) == {1}
    assert hidden(team, 1, Role.REVIEWER) == set()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({"blind": False}, set()), ({"opinions": 1}, set()), ({"opinions": 1, "control_share": 0.1}, {0, 1})],
)
def test_only_where_there_is_something_to_keep(team: Team, settings: dict[str, object], expected: set[int]) -> None:
    desk_settings.change(team.session, team.project, settings)
    assert hidden(team, 1) == expected


def test_of_an_image_one_sees_ones_own_and_then_everything(team: Team) -> None:
    image, reader = team.images[0], team.people[1]
    seen = blindness.seen_of(team.session, team.project, reader, Role.ANNOTATOR, image)
    assert (seen.hidden, seen.history) == (True, [])
    assert [remark.who for remark in seen.remarks] == [reader.name]
    annotate(team.session, image, reader, {team.labels[0]: Answer.ABSENT})
    seen = blindness.seen_of(team.session, team.project, reader, Role.ANNOTATOR, image)
    assert (seen.hidden, len(seen.history), len(seen.remarks), seen.names) == (False, 2, 2, {})


def test_names_are_replaced_where_the_project_hides_them(team: Team) -> None:
    desk_settings.change(team.session, team.project, {"names_hidden": True})
    seen = blindness.seen_of(team.session, team.project, team.people[1], Role.REVIEWER, team.images[0])
    assert seen.names == {team.people[0].id: "Person A"}
    assert blindness.seen_of(team.session, team.project, team.people[1], Role.LEAD, team.images[0]).names == {}


def test_no_filter_tells_what_others_answered() -> None:
    narrowed = ImageFilter(status=ImageStatus.DISPUTED, label_id=3, text="box", slice="annotator:7")
    assert blindness.without_others(narrowed) == ImageFilter(text="box")
    assert blindness.without_others(ImageFilter(slice="detail:year")).slice == "detail:year"


def test_nothing_in_front_of_the_queue_tells_what_others_answered() -> None:
    wanted = QueueFilter(slice="annotator:4", label_id=3, annotator=4, status=QueueStatus.TAGGED_BY_ONE, year_from=1900)
    assert blindness.without_others_in_queue(wanted) == QueueFilter(year_from=1900)
    kept = QueueFilter(slice="folder:a", status=QueueStatus.FLAGGED)
    assert blindness.without_others_in_queue(kept) == kept
