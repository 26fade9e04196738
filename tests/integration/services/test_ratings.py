"""Who said what, in SQL, on both databases."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.models import Image
from app.models.types import now
from app.services.ratings import ABSENT, PRESENT, UNSURE, per_image, ratings
from tests.factories import annotate
from tests.integration.services.test_agreements import Team


def test_each_voice_says_one_value_of_each_label(session: Session) -> None:
    team = Team(session)
    team.say("pau")
    said = ratings(session, team.project.id)
    rows = session.execute(select(said.c.image_id, said.c.rater, said.c.value).order_by(said.c.image_id)).all()
    person = team.people[0].id
    assert rows == [
        (image.id, person, value) for image, value in zip(team.images, (PRESENT, ABSENT, UNSURE), strict=True)
    ]


def test_voices_are_counted_for_each_image_and_label(session: Session) -> None:
    team = Team(session)
    team.say("pu", "p.", "a.")
    team.say("p.", label=1)
    counts = per_image(ratings(session, team.project.id, team.labels[0].id))
    rows = session.execute(select(counts.c.present, counts.c.absent, counts.c.unsure).order_by(counts.c.image_id)).all()
    assert rows == [(2, 1, 0), (0, 0, 1)]


def test_answers_for_a_merged_label_count_for_the_one_it_became(session: Session) -> None:
    team = Team(session, people=2)
    into, gone = team.labels
    team.say("aapu.", label=0)
    team.say("pauap", label=1)
    gone.merged_into_id, gone.merged_since, gone.removed_at = into.id, into.definition_version + 1, now()
    session.flush()

    def values() -> list[tuple[int, int]]:
        said = ratings(session, team.project.id, into.id)
        query = select(said.c.image_id, said.c.value).where(said.c.label_id == into.id)
        found = session.execute(query.order_by(said.c.image_id, said.c.annotation_id))
        return [(team.images.index(session.get_one(Image, image_id)), value) for image_id, value in found]

    # Two annotations of one person for each image here, each with one label.
    assert values() == [
        (0, ABSENT), (0, PRESENT), (1, ABSENT), (1, ABSENT), (2, PRESENT), (2, UNSURE), (3, UNSURE), (3, ABSENT),
        (4, PRESENT),
    ]  # fmt: skip
    both = annotate(session, team.images[0], team.people[1], {into: Answer.ABSENT, gone: Answer.PRESENT})
    assert values()[2] == (0, PRESENT)
    next(one for one in both.answers if one.label_id == into.id).definition_version += 1
    session.flush()
    assert values()[2] == (0, ABSENT)
