"""Leases on the pages of a question, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer
from app.models import Account, Assignment, Image, PageClaim, Project
from app.models.types import now
from app.services import bulk_answers, page_claims
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory


class Asking:
    """A project with images, a label that is asked of them, and two people."""

    def __init__(self, session: Session, count: int = 6) -> None:
        self.session = session
        self.project: Project = ProjectFactory.create(session=session)
        self.label = LabelFactory.create(session=session, project_id=self.project.id).id
        self.one, self.two = self.person(), self.person()
        self.ids = [ImageFactory.create(session=session, project_id=self.project.id).id for _ in range(count)]

    def person(self) -> Account:
        account: Account = AccountFactory.create(session=self.session)
        MemberFactory.create(session=self.session, project_id=self.project.id, account_id=account.id)
        return account

    def take(self, account: Account, count: int, ids: list[int] | None = None, *, open_: bool = True) -> list[int]:
        asked = self.ids if ids is None else ids
        got = page_claims.take(self.session, self.project, account, self.label, asked, count=count, open_=open_)
        return [self.ids.index(image_id) for image_id in got.held]

    def answer(self, account: Account, *places: int) -> None:
        bulk_answers.give(
            self.session,
            project=self.project,
            account=account,
            label_id=self.label,
            version=1,
            answers={self.ids[place]: Answer.PRESENT for place in places},
            batch_key="a-key-of-a-batch",
        )


@pytest.fixture
def asking(session: Session) -> Asking:
    return Asking(session)


def let_expire(session: Session) -> None:
    session.execute(update(PageClaim).values(expires_at=now() - timedelta(seconds=1)))


def test_two_people_get_different_pages_of_a_question(asking: Asking) -> None:
    assert asking.take(asking.one, 2) == [0, 1]
    assert asking.take(asking.two, 3) == [2, 3, 4]
    # Who asks again keeps what is held, and gets more from behind it.
    assert asking.take(asking.one, 4) == [0, 1, 5]
    page_claims.release(asking.session, asking.two, asking.label, asking.ids[2:3])
    assert asking.take(asking.one, 4) == [0, 1, 2, 5]


def test_what_others_have_is_told_apart_from_what_is_answered(asking: Asking) -> None:
    asking.take(asking.one, 3)
    asking.answer(asking.one, 0)
    lent = page_claims.take(asking.session, asking.project, asking.two, asking.label, asking.ids, count=1)
    assert (lent.held, lent.elsewhere) == ([asking.ids[3]], asking.ids[1:3])


def test_another_label_is_another_question(asking: Asking) -> None:
    asking.take(asking.one, 6)
    other = LabelFactory.create(session=asking.session, project_id=asking.project.id, key="").id
    taken = page_claims.take(asking.session, asking.project, asking.two, other, asking.ids, count=2)
    assert taken.held == asking.ids[:2]


def test_a_lease_ends_by_itself_and_is_renewed_by_asking(asking: Asking) -> None:
    asking.take(asking.one, 2)
    let_expire(asking.session)
    assert asking.take(asking.one, 2) == [0, 1]
    assert asking.take(asking.two, 1) == [2]
    let_expire(asking.session)
    assert asking.take(asking.two, 6) == [0, 1, 2, 3, 4, 5]
    assert asking.take(asking.one, 6) == []


def test_what_was_answered_is_not_asked_and_taken_back_it_is_this_persons_again(asking: Asking) -> None:
    asking.take(asking.one, 2)
    asking.answer(asking.one, 0, 1)
    assert asking.session.scalar(select(func.count()).select_from(PageClaim)) == 0
    assert asking.take(asking.two, 2) == [2, 3]
    bulk_answers.take_back(
        asking.session,
        account=asking.one,
        batch_key="a-key-of-a-batch",
        image_ids=asking.ids[:2],
        question=asking.label,
    )
    assert asking.take(asking.two, 6) == [2, 3, 4, 5]
    assert asking.take(asking.one, 2) == [0, 1]


def test_what_is_left_out_of_another_project_or_given_to_others_is_not_lent(asking: Asking) -> None:
    session = asking.session
    session.get_one(Image, asking.ids[0]).excluded_at = now()
    session.add(Assignment(image_id=asking.ids[1], account_id=asking.two.id))
    session.flush()
    stranger = ImageFactory.create(session=session, project_id=ProjectFactory.create(session=session).id)
    asked = [stranger.id, *asking.ids]
    assert asking.take(asking.one, 2, asked) == [2, 3]
    assert asking.take(asking.two, 2, asked) == [1, 4]


def test_as_many_are_asked_blind_as_opinions_are_wanted(asking: Asking) -> None:
    asking.session.get_one(Image, asking.ids[0]).opinions = 2
    asking.session.flush()
    three = asking.person()
    assert asking.take(asking.one, 2, open_=False) == [0, 1]
    assert asking.take(asking.two, 2, open_=False) == [0, 2]
    assert asking.take(three, 2, open_=False) == [3, 4]


def test_of_many_at_once_no_two_get_the_same(asking: Asking) -> None:
    asking.ids += [ImageFactory.create(session=asking.session, project_id=asking.project.id).id for _ in range(34)]
    people = [asking.one, asking.two, *(asking.person() for _ in range(2))]
    asking.session.commit()
    begin = Barrier(len(people))

    def work(account: Account) -> list[int]:
        begin.wait()
        got: list[int] = []
        for _page in range(3):
            with session_scope() as session:
                project = session.get_one(Project, asking.project.id)
                ahead = [image_id for image_id in asking.ids if image_id not in got]
                got += page_claims.take(session, project, account, asking.label, ahead, count=3).held
        return got

    with ThreadPoolExecutor(len(people)) as pool:
        taken = [image_id for got in pool.map(work, people) for image_id in got]
    assert len(taken) == len(set(taken)) == 36
