"""Who said what, in SQL, on both databases."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.ratings import ABSENT, PRESENT, UNSURE, per_image, ratings
from tests.integration.services.test_agreements import Team


def test_each_voice_says_one_value_of_each_label(session: Session) -> None:
    team = Team(session)
    team.say("pau")
    said = ratings(team.project.id)
    rows = session.execute(select(said.c.image_id, said.c.rater, said.c.value).order_by(said.c.image_id)).all()
    person = team.people[0].id
    assert rows == [
        (image.id, person, value) for image, value in zip(team.images, (PRESENT, ABSENT, UNSURE), strict=True)
    ]


def test_voices_are_counted_for_each_image_and_label(session: Session) -> None:
    team = Team(session)
    team.say("pu", "p.", "a.")
    team.say("p.", label=1)
    counts = per_image(ratings(team.project.id, team.labels[0].id))
    rows = session.execute(select(counts.c.present, counts.c.absent, counts.c.unsure).order_by(counts.c.image_id)).all()
    assert rows == [(2, 1, 0), (0, 0, 1)]
