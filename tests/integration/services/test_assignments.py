"""Images given to certain people, on both databases."""

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobStatus, View
from app.errors import InvalidInputError
from app.models import Account, Assignment, Image
from app.services import annotations, assignments, label_resolving, members, overlaps
from app.services.assignments import Sharing
from app.services.images import ImageFilter
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory
from worker.jobs import resolving
from worker.running import run_job


class Crew:
    """A project with two members and ten images, half of them from a box."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.project = ProjectFactory.create(session=session)
        self.label = LabelFactory.create(session=session, project_id=self.project.id)
        self.people: list[Account] = [AccountFactory.create(session=session) for _ in range(2)]
        for person in self.people:
            MemberFactory.create(session=session, project_id=self.project.id, account_id=person.id)
        self.images = [
            ImageFactory.create(session=session, project_id=self.project.id, name=f"box {n % 2}/{n}.jpg")
            for n in range(10)
        ]

    def assign(self, *people: int, text: str = "", **more: object) -> int:
        ids = [self.people[person].id for person in people]
        return assignments.assign(self.session, self.project, ids, ImageFilter(text=text), **more)  # type: ignore[arg-type]

    def counts(self) -> list[tuple[int, int]]:
        found = {
            load.account.id: load
            for load in assignments.loads(
                self.session, self.project, members.list_members(self.session, self.project.id)
            )
        }
        return [(found[person.id].assigned, found[person.id].left) for person in self.people]

    def opinions(self) -> Counter[int]:
        query = select(Image.opinions).where(Image.project_id == self.project.id)
        return Counter(self.session.scalars(query))


@pytest.fixture
def crew(session: Session) -> Crew:
    return Crew(session)


def test_images_are_split_evenly_and_mixed(crew: Crew) -> None:
    assert crew.assign(0, 1) == 10
    assert crew.counts() == [(5, 5), (5, 5)]
    assert crew.opinions() == {1: 10}
    given = crew.session.scalars(select(Assignment.image_id).where(Assignment.account_id == crew.people[0].id)).all()
    assert sorted(given) != [image.id for image in crew.images[:5]]


def test_all_to_everybody_asks_for_as_many_opinions(crew: Crew) -> None:
    assert crew.assign(0, 1, sharing=Sharing.EVERYBODY, each=4) == 4
    assert crew.counts() == [(4, 4), (4, 4)]
    assert crew.opinions() == {2: 4, 1: 6}
    assert assignments.remove(crew.session, crew.project, crew.people[0].id) == 4
    assert crew.opinions() == {1: 10}
    assert crew.counts() == [(0, 0), (4, 4)]


def test_a_number_and_a_filter_bound_what_is_given_and_nothing_is_given_twice(crew: Crew) -> None:
    assert crew.assign(0, text="box 1", each=3) == 3
    assert crew.assign(1, text="box 1") == 2
    assert crew.assign(1) == 5
    assert crew.assign(0, 1) == 0
    assert crew.assign(1, each=1, replace=True) == 1
    assert crew.counts() == [(3, 3), (1, 1)]


def test_what_is_answered_is_no_longer_left_nor_given(crew: Crew) -> None:
    annotations.submit(
        crew.session, project=crew.project, image_id=crew.images[0].id, account=crew.people[0],
        answers={crew.label.id: Answer.PRESENT}, view=View.ANNOTATE,
    )  # fmt: skip
    assert crew.assign(0) == 9
    annotations.submit(
        crew.session, project=crew.project, image_id=crew.images[1].id, account=crew.people[0], answers={},
        view=View.ANNOTATE,
    )  # fmt: skip
    assert crew.counts() == [(9, 8), (0, 0)]


def test_images_go_to_members_only(crew: Crew, session: Session) -> None:
    stranger = AccountFactory.create(session=session)
    with pytest.raises(InvalidInputError):
        assignments.assign(session, crew.project, [stranger.id], ImageFilter())


def test_who_leaves_the_project_leaves_their_images_to_the_others(crew: Crew) -> None:
    crew.assign(0, each=4)
    owner = AccountFactory.create(session=crew.session, is_owner=True)
    members.remove_member(crew.session, crew.project, crew.people[0].id, by=owner)
    assert len(assignments.free(crew.session, crew.project, ImageFilter())) == 10


def test_of_many_images_a_job_counts_how_many_answers_they_want(
    crew: Crew, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_resolving, "AT_ONCE", 3)
    assert crew.assign(0, 1, sharing=Sharing.EVERYBODY, each=3) == 3
    assert not overlaps.is_under_way(crew.session, crew.project.id)
    assert crew.assign(0, 1, sharing=Sharing.EVERYBODY, each=4) == 4
    assert overlaps.is_under_way(crew.session, crew.project.id)
    # They are theirs at once; that both are to answer is counted later.
    assert crew.counts() == [(7, 7), (7, 7)]
    assert crew.opinions() == {2: 3, 1: 7}
    crew.session.commit()
    ((task, job_id),) = sent
    assert task == "loupe.resolve"
    assert run_job(job_id, resolving.work) is JobStatus.SUCCEEDED
    crew.session.expire_all()
    assert crew.opinions() == {2: 7, 1: 3}
    assert not overlaps.is_under_way(crew.session, crew.project.id)


def test_what_is_taken_away_and_has_its_answer_is_not_given_anew(
    crew: Crew, sent: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    crew.assign(0, 1, sharing=Sharing.EVERYBODY)
    annotations.submit(
        crew.session, project=crew.project, image_id=crew.images[0].id, account=crew.people[0], answers={},
        view=View.ANNOTATE,
    )  # fmt: skip
    monkeypatch.setattr(label_resolving, "AT_ONCE", 3)
    # The image that has an answer wants no second one any more.
    assert crew.assign(0, 1, replace=True) == 9
    assert sorted(crew.counts()) == [(4, 4), (5, 5)]
