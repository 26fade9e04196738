"""What a reviewer sees of an image in dispute, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.models import Comment, LabelDefinition
from app.services import adjudication_cases, annotations, truths
from app.services.adjudication_cases import Case, Opinion
from tests.factories import AccountFactory, annotate
from tests.integration.services.test_agreements import Team

P, A = Answer.PRESENT, Answer.ABSENT


@pytest.fixture
def team(session: Session) -> Team:
    made = Team(session, people=2)
    made.say("p", "a")
    truths.refresh(session, [made.images[0].id])
    return made


def case_of(team: Team, *, hidden: bool = False) -> Case:
    (found,) = adjudication_cases.cases(team.session, team.project, [team.images[0].id], hidden=hidden)
    return found


def test_opinions_stand_side_by_side_label_by_label(team: Team) -> None:
    case = case_of(team)
    one, other = (person.name for person in team.people)
    (dispute,) = case.disputes
    assert dispute.label.id == team.labels[0].id
    assert dispute.opinions == [Opinion(one, P, 1), Opinion(other, A, 1)]
    assert [row.label.id for row in case.others] == [team.labels[1].id]
    assert [opinion.answer for opinion in case.others[0].opinions] == [None, None]


def test_names_can_be_hidden_also_under_comments(team: Team) -> None:
    vote = annotations.current_annotation(team.session, team.images[0].id, team.people[1].id)
    assert vote is not None
    vote.comment = "A shadow."
    stranger = AccountFactory.create(session=team.session, name="Somebody Else")
    for account in (team.people[0], stranger):
        team.session.add(Comment(image_id=team.images[0].id, account_id=account.id, text="Look closer."))
    team.session.flush()
    case = case_of(team, hidden=True)
    assert [opinion.who for opinion in case.disputes[0].opinions] == ["Person A", "Person B"]
    assert [(said.who, said.text) for said in case.said] == [
        ("Person B", "A shadow."), ("Person A", "Look closer."), ("Somebody who has not answered", "Look closer."),
    ]  # fmt: skip
    assert case_of(team).said[1].who == team.people[0].name


def test_an_older_wording_is_shown_with_the_answer_given_under_it(team: Team) -> None:
    label = team.labels[0]
    team.session.add(LabelDefinition(label_id=label.id, version=1, text="People."))
    label.definition, label.definition_version = "People, not statues.", 2
    team.session.flush()
    assert [opinion.wording for opinion in case_of(team).disputes[0].opinions] == ["People.", "People."]


def test_what_is_settled_is_no_longer_open(team: Team) -> None:
    label = team.labels[0]
    decided = annotations.decide(
        team.session, project=team.project, image_id=team.images[0].id, account=team.people[0], label_id=label.id,
        answer=P, view=View.ADJUDICATE,
    )  # fmt: skip
    case = case_of(team)
    assert case.disputes == []
    assert case.known == decided.id


def test_answers_for_a_merged_label_are_read_as_answers_for_the_one_it_became(team: Team) -> None:
    into, gone = team.labels
    annotate(team.session, team.images[0], None, {gone: P}, View.IMPORT)
    gone.merged_into_id, gone.merged_since = into.id, 2
    gone.removed_at = team.images[0].created_at
    team.session.flush()
    (dispute,) = case_of(team).disputes
    assert dispute.opinions[-1] == Opinion("A table", P, 0)
