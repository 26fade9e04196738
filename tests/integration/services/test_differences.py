"""Which images people differ on, on both databases."""

from sqlalchemy.orm import Session

from app.models.types import now
from app.services import differences
from tests.integration.services.test_agreements import Team


def places(team: Team, present: int | None = None, absent: int | None = None, after: int = 0) -> list[int]:
    voices = team.raters()
    found = differences.images_differing(
        team.session, team.project, team.labels[0],
        present=None if present is None else voices[present],
        absent=None if absent is None else voices[absent],
        after=after,
    )  # fmt: skip
    return [team.images.index(image) for image in found]


def test_images_are_those_behind_the_cell(session: Session) -> None:
    team = Team(session)
    team.say("ppaau", "paapp", "aaaap")
    assert places(team) == [0, 1, 3]
    assert places(team, present=0, absent=1) == [1]
    assert places(team, present=1, absent=0) == [3]
    assert places(team, present=0) == [0, 1]
    assert places(team, absent=2) == [0, 1, 3]
    assert places(team, after=team.images[0].id) == [1, 3]
    voices = team.raters()
    count = differences.count_differing(session, team.project, team.labels[0], present=voices[0], absent=voices[1])
    assert count == 1
    assert differences.count_differing(session, team.project, team.labels[0]) == 3


def test_what_was_left_out_is_not_listed(session: Session) -> None:
    team = Team(session)
    team.say("pp", "aa")
    team.images[0].excluded_at = now()
    session.flush()
    assert places(team) == [1]
