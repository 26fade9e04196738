"""Adjudication: who gets which image, what a decision does, and what undoes it, on both databases."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue, View
from app.errors import ConflictError, InvalidInputError
from app.models import Adjudicating, Annotation, Truth
from app.models.types import now
from app.services import adjudications, annotations, truths
from tests.factories import AccountFactory
from tests.integration.services.test_agreements import Team

P, A, U = Answer.PRESENT, Answer.ABSENT, Answer.UNSURE


@pytest.fixture
def team(session: Session) -> Team:
    made = Team(session, people=3, labels=2)
    # The second image is agreed on, of the fourth most say present.
    made.say("ppppp", "apaap", "...p.")
    made.say("....a", "....p", label=1)
    truths.refresh(session, [image.id for image in made.images])
    return made


def places(team: Team, ids: list[int]) -> list[int]:
    return [[image.id for image in team.images].index(image_id) for image_id in ids]


def take(team: Team, reviewer: int, **more: object) -> list[int]:
    found = adjudications.next_images(
        team.session, team.project, team.people[reviewer], **({"count": 5} | more)  # type: ignore[arg-type]
    )  # fmt: skip
    return places(team, found)


def settle(team: Team, place: int, answers: dict[int, Answer], reviewer: int = 0, **more: object) -> list[Annotation]:
    arguments = {"client_key": f"key-{place}-{reviewer}", "reason": "The hand is a statue's."} | more
    return adjudications.decide(
        team.session, team.project, team.people[reviewer], image_id=team.images[place].id,
        decisions={team.labels[label].id: answer for label, answer in answers.items()}, **arguments,  # type: ignore[arg-type]
    )  # fmt: skip


def truth(team: Team, place: int) -> dict[int, TruthValue]:
    query = select(Truth.label_id, Truth.value).where(Truth.image_id == team.images[place].id)
    order = [label.id for label in team.labels]
    return {order.index(label_id): value for label_id, value in team.session.execute(query)}


def test_disputed_images_come_in_their_order_and_on_request_all_on_which_people_differ(team: Team) -> None:
    assert take(team, 0) == [0, 2, 4]
    assert take(team, 0, all_differing=True) == [0, 2, 3, 4]
    assert take(team, 0, after=team.images[2].id, count=2) == [4, 0]
    assert take(team, 0, held=[team.images[0].id], count=1) == [2]


def test_two_reviewers_never_get_the_same_image(team: Team) -> None:
    assert take(team, 0, count=2) == [0, 2]
    assert take(team, 1) == [4]
    assert adjudications.standing(team.session, team.project, team.people[1]) == adjudications.Standing(3, 2, 0)
    assert adjudications.renew(team.session, team.project, team.people[1], [team.images[0].id]) == []
    adjudications.release(team.session, team.people[0], [team.images[0].id])
    assert take(team, 1) == [0, 4]
    lease = team.session.get_one(Adjudicating, team.images[2].id)
    lease.expires_at = now()
    team.session.flush()
    assert take(team, 1) == [0, 2, 4]


def test_a_decision_wins_over_the_votes_and_is_kept_with_its_reason(team: Team) -> None:
    made = settle(team, 0, {0: A})
    assert truth(team, 0) == {0: TruthValue.ABSENT}
    assert [(one.view, one.comment, one.account_id) for one in made] == [
        (View.ADJUDICATE, "The hand is a statue's.", team.people[0].id)
    ]
    late = AccountFactory.create(session=team.session)
    annotations.submit(
        team.session, project=team.project, image_id=team.images[0].id, account=late,
        answers={team.labels[0].id: P}, view=View.ANNOTATE,
    )  # fmt: skip
    assert truth(team, 0)[0] is TruthValue.ABSENT
    assert take(team, 0) == [2, 4]
    assert adjudications.standing(team.session, team.project, team.people[0]).settled == 1


def test_several_labels_are_settled_in_one_step_and_undone_in_one(team: Team) -> None:
    # Both labels of the last image: the first is agreed on, the second disputed.
    assert len(settle(team, 4, {0: A, 1: P})) == 2
    assert truth(team, 4) == {0: TruthValue.ABSENT, 1: TruthValue.PRESENT}
    assert adjudications.undo(team.session, team.project, team.people[0], "key-4-0") == team.images[4].id
    assert truth(team, 4) == {0: TruthValue.PRESENT, 1: TruthValue.DISPUTED}
    assert adjudications.undo(team.session, team.project, team.people[0], "never-sent") is None
    assert adjudications.undo(team.session, team.project, team.people[1], "key-4-0") is None


def test_that_it_cannot_be_told_leaves_the_label_unknown_and_the_image_settled(team: Team) -> None:
    settle(team, 0, {0: U})
    assert truth(team, 0) == {}
    assert take(team, 0, all_differing=True) == [2, 3, 4]


def test_the_same_decision_sent_twice_counts_once(team: Team) -> None:
    assert settle(team, 0, {0: A}) == settle(team, 0, {0: A})


def test_who_comes_second_is_told_who_was_first_and_keeps_nothing(team: Team) -> None:
    settle(team, 0, {0: A}, reviewer=0)
    with pytest.raises(ConflictError, match=team.people[0].name):
        settle(team, 0, {0: P}, reviewer=1, known=0)
    assert truth(team, 0) == {0: TruthValue.ABSENT}
    # Having seen the decision, a reviewer may overrule it.
    last = max(one.id for one in team.session.scalars(select(Annotation)))
    settle(team, 0, {0: P}, reviewer=1, known=last)
    assert truth(team, 0) == {0: TruthValue.PRESENT}


def test_nothing_decided_and_what_was_left_out_are_refused_or_passed_over(team: Team) -> None:
    with pytest.raises(InvalidInputError):
        settle(team, 0, {})
    team.images[0].excluded_at = now()
    team.labels[1].removed_at = now()
    team.session.flush()
    assert take(team, 0) == [2]
