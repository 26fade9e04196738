"""What changed before an answer came, on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.models import Annotation
from app.models.types import now
from app.services import annotations, labels, submit_notices
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory


@pytest.fixture
def desk(session: Session) -> Desk:
    return make_desk(session)


def told(desk: Desk, annotation: Annotation, shown: datetime | None = None, **versions: int) -> list[str]:
    asked = {desk.a.id: versions.get("a", 1), desk.b.id: versions.get("b", 1)}
    return submit_notices.notices(desk.session, desk.project, annotation, asked=asked, shown=shown)


def decide(desk: Desk) -> None:
    annotations.decide(
        desk.session,
        project=desk.project,
        image_id=desk.image.id,
        account=AccountFactory.create(session=desk.session),
        label_id=desk.a.id,
        answer=Answer.ABSENT,
        view=View.ADJUDICATE,
    )


def test_where_nothing_changed_nothing_is_told(desk: Desk) -> None:
    decide(desk)
    shown = now()
    assert told(desk, desk.submit({desk.a: Answer.PRESENT}), shown) == []


def test_a_decision_made_meanwhile_is_told_and_the_answer_kept(desk: Desk) -> None:
    shown = now()
    decide(desk)
    annotation = desk.submit({desk.a: Answer.PRESENT})
    (sentence,) = told(desk, annotation, shown)
    assert f"“{desk.a.name}”" in sentence
    assert annotation.superseded_at is None


def test_without_the_moment_the_time_that_was_taken_tells(desk: Desk) -> None:
    decide(desk)
    assert len(told(desk, desk.submit({desk.a: Answer.PRESENT}, seconds=60.0))) == 1
    assert told(desk, desk.submit({desk.a: Answer.PRESENT}, seconds=0.0)) == []
    assert told(desk, desk.submit({desk.a: Answer.PRESENT})) == []


def test_a_new_name_and_a_new_definition_are_told(desk: Desk) -> None:
    shown = now() - timedelta(seconds=1)
    old = desk.a.name
    labels.update_label(
        desk.session,
        desk.a,
        name="People",
        colour=desk.a.colour,
        key="",
        definition="Any person.",
        account=None,
    )
    sentences = told(desk, desk.submit({desk.a: Answer.PRESENT}), shown)
    assert len(sentences) == 2
    assert f"“{old}”" in sentences[0]
    assert all("“People”" in sentence for sentence in sentences)
    assert told(desk, desk.submit({desk.a: Answer.PRESENT}), now(), a=2) == []


def test_a_label_that_is_gone_or_was_merged_is_told(desk: Desk) -> None:
    desk.b.removed_at = now()
    desk.session.flush()
    annotation = desk.submit({desk.a: Answer.PRESENT})
    assert [desk.b.name in sentence for sentence in told(desk, annotation)] == [True]
    desk.b.merged_into_id = desk.a.id
    desk.session.flush()
    assert [f"into “{desk.a.name}”" in sentence for sentence in told(desk, annotation)] == [True]
