"""How far people agree, read from the database on both kinds and held to counting by hand and to scikit-learn."""

from datetime import UTC, datetime, timedelta
from math import isnan

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from sqlalchemy.orm import Session

from app.domain.agreement import agreement
from app.domain.statuses import Answer, View
from app.models import Account, Image, Label, Project
from app.models.types import now
from app.services import agreements, raters
from app.services.agreements import Pieces
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory, annotate

P, A, U = Answer.PRESENT, Answer.ABSENT, Answer.UNSURE


class Team:
    """A project with labels, people and what they said, written as a row of letters for each person."""

    def __init__(self, session: Session, people: int = 3, labels: int = 2) -> None:
        self.session = session
        self.project: Project = ProjectFactory.create(session=session)
        self.people: list[Account] = [AccountFactory.create(session=session) for _ in range(people)]
        self.labels: list[Label] = [
            LabelFactory.create(session=session, project_id=self.project.id) for _ in range(labels)
        ]
        self.images: list[Image] = []

    def say(self, *rows: str, label: int = 0) -> None:
        """Let person i say row i: p, a, u, or a dot for nothing, an image each."""
        while len(self.images) < len(rows[0]):
            self.images.append(ImageFactory.create(session=self.session, project_id=self.project.id))
        for person, row in zip(self.people, rows, strict=False):
            for image, letter in zip(self.images, row, strict=False):
                if letter != ".":
                    annotate(self.session, image, person, {self.labels[label]: {"p": P, "a": A, "u": U}[letter]})

    def raters(self) -> list[raters.Rater]:
        return raters.raters(self.session, self.project, hidden=False)

    def first(self) -> agreements.LabelAgreement:
        return agreements.by_label(self.session, self.project, self.raters())[0]


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


def test_each_label_is_measured_by_itself(team: Team) -> None:
    team.say("ppaa.", "paaap", "ppa.u")
    team.say("ppppp", "pp.pp", label=1)
    first, second = agreements.by_label(team.session, team.project, team.raters())
    expected = agreement([[3, 0], [2, 1], [0, 3], [0, 2]], [1] * 4, seed=team.project.seed)
    assert first.together == expected
    assert (first.unsure, first.few, first.pair) == (1, True, None)
    assert second.together.share.value == 1
    assert isnan(second.together.alpha.value)


def test_of_two_people_kappa_is_scikit_learns(session: Session) -> None:
    team = Team(session, people=2)
    generator = np.random.default_rng(4)
    said = generator.integers(0, 2, (2, 40))
    team.say(*("".join("ap"[cell] for cell in row) for row in said))
    found = team.first()
    assert found.pair is not None
    assert found.pair.kappa.value == pytest.approx(cohen_kappa_score(*said))
    assert found.pair.images == 40


def test_every_two_people_are_held_against_each_other_on_what_both_were_sure_of(team: Team) -> None:
    team.say("ppaau", "paapp", ".a...")
    found = agreements.pairs(team.session, team.project, team.raters(), team.labels[0])
    told = [
        (pair.first.letter + pair.second.letter, pair.both, pair.only_first, pair.only_second, pair.neither)
        for pair in found
    ]
    assert told == [("AB", 1, 1, 1, 1), ("AC", 0, 1, 0, 0), ("BC", 0, 0, 0, 1)]
    assert found[0].figures.share.value == 0.5
    assert found[0].figures.kappa.value == pytest.approx(cohen_kappa_score([1, 1, 0, 0], [1, 0, 0, 1]))


def test_what_no_longer_counts_is_left_out(team: Team) -> None:
    team.say("pp", "aa")
    superseded = annotate(team.session, team.images[0], team.people[2], {team.labels[0]: P})
    superseded.superseded_at = now()
    annotate(team.session, team.images[0], team.people[2], {team.labels[0]: A}, View.ADJUDICATE)
    team.images[1].excluded_at = now()
    team.labels[1].removed_at = now()
    team.session.flush()
    found = agreements.by_label(team.session, team.project, team.raters())
    assert [(each.label.id, each.together.images, each.together.answers) for each in found] == [
        (team.labels[0].id, 1, 2)
    ]


def test_a_table_is_one_more_voice(team: Team) -> None:
    team.say("pa")
    for image in team.images:
        annotate(team.session, image, team.people[0], {team.labels[0]: P}, View.IMPORT)
    assert [each.name for each in team.raters()] == [team.people[0].name, "A table"]
    assert team.first().together.share.value == 0.5


def test_without_labels_answers_or_overlap_nothing_is_measured(team: Team) -> None:
    assert isnan(team.first().together.share.value)
    team.say("p..", ".p.", "..p")
    assert (team.first().together.images, team.first().together.answers) == (0, 0)
    assert agreements.pairs(team.session, team.project, team.raters()) == []
    assert agreements.course(team.session, team.project, team.labels[0], Pieces.WEEK) == []


def test_the_course_goes_by_hundreds_and_by_weeks(team: Team) -> None:
    monday = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for place in range(130):
        image = ImageFactory.create(session=team.session, project_id=team.project.id)
        for person, answer in zip(team.people, (P, P if place < 100 else A), strict=False):
            annotation = annotate(team.session, image, person, {team.labels[0]: answer})
            annotation.created_at = monday + timedelta(hours=2 * place)
    team.session.flush()
    hundreds = agreements.course(team.session, team.project, team.labels[0], Pieces.HUNDRED)
    assert [(piece.name, piece.together.images) for piece in hundreds] == [("1 to 100", 100), ("101 to 130", 30)]
    assert [piece.together.share.value for piece in hundreds] == [1, 0]
    weeks = agreements.course(team.session, team.project, team.labels[0], Pieces.WEEK)
    assert [piece.name for piece in weeks] == ["2026-W02", "2026-W03"]
    assert sum(piece.together.images for piece in weeks) == 130
    assert weeks[0].begin == monday
