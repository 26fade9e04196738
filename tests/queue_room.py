"""A project with six images, a label and two people, for tests of the annotation queue."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobKind, JobStatus, Recipe, TruthValue
from app.models import Account, Image, Job, Label, Project, Run, Truth
from app.services import predictions, queue, queue_walks, queue_wishes
from app.services.queue_walks import Plan
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory


@dataclass
class Room:
    session: Session
    project: Project
    one: Account
    two: Account
    label: Label
    images: list[Image]

    def plan(self, person: Account, **wish: object) -> Plan:
        given = queue_wishes.wish(self.session, self.project, **wish)  # type: ignore[arg-type]
        return queue_walks.plan(self.session, self.project, person, given)

    def batch(self, person: Account, count: int = 3, held: Sequence[int] = (), **wish: object) -> queue.Batch:
        plan = self.plan(person, **wish)
        return queue.next_images(self.session, self.project, person, plan, count=count, held=held)

    def next(self, person: Account, count: int = 3, held: Sequence[int] = (), **wish: object) -> list[int]:
        """Claim the next images of a person; gives their places."""
        return [self.images.index(image) for image in self.batch(person, count, held, **wish).images]

    def answer(self, person: Account, place: int, value: Answer = Answer.PRESENT) -> str:
        key = uuid.uuid4().hex
        image_id, answers = self.images[place].id, {self.label.id: value}
        queue.answer(self.session, self.project, person, image_id=image_id, answers=answers, client_key=key)
        return key

    def skip(self, person: Account, place: int) -> str:
        key = uuid.uuid4().hex
        queue.skip(self.session, self.project, person, image_id=self.images[place].id, client_key=key)
        return key

    def undo(self, person: Account, key: str) -> bool:
        return queue.undo(self.session, self.project, person, key)

    def truth(self, place: int) -> TruthValue | None:
        return self.session.scalar(select(Truth.value).where(Truth.image_id == self.images[place].id))

    def person(self) -> Account:
        made: Account = AccountFactory.create(session=self.session)
        return made

    def want(self, opinions: int, *places: int) -> None:
        """Let some images want several answers, or all of them."""
        for place in places or range(len(self.images)):
            self.images[place].opinions = self.images[place].needed = opinions
        self.session.flush()

    def let_speak(self, said: dict[int, float], number: int = 1) -> Run:
        """Let an active run say something of images, by their places."""
        job = Job(kind=JobKind.TRAIN, project_id=self.project.id, status=JobStatus.SUCCEEDED)
        self.session.add(job)
        self.session.flush()
        of_label = {"id": self.label.id, "name": self.label.name, "definition": "", "definition_version": 1}
        run = Run(
            project_id=self.project.id,
            number=number,
            job_id=job.id,
            recipe=Recipe.QUICK,
            seed=1,
            labels=[of_label],
            is_active=True,
        )
        self.session.add(run)
        self.session.flush()
        ids = [self.images[place].id for place in said]
        predictions.write_predictions(
            self.session, run.id, ids, [[value] for value in said.values()], [True] * len(ids)
        )
        return run


def make_room(session: Session) -> Room:
    project = ProjectFactory.create(session=session)
    return Room(
        session,
        project,
        AccountFactory.create(session=session),
        AccountFactory.create(session=session),
        LabelFactory.create(session=session, project_id=project.id),
        [ImageFactory.create(session=session, project_id=project.id) for _ in range(6)],
    )
