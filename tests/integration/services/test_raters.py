"""The people held against each other, by name and without, on both databases."""

from sqlalchemy.orm import Session

from app.domain.statuses import Role
from app.services import desk_settings, raters
from tests.integration.services.test_agreements import Team


def test_letters_follow_the_order_in_which_people_began_and_stay_with_them(session: Session) -> None:
    team = Team(session, people=2)
    team.people.reverse()
    team.say("p", "p")
    named = raters.raters(session, team.project, hidden=False)
    assert [(each.letter, each.name) for each in named] == [("A", team.people[0].name), ("B", team.people[1].name)]
    hidden = raters.raters(session, team.project, hidden=True)
    assert [each.name for each in hidden] == ["Person A", "Person B"]


def test_names_are_hidden_from_reviewers_where_the_project_says_so(session: Session) -> None:
    team = Team(session)
    assert not raters.hides_names(session, team.project, Role.REVIEWER)
    desk_settings.change(session, team.project, {"names_hidden": True})
    assert raters.hides_names(session, team.project, Role.REVIEWER)
    assert not raters.hides_names(session, team.project, Role.LEAD)


def test_letters_go_on_after_z() -> None:
    assert [raters.letter_of(place) for place in (0, 25, 26, 51, 52, 702)] == ["A", "Z", "AA", "AZ", "BA", "AAA"]
